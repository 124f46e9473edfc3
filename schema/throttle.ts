import type { Throttle as ThrottleData } from '../src/services/throttle.ts';
import type { Gauge as GaugeData } from '../src/throttle/admission-port.ts';
import { builder } from './builder.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { Model } from './model.ts';

const Gauge = builder.objectRef<GaugeData>('Gauge').implement({
  description: 'How much of a limit is taken.',
  fields: (t) => ({
    used: t.exposeFloat('used', { description: 'Taken now.' }),
    limit: t.exposeFloat('limit', { description: 'Never exceeded, whatever the number of workers.' }),
  }),
});

const Throttle = builder.objectRef<ThrottleData>('Throttle').implement({
  description: 'What each of the five layers holds now, for the whole fleet.',
  fields: (t) => ({
    requestsPerMinute: t.expose('requestsPerMinute', {
      type: Gauge,
      description: 'Invocations of Bedrock in the last 60 s.',
    }),
    concurrentRequests: t.expose('concurrentRequests', { type: Gauge, description: 'Invocations under way.' }),
    tokensPerMinute: t.expose('tokensPerMinute', {
      type: Gauge,
      description: 'Tokens reserved or charged in the last 60 s.',
    }),
    coolingDown: t.field({
      type: [Model],
      description: 'Models that were throttled a moment ago, in any region.',
      resolve: ({ coolingDown }, _args, { services }) => coolingDown.map((key) => services.models.byKey(key)),
    }),
    openBreakers: t.field({
      type: [Model],
      description: 'Models whose circuit breaker is not closed, in any region.',
      resolve: ({ openBreakers }, _args, { services }) => openBreakers.map((key) => services.models.byKey(key)),
    }),
    retriesWaiting: t.exposeInt('retriesWaiting', {
      description: 'Jobs that wait before they try the whole chain again.',
    }),
  }),
});

builder.queryField('throttle', (t) =>
  t.field({
    type: Throttle,
    description: 'What the throttle holds now.',
    resolve: (_root, _args, { services }) => services.throttle.read(),
  }),
);

builder.subscriptionField('throttleUpdates', (t) =>
  t.field({
    type: Throttle,
    description: 'The first value at once, then whenever it changes, at most once per interval.',
    args: { intervalMs: t.arg.int({ description: '250 to 60,000; 1,000 when left out.' }) },
    subscribe: (_root, { intervalMs }, { services }) => services.throttle.watch(intervalMs),
    resolve: (throttle) => throttle,
  }),
);

const ResetModelStateInput = builder.inputType('ResetModelStateInput', {
  description: 'The model to offer again.',
  fields: (t) => ({
    modelKey: t.string({ required: true, description: 'For example sonnet-4.5.' }),
    region: t.string({ description: 'Only there; everywhere when left out.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const ResetModelStatePayload = builder.objectRef<{ modelKey: string }>('ResetModelStatePayload').implement({
  description: 'Answer to resetModelState.',
  fields: (t) => ({
    model: t.field({
      type: Model,
      description: 'The model.',
      resolve: ({ modelKey }, _args, { services }) => services.models.byKey(modelKey),
    }),
  }),
});

builder.mutationField('resetModelState', (t) =>
  t.field({
    type: ResetModelStatePayload,
    description: "Scope admin: ends a model's cooldown and closes its breaker, in one region or in all.",
    args: { input: t.arg({ type: ResetModelStateInput, required: true, description: 'Which model, and where.' }) },
    resolve: async (_root, { input }, { services, caller }) => {
      await services.throttle.reset(caller, input);
      return { modelKey: input.modelKey };
    },
  }),
);
