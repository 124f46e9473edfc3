import type { ModelAttempt as ModelAttemptRow } from '../src/db.ts';
import type { ModelState, RankedModel } from '../src/services/models.ts';
import { builder } from './builder.ts';
import { BreakerState, ModelAttemptOutcome } from './enums.ts';

const ModelRegionState = builder.objectRef<ModelState>('ModelRegionState').implement({
  description: 'How a model is doing in one Bedrock region, as the whole fleet sees it.',
  fields: (t) => ({
    region: t.exposeString('region', { description: 'For example us-east-2.' }),
    coolingDownUntil: t.expose('coolingDownUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Throttled: not tried before then, but for a probe; null when it is not.',
    }),
    breaker: t.expose('breaker', { type: BreakerState, description: 'Its circuit breaker.' }),
  }),
});

export const Model = builder.objectRef<RankedModel>('Model').implement({
  description: 'A language model on Bedrock.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Stable short key, for example sonnet-4.5.' }),
    name: t.exposeString('name', { description: 'For people.' }),
    bedrockId: t.exposeString('bedrockId', {
      description: 'The Bedrock model or inference-profile id that is invoked.',
    }),
    priority: t.exposeInt('priority', { description: '1 is tried first.' }),
    extendedThinking: t.boolean({
      description: 'Whether it shows its reasoning before it answers.',
      resolve: ({ thinking }) => thinking !== 'none',
    }),
    thinkingBudgetTokens: t.exposeInt('thinkingBudgetTokens', {
      nullable: true,
      description: 'Tokens that it may think with; null when it does not think or decides by itself.',
    }),
    maxTokens: t.exposeInt('maxTokens', { description: 'Upper limit of one answer, thinking included.' }),
    inputUsdPerMillionTokens: t.exposeFloat('inputUsdPerMillionTokens', { description: 'Price of what it is sent.' }),
    outputUsdPerMillionTokens: t.exposeFloat('outputUsdPerMillionTokens', { description: 'Price of what it answers.' }),
    state: t.field({
      type: [ModelRegionState],
      description: 'How it is doing, for each region in order of preference.',
      resolve: async ({ key }, _args, { loaders }) => (await loaders.modelStates())(key),
    }),
  }),
});

export const ModelAttempt = builder.objectRef<ModelAttemptRow>('ModelAttempt').implement({
  description: 'One invocation of a model, or the decision not to make it.',
  fields: (t) => ({
    model: t.field({
      type: Model,
      description: 'The model.',
      resolve: ({ modelKey }, _args, { services }) => services.models.byKey(modelKey),
    }),
    region: t.exposeString('region', { description: 'The Bedrock region.' }),
    outcome: t.expose('outcome', { type: ModelAttemptOutcome, description: 'How it ended.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long it took.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: "The provider's error name and message, without request content.",
    }),
  }),
});

builder.queryField('models', (t) =>
  t.field({
    type: [Model],
    description: 'The chain of models, in the order in which they are tried.',
    resolve: (_root, _args, { services }) => services.models.chain(),
  }),
);
