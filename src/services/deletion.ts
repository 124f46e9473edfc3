import type { Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Caller } from './caller.ts';
import type { createCancellation } from './cancellation.ts';
import type { createChatCancellation } from './chat-cancellation.ts';
import type { createReportRendering } from './report-rendering.ts';
import { documentFolder, sessionFolder } from './storage-keys.ts';

/**
 * Removing a document or a session with everything that belongs to it. Work in hand is cancelled first, so that its workers stop and its
 * followers are told; then the rows go in one statement, then jobs, logs and bytes. A crash in between leaves only things without a row,
 * which the reconciler sweeps.
 */
export function createDeletion(deps: {
  db: Db;
  events: EventLog;
  queue: JobQueue;
  storage: BlobStore;
  cancellation: ReturnType<typeof createCancellation>;
  chatCancellation: ReturnType<typeof createChatCancellation>;
  reportRendering: Pick<ReturnType<typeof createReportRendering>, 'endAll'>;
}) {
  const { db, events, queue, storage, cancellation, chatCancellation, reportRendering } = deps;

  /** Ids of what has a log in the document. */
  async function clearDocument(caller: Caller, documentId: string): Promise<string[]> {
    await cancellation.cancelDocument(caller, documentId);
    await chatCancellation.cancelDocument(caller, documentId);
    const analyses = await db.analysis.findMany({ where: { documentId }, select: { id: true } });
    const messages = await db.chatMessage.findMany({ where: { documentId, role: 'ASSISTANT' }, select: { id: true } });
    const reportIds = await reportRendering.endAll(documentId);
    await queue.remove('parse-document', documentId);
    return [...[...analyses, ...messages].map(({ id }) => id), ...reportIds];
  }

  async function deleteDocument(caller: Caller, document: { id: string; sessionId: string }): Promise<void> {
    const loggedIds = await clearDocument(caller, document.id);
    await db.document.deleteMany({ where: { id: document.id, tenantId: caller.tenantId } });
    // Followers end with this; it has a log of its own, since that of the parsing is closed.
    await events.append({ documentId: document.id, id: 'deletion' }, 1, {
      type: 'document:failed',
      problem: { code: 'NOT_FOUND', message: 'The document was deleted.', retryable: false },
    });
    await events.remove(document.id, ['deletion', document.id, ...loggedIds]);
    await storage.deletePrefix(documentFolder(document.sessionId, document.id));
  }

  return {
    deleteDocument,

    async deleteSession(caller: Caller, sessionId: string): Promise<void> {
      const documents = await db.document.findMany({
        where: { sessionId, tenantId: caller.tenantId },
        select: { id: true },
      });
      for (const { id } of documents) await deleteDocument(caller, { id, sessionId });
      await db.session.deleteMany({ where: { id: sessionId, tenantId: caller.tenantId } });
      await storage.deletePrefix(sessionFolder(sessionId));
    },
  };
}
