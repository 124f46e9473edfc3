import type { TokenUsage } from '../models/model-types.ts';

export const throttleLayers = [
  'REQUEST_QUEUE',
  'TOKEN_BUDGET',
  'MODEL_COOLDOWN',
  'CIRCUIT_BREAKER',
  'RETRY_BACKOFF',
] as const;
export type ThrottleLayer = (typeof throttleLayers)[number];

/** A model in a region that would do, in order of preference. */
export type Candidate = {
  readonly modelKey: string;
  readonly region: string;
  /** Tokens that Bedrock reserves at the start: estimated input + max tokens. */
  readonly reserveTokens: number;
  /** The part of `reserveTokens` that is an estimate of the input; corrected by what this model's inputs came to before. */
  readonly estimatedInputTokens: number;
  /** How many quota tokens one output token costs. */
  readonly outputBurndown: number;
};

export type AdmissionRequest = {
  /**
   * At least one, in order of preference. The first whose model is available (cooldown, breaker, its own limits) is taken to the fleet's
   * limits: a short budget is waited for, it never sends a request to a lesser model.
   */
  readonly candidates: readonly Candidate[];
  /** Chat goes before analysis. */
  readonly priority: 'chat' | 'analysis';
  /**
   * Whoever asks, for example a job: has at most one lease at a time. Asking again after a lost answer gets the same lease, not a second
   * one, and asking again while waiting keeps the place in the line.
   */
  readonly holder: string;
};

/** A place taken in every layer. It ends by itself `leaseTtlMs` after the last renewal. */
export type Lease = {
  readonly id: string;
  readonly modelKey: string;
  readonly region: string;
  /** This call is the one probe that decides whether a cooldown or a breaker ends. */
  readonly isProbe: boolean;
};

export type SkippedCandidate = {
  readonly modelKey: string;
  readonly region: string;
  /** RETIRED: gone until reset. TOO_LARGE: reserves more than the whole token budget, so that it could never pass. */
  readonly why: 'SKIPPED_COOLING_DOWN' | 'SKIPPED_CIRCUIT_OPEN' | 'SKIPPED_RETIRED' | 'SKIPPED_TOO_LARGE';
};

export type AdmissionDecision =
  | { readonly outcome: 'admitted'; readonly lease: Lease; readonly skipped: readonly SkippedCandidate[] }
  | {
      readonly outcome: 'wait';
      readonly layer: ThrottleLayer;
      /** When to ask again: exact where only time can help, otherwise the interval at which asking is worth while. */
      readonly waitMs: number;
      /**
       * When it will probably pass, those ahead in the line included; never less than `waitMs`. For people, and to put back a job
       * that need not keep its place in the line: the line forgets who does not ask again in time.
       */
      readonly expectedMs: number;
      readonly reason: string;
      readonly skipped: readonly SkippedCandidate[];
    }
  /** No waiting helps: every candidate is retired or too large; `skipped` says which. */
  | { readonly outcome: 'unavailable'; readonly reason: string; readonly skipped: readonly SkippedCandidate[] };

/** How an invocation ended, as far as the layers care. */
export type InvocationResult =
  | { readonly result: 'succeeded' }
  /** A throttle: cools the model in its region for `cooldownMs`. */
  | { readonly result: 'throttled'; readonly cooldownMs: number }
  /** The model is gone: not offered again until reset. */
  | { readonly result: 'retired' }
  /** A fault of the service that counts toward the breaker of the model, or of its whole region. */
  | { readonly result: 'failed'; readonly scope: 'model' | 'region' }
  /** Says nothing about the model's health: cancelled, rejected request. */
  | { readonly result: 'neutral' };

export type Settlement = {
  readonly result: InvocationResult;
  /** What was used as far as known; null when certainly nothing was (refused before the stream). */
  readonly usage: TokenUsage | null;
};

/** The five throttling layers of the whole fleet, behind one round trip. */
export type Admission = {
  admit(request: AdmissionRequest, signal: AbortSignal): Promise<AdmissionDecision>;
  /** Keeps a lease for another TTL; false when it had ended already: the holder has no place any more and must stop its call. */
  renew(lease: Lease): Promise<boolean>;
  /**
   * Layer 5: the whole chain is exhausted, and this holder comes back after `waitMs` (see retry-backoff.ts). Counted in
   * `retriesWaiting` until then; an `admit` before that answers wait(RETRY_BACKOFF) with the rest, also from another process.
   */
  backOff(holder: string, waitMs: number): Promise<void>;
  /**
   * Gives the slot back, corrects the token budget by what was really charged, and moves cooldown and breaker. Repeating it, or
   * doing it after the lease ended, changes nothing.
   */
  settle(lease: Lease, settlement: Settlement): Promise<void>;
};

export type Gauge = { readonly used: number; readonly limit: number };
export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** What the layers hold now, for the whole fleet. Times are in ms since the epoch, by the Redis server's clock. */
export type ThrottleSnapshot = {
  readonly requestsPerMinute: Gauge;
  readonly concurrentRequests: Gauge;
  readonly tokensPerMinute: Gauge;
  /** Only models that something is known of: one that is not listed is well. */
  readonly models: readonly {
    readonly modelKey: string;
    readonly region: string;
    readonly coolingUntilMs: number | null;
    readonly isRetired: boolean;
    readonly breaker: BreakerState;
  }[];
  /** Breakers of whole regions; one that is not listed is closed. */
  readonly regions: readonly { readonly region: string; readonly breaker: BreakerState }[];
  /** In the line for a place or for tokens. */
  readonly waiting: number;
  /** In backoff after an exhausted chain. */
  readonly retriesWaiting: number;
  /** Moving averages over successful invocations; null before the first. */
  readonly meanDurationMs: number | null;
  readonly meanChargeTokens: number | null;
};

/** For operators and for the API's `throttle` query. */
export type AdmissionControl = {
  /** Reads only: changes no state, registers nobody. */
  snapshot(): Promise<ThrottleSnapshot>;
  /**
   * Offers a model again at once, in one region or (null) in all: ends its cooldown and its retirement, and closes its breaker and the
   * region's. Calls in flight go on.
   */
  reset(modelKey: string, region: string | null): Promise<void>;
};
