import type { LogName } from '../events/event-types.ts';

type Row = { readonly id: string; readonly documentId: string };

export const logOfAnalysis = ({ id, documentId }: Row): LogName => ({ documentId, id });

/** Stands apart: a document's followers do not hear of its chats. */
export const logOfMessage = ({ id, documentId }: Row): LogName => ({ documentId, id, isApart: true });

/** Of whatever happens to a document. */
export const logOfDocument = (documentId: string): LogName => ({ documentId, id: 'all' });
