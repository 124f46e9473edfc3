import type { Problem as ProblemData } from '../src/errors.ts';
import { requireId } from '../src/ids.ts';
import { pageRequest } from '../src/services/page.ts';
import { builder } from './builder.ts';
import { connectionOf, pageArgs } from './connection.ts';
import { DocumentFormat, DocumentStatus, RiskLevel } from './enums.ts';
import { FeedbackConnection, FeedbackFilter } from './feedback.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { Playbook } from './playbook.ts';
import { Problem } from './problem.ts';
import { ReviewProgress } from './review-progress.ts';
import { DocumentRef, ReportRef, SectionRef, SessionRef } from './refs.ts';

export const Document = DocumentRef.implement({
  description: 'An uploaded file and what it came apart into.',
  interfaces: [Node],
  fields: (t) => ({
    session: t.field({
      type: SessionRef,
      description: 'The session that it belongs to.',
      resolve: (document, _args, { loaders }) => loaders.session.load(document.sessionId).then(present),
    }),
    filename: t.exposeString('filename', { description: 'As uploaded.' }),
    format: t.expose('format', {
      type: DocumentFormat,
      description: 'By its content, whatever its name says.',
    }),
    sizeBytes: t.exposeInt('sizeBytes', { description: 'Size of the stored bytes.' }),
    sha256: t.exposeString('sha256', { description: 'Lower-case hex of the stored bytes.' }),
    status: t.expose('status', { type: DocumentStatus, description: 'How far it has come.' }),
    error: t.field({
      type: Problem,
      nullable: true,
      description: 'Why it could not be read, when status is FAILED.',
      resolve: ({ error }) => error as ProblemData | null,
    }),
    playbook: t.field({
      type: Playbook,
      description: 'The checks that its analyses go through.',
      resolve: (document, _args, { loaders }) => loaders.playbook.load(document.playbookId).then(present),
    }),
    pageCount: t.exposeInt('pageCount', { nullable: true, description: 'Pages, where the format has them.' }),
    wordCount: t.exposeInt('wordCount', {
      nullable: true,
      description: 'Words of the extracted text; null until parsed.',
    }),
    sections: t.field({
      type: [SectionRef],
      description: 'In reading order.',
      resolve: async ({ id }, _args, { loaders }) => {
        await loaders.documentCursors.behind(id);
        return loaders.sectionsOfDocument.load(id);
      },
    }),
    progress: t.field({
      type: ReviewProgress,
      description: 'How far the analyses of its sections have come.',
      resolve: async ({ id }, _args, { loaders }) => {
        await loaders.documentCursors.behind(id);
        return loaders.progress.load(id);
      },
    }),
    risk: t.field({
      type: RiskLevel,
      nullable: true,
      description:
        'The highest risk among the findings that count (not rejected, at or above the confidence threshold; strengths are no risk). Null where there are none, which says nothing of sections that were not analysed.',
      resolve: async ({ id }, _args, { loaders }) => {
        await loaders.documentCursors.behind(id);
        return loaders.documentRisk.load(id);
      },
    }),
    feedback: t.field({
      type: FeedbackConnection,
      description:
        'Findings of all sections, in the order in which they were found. What says the same is there once, with all its places.',
      args: { filter: t.arg({ type: FeedbackFilter, description: 'Only those that match all of it.' }), ...pageArgs },
      resolve: async ({ id }, { filter: asked, ...args }, { loaders }) => {
        const request = pageRequest(args);
        const filter = asked ?? {};
        await loaders.documentCursors.behind(id);
        return {
          page: await loaders.feedbackOfDocument({ ...request, filter }).load(id),
          request,
          count: () => loaders.feedbackCount(filter).load(id),
        };
      },
    }),
    reports: t.field({
      type: [ReportRef],
      description: 'Reports that were asked for, oldest first.',
      resolve: (document, _args, { loaders }) => loaders.reportsOfDocument.load(document.id),
    }),
    downloadUrl: t.string({
      description: 'The uploaded bytes; presigned, valid for five minutes.',
      resolve: (document, _args, { services }) => services.documents.downloadUrl(document),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was uploaded.' }),
    eventsCursor: t.string({
      description:
        "Position in this document's event log at the moment of this read: pass it to documentEvents(after:) to miss nothing and get nothing twice.",
      resolve: (document, _args, { loaders }) => loaders.documentCursors.load(document),
    }),
  }),
});

registerNode('Document', ({ loaders }, id) => loaders.document.load(id));

export const DocumentConnection = connectionOf('Document', Document, 'documents');

builder.queryField('document', (t) =>
  t.field({
    type: Document,
    nullable: true,
    description: 'One document; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'doc_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.document.load(requireId('Document', id)),
  }),
);

const DeleteDocumentInput = builder.inputType('DeleteDocumentInput', {
  description: 'The document to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'doc_…' }), idempotencyKey: idempotencyKey(t) }),
});

const DeleteDocumentPayload = builder.objectRef<{ deletedId: string }>('DeleteDocumentPayload').implement({
  description: 'Answer to deleteDocument.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Id of what is gone.' }) }),
});

builder.mutationFields((t) => ({
  deleteDocument: t.field({
    type: DeleteDocumentPayload,
    description:
      'Deletes a document with its sections, analyses, findings, chats and reports, also while they are being worked on.',
    args: { input: t.arg({ type: DeleteDocumentInput, required: true, description: 'What to delete.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      deletedId: await services.documents.delete(caller, input),
    }),
  }),
}));
