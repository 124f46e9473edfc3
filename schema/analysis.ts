import type { Analysis as AnalysisRow, Document as DocumentRow } from '../src/db.ts';
import type { Problem as ProblemData } from '../src/errors.ts';
import { requireId } from '../src/ids.ts';
import { builder } from './builder.ts';
import { Document } from './document.ts';
import { AnalysisStatus, RiskLevel } from './enums.ts';
import { FeedbackFilter } from './feedback.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { Model, ModelAttempt } from './model.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { Problem } from './problem.ts';
import { AnalysisRef, FeedbackRef, SectionRef } from './refs.ts';
import { totalUsage, Usage } from './usage.ts';

const Analysis = AnalysisRef.implement({
  description: 'One review of one section by a model.',
  interfaces: [Node],
  fields: (t) => ({
    section: t.field({
      type: SectionRef,
      description: 'The section that is analysed.',
      resolve: async ({ sectionId }, _args, { loaders }) => present(await loaders.section.load(sectionId)),
    }),
    status: t.expose('status', { type: AnalysisStatus, description: 'How far it has come.' }),
    attempt: t.int({
      description: '1 for the first execution; one more each time a worker had to start over.',
      resolve: ({ attempt }) => Math.max(1, attempt),
    }),
    percent: t.exposeFloat('percent', { description: '0 to 100.' }),
    thinking: t.string({
      description: "The model's own reasoning, as far as it has come.",
      resolve: async (analysis, _args, { loaders }) =>
        hasBegun(analysis) ? (await loaders.thinkingSoFar.load(analysis)).thinking : analysis.thinking,
    }),
    summary: t.exposeString('summary', {
      nullable: true,
      description: 'What the model makes of the section as a whole.',
    }),
    risk: t.expose('risk', { type: RiskLevel, nullable: true, description: 'Of the section as a whole.' }),
    confidence: t.exposeFloat('confidence', {
      nullable: true,
      description: "0 to 1; see README, 'How confidence is calculated'.",
    }),
    feedback: t.field({
      type: [FeedbackRef],
      description: 'What it found, in the order in which it was found.',
      args: { filter: t.arg({ type: FeedbackFilter, description: 'Only those that match all of it.' }) },
      resolve: (analysis, { filter }, { loaders }) => loaders.feedbackOfAnalysis(filter ?? {}).load(analysis.id),
    }),
    previous: t.field({
      type: AnalysisRef,
      nullable: true,
      description: 'The completed analysis of the section that it takes the place of; null for a first one.',
      resolve: ({ previousId }, _args, { loaders }) => (previousId === null ? null : loaders.analysis.load(previousId)),
    }),
    gone: t.field({
      type: [FeedbackRef],
      description: 'What the analysis before had found and this one has not; empty until it is completed.',
      resolve: (analysis, _args, { loaders }) => loaders.goneOfAnalysis.load(analysis),
    }),
    modelUsed: t.field({
      type: Model,
      nullable: true,
      description: 'The model that produced the result; null until one answered.',
      resolve: ({ modelKey }, _args, { services }) => (modelKey === null ? null : services.models.byKey(modelKey)),
    }),
    modelAttempts: t.field({
      type: [ModelAttempt],
      description: 'Every model attempt in order, also those that failed.',
      resolve: (analysis, _args, { loaders }) => loaders.modelAttemptsOfAnalysis.load(analysis.id),
    }),
    usage: t.field({
      type: Usage,
      description: 'Of all its model attempts so far.',
      resolve: async (analysis, _args, { loaders }) =>
        totalUsage(await loaders.modelAttemptsOfAnalysis.load(analysis.id)),
    }),
    promptVersion: t.exposeString('promptVersion', {
      nullable: true,
      description:
        'Which words the model was asked with: their version, and behind + a digest of the instructions with the checks of the playbook. Null until there is a result.',
    }),
    contextTokensSaved: t.exposeInt('contextTokensSaved', {
      description:
        'Estimated input tokens that were saved by writing what the model is told of the rest of the document as tables rather than as JSON; 0 until there is a result.',
    }),
    error: t.field({
      type: Problem,
      nullable: true,
      description: 'Why there is no result, when status is FAILED.',
      resolve: ({ error }) => error as ProblemData | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a worker first took it up.',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    eventsCursor: t.string({
      description:
        'Position in its event log at the moment of this read: pass it to analysisEvents(after:) to miss nothing and get nothing twice.',
      resolve: async (analysis, _args, { loaders }) =>
        hasBegun(analysis)
          ? (await loaders.thinkingSoFar.load(analysis)).cursor
          : loaders.analysisCursor.load(analysis),
    }),
  }),
});

/** Its model has been asked, and its end is to come; it may have been put back to wait. */
const hasBegun = ({ status, attempt }: AnalysisRow): boolean =>
  status === 'RUNNING' || (status === 'QUEUED' && attempt > 0);

registerNode('Analysis', ({ loaders }, id) => loaders.analysis.load(id));

builder.queryField('analysis', (t) =>
  t.field({
    type: Analysis,
    nullable: true,
    description: 'One analysis; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'ana_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.analysis.load(requireId('Analysis', id)),
  }),
);

const AnalyzeSectionInput = builder.inputType('AnalyzeSectionInput', {
  description: 'The section to analyse.',
  fields: (t) => ({ sectionId: t.id({ required: true, description: 'sec_…' }), idempotencyKey: idempotencyKey(t) }),
});

const AnalyzeSectionPayload = builder.objectRef<{ analysis: AnalysisRow }>('AnalyzeSectionPayload').implement({
  description: 'Answer to a request for one analysis.',
  fields: (t) => ({
    analysis: t.expose('analysis', { type: Analysis, description: 'The analysis, which is queued now.' }),
  }),
});

const AnalyzeDocumentInput = builder.inputType('AnalyzeDocumentInput', {
  description: 'The document to analyse.',
  fields: (t) => ({
    documentId: t.id({ required: true, description: 'doc_…' }),
    sectionIds: t.idList({ description: 'Only these of its sections.' }),
    force: t.boolean({ description: 'Also sections that have a completed analysis; false when left out.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const AnalyzeDocumentPayload = builder
  .objectRef<{ document: DocumentRow; analyses: AnalysisRow[] }>('AnalyzeDocumentPayload')
  .implement({
    description: 'Answer to analyzeDocument.',
    fields: (t) => ({
      document: t.expose('document', { type: Document, description: 'The document.' }),
      analyses: t.expose('analyses', {
        type: [Analysis],
        description: 'What was queued, in reading order; empty when there was nothing left to do.',
      }),
    }),
  });

const CancelAnalysisInput = builder.inputType('CancelAnalysisInput', {
  description: 'The analysis to cancel.',
  fields: (t) => ({ id: t.id({ required: true, description: 'ana_…' }), idempotencyKey: idempotencyKey(t) }),
});

const CancelAnalysisPayload = builder.objectRef<{ analysis: AnalysisRow }>('CancelAnalysisPayload').implement({
  description: 'Answer to cancelAnalysis.',
  fields: (t) => ({ analysis: t.expose('analysis', { type: Analysis, description: 'The analysis, cancelled.' }) }),
});

const CancelDocumentAnalysesInput = builder.inputType('CancelDocumentAnalysesInput', {
  description: 'The document whose analyses to cancel.',
  fields: (t) => ({ documentId: t.id({ required: true, description: 'doc_…' }), idempotencyKey: idempotencyKey(t) }),
});

const CancelDocumentAnalysesPayload = builder
  .objectRef<{ document: DocumentRow; cancelled: number }>('CancelDocumentAnalysesPayload')
  .implement({
    description: 'Answer to cancelDocumentAnalyses.',
    fields: (t) => ({
      document: t.expose('document', { type: Document, description: 'The document.' }),
      cancelled: t.exposeInt('cancelled', { description: 'How many analyses were ended.' }),
    }),
  });

const RetryAnalysisInput = builder.inputType('RetryAnalysisInput', {
  description: 'The analysis to retry.',
  fields: (t) => ({ id: t.id({ required: true, description: 'ana_…' }), idempotencyKey: idempotencyKey(t) }),
});

builder.mutationFields((t) => ({
  analyzeSection: t.field({
    type: AnalyzeSectionPayload,
    description: 'Queues an analysis of one section. A section that is being analysed already is a CONFLICT.',
    args: { input: t.arg({ type: AnalyzeSectionInput, required: true, description: 'What to analyse.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      analysis: await services.analyses.analyzeSection(caller, input),
    }),
  }),
  analyzeDocument: t.field({
    type: AnalyzeDocumentPayload,
    description: 'Queues every section that has no completed analysis yet; all of them with force: true.',
    args: { input: t.arg({ type: AnalyzeDocumentInput, required: true, description: 'What to analyse.' }) },
    resolve: async (_root, { input }, { services, caller, loaders }) => {
      const document = await loaders.document.load(input.documentId);
      // The analyses begin at once: all that they do has to be behind the document's cursor. Should that not be there to be read, only
      // whoever asks for it has to hear of it.
      if (document) await loaders.documentCursors.load(document).catch(() => undefined);
      const analyses = await services.analyses.analyzeDocument(caller, { ...input, force: input.force ?? false });
      return { analyses, document: present(document) };
    },
  }),
  cancelAnalysis: t.field({
    type: CancelAnalysisPayload,
    description:
      'Ends a queued or running analysis at once; cancelling again changes nothing. One that has ended otherwise is a CONFLICT.',
    args: { input: t.arg({ type: CancelAnalysisInput, required: true, description: 'What to cancel.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      analysis: await services.analyses.cancel(caller, input),
    }),
  }),
  cancelDocumentAnalyses: t.field({
    type: CancelDocumentAnalysesPayload,
    description: 'Cancels all queued and running analyses of a document.',
    args: {
      input: t.arg({ type: CancelDocumentAnalysesInput, required: true, description: 'Whose analyses to cancel.' }),
    },
    resolve: async (_root, { input }, { services, caller }) => ({
      cancelled: await services.analyses.cancelDocument(caller, input),
      document: await services.documents.require(caller, input.documentId),
    }),
  }),
  retryAnalysis: t.field({
    type: AnalyzeSectionPayload,
    description:
      'Queues a new analysis of the section whose latest one failed or was cancelled. One that runs or has completed is a CONFLICT.',
    args: { input: t.arg({ type: RetryAnalysisInput, required: true, description: 'What to retry.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      analysis: await services.analyses.retry(caller, input),
    }),
  }),
}));
