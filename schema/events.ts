import type { EventType } from '../src/events/event-types.ts';
import type { CursoredEvent } from '../src/services/event-feed.ts';
import { builder } from './builder.ts';
import { ThrottleLayer } from './enums.ts';
import { Event, type EventOf } from './event-interface.ts';
import { Model } from './model.ts';
import { Problem } from './problem.ts';
import { AnalysisRef, DocumentRef, FeedbackRef } from './refs.ts';
import { ReviewProgress } from './review-progress.ts';

const analysisId = 'The analysis that it belongs to.';
const ofAnalysis = 'The analysis that it belongs to; null where it is about a message.';
const ofMessage = 'The message that it belongs to; null where it is about an analysis.';
const sectionId = 'The section that is analysed.';

const DocumentParsing = builder.objectRef<EventOf<'document:parsing'>>('DocumentParsing').implement({
  description: 'Sections are being extracted.',
  interfaces: [Event],
  fields: (t) => ({
    sectionsFound: t.int({ description: 'So far.', resolve: ({ data }) => data.sectionsFound }),
    percent: t.float({ description: '0 to 100.', resolve: ({ data }) => data.percent }),
  }),
});

const DocumentReady = builder.objectRef<EventOf<'document:ready'>>('DocumentReady').implement({
  description: 'The sections are there and can be analysed.',
  interfaces: [Event],
  fields: (t) => ({
    document: t.field({ type: DocumentRef, description: 'The document.', resolve: ({ data }) => data.document }),
  }),
});

const DocumentFailed = builder.objectRef<EventOf<'document:failed'>>('DocumentFailed').implement({
  description: 'The document could not be read, or was deleted.',
  interfaces: [Event],
  fields: (t) => ({ problem: t.field({ type: Problem, description: 'Why.', resolve: ({ data }) => data.problem }) }),
});

const AnalysisQueued = builder.objectRef<EventOf<'analysis:queued'>>('AnalysisQueued').implement({
  description: 'An analysis waits for a worker.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }),
    sectionId: t.id({ description: sectionId, resolve: ({ data }) => data.sectionId }),
    position: t.int({ description: 'Jobs ahead of it.', resolve: ({ data }) => data.position }),
  }),
});

const AnalysisStarted = builder.objectRef<EventOf<'analysis:started'>>('AnalysisStarted').implement({
  description: 'A worker has taken the analysis up.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }),
    sectionId: t.id({ description: sectionId, resolve: ({ data }) => data.sectionId }),
  }),
});

const AttemptRestarted = builder.objectRef<EventOf<'attempt:restarted'>>('AttemptRestarted').implement({
  description:
    'What was streamed since the last start is void: discard it. A worker died, or a model failed in mid-answer.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: ofAnalysis, resolve: ({ data }) => data.analysisId ?? null }),
    messageId: t.id({ nullable: true, description: ofMessage, resolve: ({ data }) => data.messageId ?? null }),
    reason: t.string({ description: 'For a person.', resolve: ({ data }) => data.reason }),
  }),
});

const ThrottleWaiting = builder.objectRef<EventOf<'throttle:waiting'>>('ThrottleWaiting').implement({
  description: 'It has to wait for a limit; nothing is lost.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: ofAnalysis, resolve: ({ data }) => data.analysisId ?? null }),
    messageId: t.id({ nullable: true, description: ofMessage, resolve: ({ data }) => data.messageId ?? null }),
    layer: t.field({
      type: ThrottleLayer,
      description: 'Which layer holds it back.',
      resolve: ({ data }) => data.layer,
    }),
    waitMs: t.int({ description: 'For how long, as far as known now.', resolve: ({ data }) => data.waitMs }),
    reason: t.string({ description: 'For a person.', resolve: ({ data }) => data.reason }),
  }),
});

const ModelSelected = builder.objectRef<EventOf<'model:selected'>>('ModelSelected').implement({
  description: 'A model was admitted and is being invoked.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: ofAnalysis, resolve: ({ data }) => data.analysisId ?? null }),
    messageId: t.id({ nullable: true, description: ofMessage, resolve: ({ data }) => data.messageId ?? null }),
    model: t.field({
      type: Model,
      description: 'The model.',
      resolve: ({ data }, _args, { services }) => services.models.byKey(data.modelKey),
    }),
    region: t.string({ description: 'The Bedrock region.', resolve: ({ data }) => data.region }),
  }),
});

const ModelFellBack = builder.objectRef<EventOf<'model:fellBack'>>('ModelFellBack').implement({
  description: 'A model did not do; the next one is tried.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: ofAnalysis, resolve: ({ data }) => data.analysisId ?? null }),
    messageId: t.id({ nullable: true, description: ofMessage, resolve: ({ data }) => data.messageId ?? null }),
    from: t.field({
      type: Model,
      description: 'The model that did not do.',
      resolve: ({ data }, _args, { services }) => services.models.byKey(data.from),
    }),
    to: t.field({
      type: Model,
      description: 'The model that is tried next.',
      resolve: ({ data }, _args, { services }) => services.models.byKey(data.to),
    }),
    reason: t.string({ description: 'For a person.', resolve: ({ data }) => data.reason }),
    waitMs: t.int({ description: 'Before the next one is tried.', resolve: ({ data }) => data.waitMs }),
  }),
});

const ThinkingDelta = builder.objectRef<EventOf<'thinking:delta'>>('ThinkingDelta').implement({
  description: "A further piece of the model's reasoning.",
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: ofAnalysis, resolve: ({ data }) => data.analysisId ?? null }),
    messageId: t.id({ nullable: true, description: ofMessage, resolve: ({ data }) => data.messageId ?? null }),
    text: t.string({ description: 'To be put behind what came before.', resolve: ({ data }) => data.text }),
  }),
});

const FeedbackFound = builder.objectRef<EventOf<'feedback:found'>>('FeedbackFound').implement({
  description: "Sent as soon as the finding is complete in the model's stream, before the analysis ends.",
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }),
    sectionId: t.id({ description: sectionId, resolve: ({ data }) => data.sectionId }),
    feedback: t.field({ type: FeedbackRef, description: 'The finding.', resolve: ({ data }) => data.feedback }),
  }),
});

const ProgressChanged = builder.objectRef<EventOf<'progress:changed'>>('ProgressChanged').implement({
  description: 'An analysis has come further.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ nullable: true, description: analysisId, resolve: ({ data }) => data.analysisId ?? null }),
    percent: t.float({ description: 'Of the analysis, 0 to 100.', resolve: ({ data }) => data.percent }),
    document: t.field({
      type: ReviewProgress,
      nullable: true,
      description: 'How far the whole document has come, where it was counted.',
      resolve: ({ data }) => data.document,
    }),
  }),
});

const AnalysisCompleted = builder.objectRef<EventOf<'analysis:completed'>>('AnalysisCompleted').implement({
  description: 'The analysis has its result. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }),
    analysis: t.field({ type: AnalysisRef, description: 'With its result.', resolve: ({ data }) => data.analysis }),
  }),
});

const AnalysisFailed = builder.objectRef<EventOf<'analysis:failed'>>('AnalysisFailed').implement({
  description: 'The analysis ended without a result. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({
    analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }),
    problem: t.field({ type: Problem, description: 'Why.', resolve: ({ data }) => data.problem }),
  }),
});

const AnalysisCancelled = builder.objectRef<EventOf<'analysis:cancelled'>>('AnalysisCancelled').implement({
  description: 'A caller ended the analysis. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({ analysisId: t.id({ description: analysisId, resolve: ({ data }) => data.analysisId }) }),
});

const analysisEventTypes = [
  AnalysisQueued,
  AnalysisStarted,
  AttemptRestarted,
  ThrottleWaiting,
  ModelSelected,
  ModelFellBack,
  ThinkingDelta,
  FeedbackFound,
  ProgressChanged,
  AnalysisCompleted,
  AnalysisFailed,
  AnalysisCancelled,
];

// Reports are followed by their state, not by events.
const typeNames: Record<Exclude<EventType, `report:${string}`>, string> = {
  'document:parsing': 'DocumentParsing',
  'document:ready': 'DocumentReady',
  'document:failed': 'DocumentFailed',
  'analysis:queued': 'AnalysisQueued',
  'analysis:started': 'AnalysisStarted',
  'attempt:restarted': 'AttemptRestarted',
  'throttle:waiting': 'ThrottleWaiting',
  'model:selected': 'ModelSelected',
  'model:fellBack': 'ModelFellBack',
  'thinking:delta': 'ThinkingDelta',
  'feedback:found': 'FeedbackFound',
  'progress:changed': 'ProgressChanged',
  'analysis:completed': 'AnalysisCompleted',
  'analysis:failed': 'AnalysisFailed',
  'analysis:cancelled': 'AnalysisCancelled',
};

const typeName = (event: unknown): string => typeNames[(event as CursoredEvent).data.type as keyof typeof typeNames];

const AnalysisEvent = builder.unionType('AnalysisEvent', {
  description: 'Whatever happens to an analysis.',
  types: [...analysisEventTypes],
  resolveType: typeName,
});

const DocumentEvent = builder.unionType('DocumentEvent', {
  description: 'Whatever happens to a document and to any of its sections.',
  types: [DocumentParsing, DocumentReady, DocumentFailed, ...analysisEventTypes],
  resolveType: typeName,
});

builder.subscriptionFields((t) => ({
  analysisEvents: t.field({
    type: AnalysisEvent,
    description: 'Everything that happens to one analysis; completes by itself behind its last event.',
    args: {
      analysisId: t.arg.id({ required: true, description: 'ana_…' }),
      after: t.arg.string({ description: 'Go on behind this cursor; replay from the start when left out.' }),
    },
    subscribe: (_root, { analysisId, after }, { services, caller, resumeAfter }) =>
      services.eventStreams.followAnalysis(caller, analysisId, resumeAfter ?? after),
    // Members are told apart by `typeName`; a log holds no event that its union does not name.
    resolve: (event) => event as never,
  }),
  documentEvents: t.field({
    type: DocumentEvent,
    description:
      'Parsing, then everything that happens to any section of the document; completes when nothing is queued or running (follow: true keeps it open).',
    args: {
      documentId: t.arg.id({ required: true, description: 'doc_…' }),
      after: t.arg.string({ description: 'Go on behind this cursor; replay from the start when left out.' }),
      follow: t.arg.boolean({ description: 'Stay open when nothing is queued or running; false when left out.' }),
    },
    subscribe: (_root, { documentId, after, follow }, { services, caller, resumeAfter }) =>
      services.eventStreams.followDocument(caller, documentId, resumeAfter ?? after, follow ?? false),
    // Members are told apart by `typeName`; a log holds no event that its union does not name.
    resolve: (event) => event as never,
  }),
}));
