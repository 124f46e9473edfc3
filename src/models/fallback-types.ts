import type { Clock, RandomSource } from '../clock.ts';
import type { Problem } from '../errors.ts';
import type { Admission, AdmissionRequest, ThrottleLayer } from '../throttle/admission-port.ts';
import type { RetryPolicy } from '../throttle/retry-backoff.ts';
import type { ModelClient, ModelEvent, ModelRequest, ModelSpec, TokenUsage } from './model-types.ts';
import type { FallbackBudget } from './fallback-budget.ts';

export type FallbackDeps = {
  /** Models in order of preference. */
  readonly chain: readonly ModelSpec[];
  /** Regions in order of preference. */
  readonly regions: readonly string[];
  readonly admission: Admission;
  readonly client: ModelClient;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly policy: FallbackPolicy;
};

type FallbackPolicy = {
  /** How long the admission keeps a lease without renewal; renewed at a third of it. */
  readonly leaseTtlMs: number;
  /**
   * Waits between two calls are awaited up to this sum; a longer one defers the job: an analysis for as long as it will probably take, a
   * chat until it was told to ask again.
   */
  readonly maxWaitInPlaceMs: number;
  readonly retry: RetryPolicy;
};

export type ModelAttemptOutcome =
  | 'SUCCEEDED'
  | 'THROTTLED'
  | 'TIMED_OUT'
  | 'UNAVAILABLE'
  | 'REJECTED'
  | 'CANCELLED'
  | 'SKIPPED_COOLING_DOWN'
  | 'SKIPPED_CIRCUIT_OPEN';

/** One call of a model, or one that was not made. Each is reported exactly once, so that sums over them count nothing twice. */
export type AttemptRecord = {
  readonly modelKey: string;
  readonly region: string;
  readonly outcome: ModelAttemptOutcome;
  /** Wall clock, in ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  readonly reason: string | null;
  readonly usage: TokenUsage;
  readonly costUsd: number;
};

/** Hears of what happens, in order; every call is awaited before anything else happens. What it throws ends the run. */
export type FallbackObserver = {
  /** Once per wait, however often the admission is asked meanwhile; again when the wait is longer than was said. */
  waiting(layer: ThrottleLayer, waitMs: number, reason: string): void | Promise<void>;
  /** Before the first event of that model. */
  selected(model: ModelSpec, region: string): void | Promise<void>;
  /** Before `selected`, when another model takes over; `waitMs` is the time since the failure. */
  fellBack(from: ModelSpec, to: ModelSpec, reason: string, waitMs: number): void | Promise<void>;
  attemptEnded(record: AttemptRecord): void | Promise<void>;
  /** What was consumed since the last start is void. Before anything of the next attempt. */
  restarted(reason: string): Promise<void>;
  /** The admission could not be told how a call ended: its lease runs out by itself. */
  settlementLost(error: unknown): void;
};

export type FallbackJob<T> = {
  readonly request: ModelRequest;
  /** Unique to the execution of the job; the leases' holders are derived from it. */
  readonly holder: string;
  readonly priority: AdmissionRequest['priority'];
  /** Ends everything, within 100 ms: cancelled, shut down, out of time. The run then rejects with its reason. */
  readonly signal: AbortSignal;
  readonly budget: FallbackBudget;
  readonly observer: FallbackObserver;
  /**
   * Reads the events of one attempt by `model` to their end and makes its result of them; called anew for every attempt. It throws
   * MalformedOutputError for an answer that it cannot use, which is repaired once by asking; anything else that it throws ends the run as it is.
   */
  consume(events: AsyncIterable<ModelEvent>, model: ModelSpec): Promise<T>;
};

export type FallbackOutcome<T> =
  | {
      readonly outcome: 'succeeded';
      readonly value: T;
      readonly model: ModelSpec;
      readonly region: string;
      readonly stopReason: string;
      /** Of the attempt that succeeded; those before it were reported one by one. */
      readonly usage: TokenUsage;
      readonly costUsd: number;
      /** What the job has used up so far, for the next request of the same job. */
      readonly budget: FallbackBudget;
    }
  /** To be run again, with this budget, not before `waitMs`. */
  | {
      readonly outcome: 'deferred';
      readonly waitMs: number;
      readonly layer: ThrottleLayer;
      readonly reason: string;
      readonly budget: FallbackBudget;
    }
  | { readonly outcome: 'failed'; readonly problem: Problem };
