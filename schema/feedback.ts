import { requireId } from '../src/ids.ts';
import { evidenceOf, type FeedbackPlace as FeedbackPlaceData } from '../src/services/feedback.ts';
import type { Evidence as EvidenceData } from '../src/review/evidence.ts';
import type { FeedbackRevision as FeedbackRevisionRow } from '../src/db.ts';
import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';
import { FeedbackChange, FeedbackKind, FeedbackSource, FeedbackStatus, RiskLevel } from './enums.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { Check } from './playbook.ts';
import { AnalysisRef, FeedbackRef, SectionRef } from './refs.ts';

export const Evidence = builder.objectRef<EvidenceData>('Evidence').implement({
  description: "A quotation that a finding or an answer rests on, checked against the document's text.",
  fields: (t) => ({
    quote: t.exposeString('quote', { description: 'The exact words, as they stand in the document when verified.' }),
    startOffset: t.exposeInt('startOffset', {
      nullable: true,
      description:
        "Where it begins in the document's extracted text, in UTF-16 code units; null when it was not found.",
    }),
    endOffset: t.exposeInt('endOffset', {
      nullable: true,
      description: 'The offset behind its last character; null when it was not found.',
    }),
    page: t.exposeInt('page', { nullable: true, description: 'Page on which it begins, where the format has pages.' }),
    verified: t.exposeBoolean('verified', {
      description:
        'Whether it was found word for word. A quotation that was not found lowers the confidence of its finding.',
    }),
  }),
});

const FeedbackRevision = builder.objectRef<FeedbackRevisionRow>('FeedbackRevision').implement({
  description: 'One decision on a finding.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who decided.' }),
    status: t.expose('status', {
      type: FeedbackStatus,
      description: 'What was decided; PENDING takes a decision back.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'Why, in the words of whoever decided.' }),
    carriedOverFrom: t.exposeID('carriedFromId', {
      nullable: true,
      description:
        'The finding on which it was decided, when the decision holds here because that one says the same or is the same in another analysis; null when it was made here.',
    }),
  }),
});

const FeedbackPlace = builder.objectRef<FeedbackPlaceData>('FeedbackPlace').implement({
  description: 'One of the places in a document at which the same is found.',
  fields: (t) => ({
    section: t.field({
      type: SectionRef,
      description: 'The section in which it is found there.',
      resolve: async ({ sectionId }, _args, { loaders }) => present(await loaders.section.load(sectionId)),
    }),
    feedbackId: t.exposeID('id', { description: 'The finding of that place, fbk_…' }),
    evidence: t.field({
      type: [Evidence],
      description: 'The words that it rests on there.',
      resolve: (place) => [...evidenceOf(place)],
    }),
  }),
});

export const FeedbackFilter = builder.inputType('FeedbackFilter', {
  description: 'Which findings to return; all conditions must hold.',
  fields: (t) => ({
    status: t.field({ type: [FeedbackStatus], description: 'With one of these decisions.' }),
    risk: t.field({ type: [RiskLevel], description: 'With one of these risks.' }),
    kind: t.field({ type: [FeedbackKind], description: 'Of one of these kinds.' }),
    source: t.field({ type: [FeedbackSource], description: 'From one of these sources.' }),
    minConfidence: t.float({ description: 'With at least this confidence, 0 to 1.' }),
    meetsThreshold: t.boolean({
      description: 'true: at or above the configured threshold only; false: below it only.',
    }),
  }),
});

export const Feedback = FeedbackRef.implement({
  description: 'A finding: what a model or a reviewer has to say of a section, with the words that it rests on.',
  interfaces: [Node],
  fields: (t) => ({
    section: t.field({
      type: SectionRef,
      description: 'The section that it is about.',
      resolve: async ({ sectionId }, _args, { loaders }) => present(await loaders.section.load(sectionId)),
    }),
    analysis: t.field({
      type: AnalysisRef,
      nullable: true,
      description:
        "The analysis that found it; null for a reviewer's own finding, and for one of a broken-off attempt that is kept for the decision on it.",
      resolve: ({ analysisId }, _args, { loaders }) => (analysisId === null ? null : loaders.analysis.load(analysisId)),
    }),
    source: t.expose('source', { type: FeedbackSource, description: 'Who found it.' }),
    kind: t.expose('kind', { type: FeedbackKind, description: 'What kind of finding it is.' }),
    category: t.exposeString('category', { description: 'The subject, for example Liability.' }),
    risk: t.expose('risk', { type: RiskLevel, description: 'How much harm may come of it.' }),
    title: t.exposeString('title', { description: 'In one line.' }),
    detail: t.exposeString('detail', { description: 'What is the matter, and why.' }),
    recommendation: t.exposeString('recommendation', { nullable: true, description: 'What to do about it.' }),
    questions: t.exposeStringList('questions', { description: 'What should be asked.' }),
    confidence: t.exposeFloat('confidence', { description: "0 to 1; 1 for a reviewer's own finding." }),
    meetsThreshold: t.boolean({
      description: 'confidence >= the configured threshold (0.8).',
      resolve: (feedback, _args, { services }) => services.feedback.meetsThreshold(feedback),
    }),
    evidence: t.field({
      type: [Evidence],
      description: 'The words that it rests on.',
      resolve: (feedback) => [...evidenceOf(feedback)],
    }),
    places: t.field({
      type: [FeedbackPlace],
      description:
        'All places in the document at which the same is found, its own among them, in reading order. A decision holds for all of them.',
      resolve: (feedback, _args, { loaders }) => loaders.placesOfFeedback.load(feedback),
    }),
    checks: t.field({
      type: [Check],
      description: "The playbook's checks that it rests on.",
      resolve: async (feedback, _args, { loaders }) => {
        if (feedback.checks.length === 0) return [];
        const document = await loaders.document.load(feedback.documentId);
        const playbook = document && (await loaders.playbook.load(document.playbookId));
        return playbook?.checks.filter(({ ref }) => feedback.checks.includes(ref)) ?? [];
      },
    }),
    status: t.expose('status', { type: FeedbackStatus, description: "A reviewer's decision." }),
    change: t.field({
      type: FeedbackChange,
      nullable: true,
      description:
        "Whether the section's analysis before had found it, too; null in a first analysis, and for a reviewer's own finding.",
      resolve: async ({ previousId, analysisId }, _args, { loaders }) => {
        const analysis = analysisId === null ? null : await loaders.analysis.load(analysisId);
        if (!analysis || analysis.previousId === null) return null;
        // What was found before in an attempt that came to nothing is not of the analysis before.
        const previous = previousId === null ? null : await loaders.feedback.load(previousId);
        return previous?.analysisId === analysis.previousId ? 'UNCHANGED' : 'NEW';
      },
    }),
    history: t.field({
      type: [FeedbackRevision],
      description:
        "Every decision on it and every further note, oldest first; decisions that hold for it because they were made on the same finding elsewhere are among them. Changes of a reviewer's own finding stand in its session's activity.",
      resolve: (feedback, _args, { loaders }) => loaders.historyOfFeedback.load(feedback.id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was found.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was changed last.' }),
  }),
});

registerNode('Feedback', ({ loaders }, id) => loaders.feedback.load(id));

export const FeedbackConnection = connectionOf('Feedback', Feedback, 'findings');

builder.queryField('feedback', (t) =>
  t.field({
    type: Feedback,
    nullable: true,
    description: 'One finding; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'fbk_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.feedback.load(requireId('Feedback', id)),
  }),
);
