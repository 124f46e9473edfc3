import { errorFacts, type ErrorFacts } from './error-facts.ts';

/** What a failed call means for the chain. */
export type FailureClass =
  /** The account's quota for this model in this region. */
  | { readonly kind: 'throttled'; readonly cooldownMs: number }
  /** The model has reached its end of life here. */
  | { readonly kind: 'retired' }
  /** This account cannot call the model here: no access, unknown identifier, profile required. */
  | { readonly kind: 'notOffered' }
  /** A fault of the model's service, or of everything in its region. */
  | { readonly kind: 'unavailable'; readonly scope: 'model' | 'region' }
  | { readonly kind: 'timedOut' }
  /** The stream ended without saying so, or answered with nothing. */
  | { readonly kind: 'truncated' }
  /** This model does not take the request; another may. */
  | { readonly kind: 'rejectedByModel' }
  /** No model would do better: credentials and permissions, or a request that is wrong in itself. */
  | { readonly kind: 'fatal'; readonly fault: 'account' | 'request' }
  | { readonly kind: 'cancelled' };

export type ClassifiedFailure = {
  readonly failure: FailureClass;
  /** The provider's error name and message, at most 300 characters; no request content. */
  readonly reason: string;
  /** Refused before any work was done: neither billed nor charged to the quota. */
  readonly isSurelyFree: boolean;
};

export type FailureContext = {
  /** Whether an event of the stream had arrived. */
  readonly phase: 'beforeFirstEvent' | 'inStream';
  /** Wall clock, in ms since the epoch. */
  readonly nowMs: number;
  /** The called model's end of life in the catalog. */
  readonly endOfLife: string | null;
};

/** How long a throttled model is left alone unless the provider says otherwise. */
const defaultCooldownMs = 60_000;
/** A daily quota refills over hours; asking every minute would only spend requests. */
const dailyQuotaCooldownMs = 4 * 3_600_000;
const longestCooldownMs = 24 * 3_600_000;

/**
 * Decides by name (without case: an exception that the client does not know keeps its wire name), then message, HTTP status and the
 * codes of the error and its causes. What nothing is known about counts as a fault of this model. Pure; the only place that reads the
 * provider's messages.
 */
export function classifyFailure(error: unknown, context: FailureContext): ClassifiedFailure {
  const facts = errorFacts(error);
  const failure = classOf(facts, context);
  return { failure, reason: facts.text, isSurelyFree: isSurelyFree(facts, failure, context) };
}

function classOf(facts: ErrorFacts, context: FailureContext): FailureClass {
  const { name, message } = facts;
  // Both come under several error names.
  if (/reached the end of its life/i.test(message) || /marked by provider as legacy/i.test(message)) {
    return { kind: 'retired' };
  }
  switch (name) {
    case 'throttlingexception':
    case 'toomanyrequestsexception':
    case 'servicequotaexceededexception':
      return throttled(facts, context.nowMs);
    case 'modelnotreadyexception':
    case 'serviceunavailableexception':
    case 'internalserverexception':
    case 'modelstreamerrorexception':
      return { kind: 'unavailable', scope: 'model' };
    case 'modeltimeoutexception':
      return { kind: 'timedOut' };
    case 'modelerrorexception':
      return isClientError(facts.originalStatus)
        ? { kind: 'rejectedByModel' }
        : { kind: 'unavailable', scope: 'model' };
    case 'resourcenotfoundexception':
      return notOffered(context);
    case 'validationexception':
      return validation(message, context);
    case 'accessdeniedexception':
      return /access to the model|marketplace|use case/i.test(message)
        ? notOffered(context)
        : { kind: 'fatal', fault: 'account' };
    case 'aborterror':
      return { kind: 'cancelled' };
    default:
      return unnamed(facts, context);
  }
}

const accountErrors = new Set([
  'unrecognizedclientexception',
  'invalidclienttokenid',
  'invalidsignatureexception',
  'signaturedoesnotmatch',
  'incompletesignatureexception',
  'missingauthenticationtokenexception',
  'expiredtokenexception',
  'expiredtoken',
  'credentialsprovidererror',
  'tokenprovidererror',
]);

const networkCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function unnamed(facts: ErrorFacts, context: FailureContext): FailureClass {
  if (accountErrors.has(facts.name) || /region is missing/i.test(facts.message))
    return { kind: 'fatal', fault: 'account' };
  if (/truncated event message|message checksum/i.test(facts.message)) return { kind: 'truncated' };
  if (isTransportError(facts)) {
    // A cut in mid-stream says nothing about the rest of the region, which had just answered.
    return { kind: 'unavailable', scope: context.phase === 'inStream' ? 'model' : 'region' };
  }
  return byStatus(facts, context);
}

const isTransportError = (facts: ErrorFacts) =>
  facts.name === 'timeouterror' ||
  facts.codes.some((code) => networkCodes.has(code) || code.startsWith('ERR_HTTP2_')) ||
  /http2 request did not get a response/i.test(facts.message);

function byStatus(facts: ErrorFacts, context: FailureContext): FailureClass {
  switch (facts.status) {
    case 400:
      return validation(facts.message, context);
    case 401:
    case 403:
      return { kind: 'fatal', fault: 'account' };
    case 404:
      return notOffered(context);
    case 408:
      return { kind: 'timedOut' };
    case 429:
      return throttled(facts, context.nowMs);
    case null:
    default:
      return { kind: 'unavailable', scope: 'model' };
  }
}

function throttled(facts: ErrorFacts, nowMs: number): FailureClass {
  const usual = /per day/i.test(facts.message) ? dailyQuotaCooldownMs : defaultCooldownMs;
  const hint = facts.retryAfterMs(nowMs);
  return { kind: 'throttled', cooldownMs: Math.min(longestCooldownMs, Math.max(0, hint ?? usual)) };
}

/** What is said of a model that ended: some answer that its identifier is invalid (seen on the last day of Sonnet 3.7). */
function notOffered(context: FailureContext): FailureClass {
  const hasEnded = context.endOfLife !== null && Date.parse(context.endOfLife) <= context.nowMs;
  return hasEnded ? { kind: 'retired' } : { kind: 'notOffered' };
}

const notOfferedMessages = [
  /model identifier is invalid/i,
  /on-demand throughput isn.t supported/i,
  /operation not allowed/i,
];

/** What one model rejects and another takes: the way to ask for thinking, sampling, lengths, caching, a prefilled answer. */
const modelSpecificMessages = [
  /thinking/i,
  /temperature|top_p|top_k/i,
  /too long|too many input tokens|context (?:length|window|limit)|exceed\w* .*(?:context|maximum|limit)/i,
  /max_?tokens|maximum tokens/i,
  /prefill|must end with a user message/i,
  /output_config|effort/i,
  /cache_?point|prompt caching|cache_control/i,
];

function validation(message: string, context: FailureContext): FailureClass {
  if (notOfferedMessages.some((pattern) => pattern.test(message))) return notOffered(context);
  if (modelSpecificMessages.some((pattern) => pattern.test(message))) return { kind: 'rejectedByModel' };
  return { kind: 'fatal', fault: 'request' };
}

const isClientError = (status: number | null) => status !== null && status >= 400 && status < 500;

const unconnectedCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

function isSurelyFree(facts: ErrorFacts, failure: FailureClass, context: FailureContext): boolean {
  if (context.phase === 'inStream' || failure.kind === 'timedOut') return false;
  const wasRefused = facts.status !== null && facts.status >= 400;
  const wasNeverConnected =
    facts.codes.some((code) => unconnectedCodes.has(code)) || /did not establish a connection/i.test(facts.message);
  return wasRefused || wasNeverConnected || failure.kind === 'throttled' || failure.kind === 'fatal';
}
