import type { Feedback as FeedbackRow } from '../src/db.ts';
import { builder } from './builder.ts';
import { FeedbackKind, FeedbackStatus, RiskLevel } from './enums.ts';
import { Feedback } from './feedback.ts';
import { idempotencyKey } from './idempotency-key.ts';

const AddFeedbackInput = builder.inputType('AddFeedbackInput', {
  description: "A reviewer's own finding.",
  fields: (t) => ({
    sectionId: t.id({ required: true, description: 'sec_… that it is about.' }),
    kind: t.field({ type: FeedbackKind, required: true, description: 'What kind of finding it is.' }),
    category: t.string({ required: true, description: 'The subject, 1 to 200 characters.' }),
    risk: t.field({ type: RiskLevel, required: true, description: 'How much harm may come of it.' }),
    title: t.string({ required: true, description: 'In one line, 1 to 500 characters.' }),
    detail: t.string({ required: true, description: 'What is the matter, and why; 1 to 10,000 characters.' }),
    recommendation: t.string({ description: 'What to do about it; up to 10,000 characters.' }),
    quote: t.string({ description: 'Exact words of the section.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const FeedbackPayload = builder.objectRef<{ feedback: FeedbackRow }>('FeedbackPayload').implement({
  description: 'Answer to addFeedback and updateFeedback.',
  fields: (t) => ({ feedback: t.expose('feedback', { type: Feedback, description: 'The finding.' }) }),
});

const UpdateFeedbackInput = builder.inputType('UpdateFeedbackInput', {
  description: 'What to change; what is left out or null stays, but for recommendation.',
  fields: (t) => ({
    id: t.id({ required: true, description: "fbk_… of a reviewer's own finding." }),
    kind: t.field({ type: FeedbackKind, description: 'What kind of finding it is.' }),
    category: t.string({ description: 'The subject, 1 to 200 characters.' }),
    risk: t.field({ type: RiskLevel, description: 'How much harm may come of it.' }),
    title: t.string({ description: 'In one line, 1 to 500 characters.' }),
    detail: t.string({ description: 'What is the matter, and why; 1 to 10,000 characters.' }),
    recommendation: t.string({ description: 'What to do about it; null removes it.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const DeleteFeedbackInput = builder.inputType('DeleteFeedbackInput', {
  description: 'The finding to delete.',
  fields: (t) => ({
    id: t.id({ required: true, description: "fbk_… of a reviewer's own finding." }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const DeleteFeedbackPayload = builder.objectRef<{ deletedId: string }>('DeleteFeedbackPayload').implement({
  description: 'Answer to deleteFeedback.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Id of what is gone.' }) }),
});

const DecideFeedbackInput = builder.inputType('DecideFeedbackInput', {
  description: 'Decides many findings at once; status PENDING takes a decision back.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: 'fbk_…, 1 to 500; all are decided or none.' }),
    status: t.field({ type: FeedbackStatus, required: true, description: 'The decision.' }),
    note: t.string({ description: 'Why; up to 2,000 characters.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const DecideFeedbackPayload = builder.objectRef<{ feedback: FeedbackRow[] }>('DecideFeedbackPayload').implement({
  description: 'Answer to decideFeedback.',
  fields: (t) => ({
    feedback: t.expose('feedback', { type: [Feedback], description: 'The findings, in the order of ids.' }),
  }),
});

builder.mutationFields((t) => ({
  addFeedback: t.field({
    type: FeedbackPayload,
    description: "Adds a reviewer's own finding; a quotation must stand in the section, word for word.",
    args: { input: t.arg({ type: AddFeedbackInput, required: true, description: 'The finding.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      feedback: await services.decisions.add(caller, input),
    }),
  }),
  updateFeedback: t.field({
    type: FeedbackPayload,
    description: "Of a reviewer's own finding; a model's finding is decided, not edited.",
    args: { input: t.arg({ type: UpdateFeedbackInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      feedback: await services.decisions.update(caller, input),
    }),
  }),
  deleteFeedback: t.field({
    type: DeleteFeedbackPayload,
    description: "Deletes a reviewer's own finding.",
    args: { input: t.arg({ type: DeleteFeedbackInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      deletedId: await services.decisions.delete(caller, input),
    }),
  }),
  decideFeedback: t.field({
    type: DecideFeedbackPayload,
    description:
      'Accepts or rejects findings, or takes decisions back. What is decided on one holds for all that say the same. Deciding the same again changes nothing, but another note is added to the history.',
    args: { input: t.arg({ type: DecideFeedbackInput, required: true, description: 'Which, and how.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      feedback: await services.decisions.decide(caller, input),
    }),
  }),
}));
