import { z } from 'zod';
import { operations } from './converse-request.ts';

/**
 * What can be made to go wrong. The schema is shared by tests, by the HTTP endpoint and by markers in a text, so that a fault means the
 * same everywhere. `afterTokens` counts the tokens sent, thinking included; an answer that is shorter than that fails before its end.
 */
export const refusalKinds = [
  'throttle',
  'throttle-requests',
  'throttle-day',
  'model-not-ready',
  'unavailable',
  'internal',
  'timeout',
  'model-error',
  'end-of-life',
  'legacy',
  'use-case-missing',
  'access-denied',
  'not-authorized',
  'expired-token',
  'unrecognized-client',
  'invalid-signature',
  'invalid-model-id',
  'on-demand-unsupported',
  'operation-not-allowed',
  'thinking-unsupported',
  'input-too-long',
  'malformed-request',
  'service-quota',
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/** The exceptions that a stream can carry as members of its own. */
const streamExceptions = [
  'internalServerException',
  'modelStreamErrorException',
  'validationException',
  'throttlingException',
  'serviceUnavailableException',
] as const;
export type StreamException = (typeof streamExceptions)[number];

const afterTokens = z.int().min(0).default(5);
const exception = z.enum(streamExceptions);

export const faultSchema = z.discriminatedUnion('kind', [
  /** An HTTP error before any stream. */
  z.strictObject({ kind: z.enum(refusalKinds), retryAfterSeconds: z.int().min(0).optional() }),
  /** The whole region is gone, for every operation: the socket is destroyed, or all is answered with 503. */
  z.strictObject({ kind: z.literal('outage'), as: z.enum(['reset', 'unavailable']).default('reset') }),
  z.strictObject({ kind: z.literal('first-frame-exception'), exception: exception.default('throttlingException') }),
  z.strictObject({
    kind: z.literal('mid-stream-exception'),
    exception: exception.default('modelStreamErrorException'),
    afterTokens,
  }),
  /** An exception frame of a type that ConverseStream does not declare. */
  z.strictObject({ kind: z.literal('unmodelled-exception'), afterTokens }),
  /** A frame whose message type is `error`, with a code and no payload. */
  z.strictObject({ kind: z.literal('error-frame'), afterTokens }),
  /** The response ends properly, without messageStop and metadata. */
  z.strictObject({ kind: z.literal('clean-cut'), afterTokens }),
  z.strictObject({ kind: z.literal('half-frame'), afterTokens }),
  z.strictObject({ kind: z.literal('bad-checksum'), afterTokens }),
  z.strictObject({ kind: z.literal('reset'), afterTokens }),
  /** Nothing more comes; with `afterTokens: 0` not even a first frame. Without `durationMs` until the client goes away. */
  z.strictObject({ kind: z.literal('stall'), afterTokens, durationMs: z.int().min(0).optional() }),
  z.strictObject({ kind: z.literal('slow-drip'), tokenIntervalMs: z.int().min(1).default(1_000) }),
  /** A proper end_turn with nothing in it. */
  z.strictObject({ kind: z.literal('empty-answer') }),
  z.strictObject({ kind: z.literal('missing-metadata') }),
  /** An event of a type that no client knows, in the middle of a proper answer. */
  z.strictObject({ kind: z.literal('unknown-event'), afterTokens }),
  z.strictObject({ kind: z.literal('max-tokens-stop'), afterTokens }),
  /** A proper answer, each byte in a write of its own. */
  z.strictObject({ kind: z.literal('tiny-chunks') }),
  /** Lines that are no valid findings: prose, broken JSON, unknown values. The summary stays. */
  z.strictObject({ kind: z.literal('malformed-output') }),
  /** Every finding quotes words that stand nowhere in the section. */
  z.strictObject({ kind: z.literal('invented-quote') }),
  z.strictObject({ kind: z.literal('missing-summary') }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type RefusalFault = Extract<Fault, { kind: RefusalKind }>;
export type OutageFault = Extract<Fault, { kind: 'outage' }>;
/** Those that strike an answer in the making. */
export type AnswerFault = Exclude<Fault, RefusalFault | OutageFault>;

export const isRefusal = (fault: Fault): fault is RefusalFault => refusalKinds.some((kind) => kind === fault.kind);

export const faultRuleSchema = z.strictObject({
  match: z
    .strictObject({
      /** An id as in the request, the bare id without its profile, or a short name such as `sonnet-4.5`. */
      modelId: z.string().min(1).optional(),
      region: z.string().min(1).optional(),
      /** Words of the system prompt or of any message. */
      textIncludes: z.string().min(1).optional(),
      /** Without it every converse operation; for an outage list-models too. */
      operation: z.enum(operations).optional(),
      /** Only the nth of the requests that match all else, from 1. */
      nth: z.int().min(1).optional(),
    })
    .default({}),
  fault: faultSchema,
  /** Strikes this often, then never again. */
  times: z.int().min(1).optional(),
  /** Strikes this share of the matching requests, chosen by `seed`. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().default(1),
});

export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
