import { assertNever, isAppError } from '../errors.ts';
import type { Settlement } from '../throttle/admission-port.ts';
import type { EventMeter } from './event-meter.ts';
import type { FailedAttempt } from './fallback-budget.ts';
import type { ModelAttemptOutcome } from './fallback-types.ts';
import { ModelFailure } from './model-failure.ts';
import type { TokenUsage } from './model-types.ts';

export type AttemptEnd<T> =
  | {
      readonly end: 'succeeded';
      readonly value: T;
      readonly stopReason: string;
      readonly usage: TokenUsage;
      readonly costUsd: number;
    }
  | {
      readonly end: 'failed';
      readonly failure: FailedAttempt['failure'];
      readonly reason: string;
      readonly hasDelivered: boolean;
    }
  /** The lease ended under the call, which was stopped. It says nothing about the model. */
  | { readonly end: 'leaseLost'; readonly hasDelivered: boolean };

/** What became of the call, before anyone is told. */
export type Verdict<T> =
  | Exclude<AttemptEnd<T>, { end: 'succeeded' }>
  | { readonly end: 'succeeded'; readonly value: T; readonly stopReason: string; readonly usage: TokenUsage }
  /** The caller's signal aborted. */
  | { readonly end: 'cancelled'; readonly error: unknown }
  /** Something of our own failed: the consumer, the observer. */
  | { readonly end: 'broken'; readonly error: unknown };

export function usageOf(verdict: Verdict<unknown>, meter: EventMeter): TokenUsage | null {
  const streamError = meter.streamError()?.error;
  return verdict.end === 'failed' && streamError instanceof ModelFailure ? streamError.usage : meter.usage();
}

export function resultOf(verdict: Verdict<unknown>, meter: EventMeter): Settlement['result'] {
  // A model that answered to the end is healthy, whatever became of its answer.
  if (meter.completed()) return { result: 'succeeded' };
  if (verdict.end !== 'failed') return { result: 'neutral' };
  const { failure } = verdict;
  switch (failure.kind) {
    case 'throttled':
      return { result: 'throttled', cooldownMs: failure.cooldownMs };
    case 'retired':
      return { result: 'retired' };
    case 'unavailable':
      return { result: 'failed', scope: failure.scope };
    case 'notOffered':
    case 'timedOut':
    case 'truncated':
      return { result: 'failed', scope: 'model' };
    case 'rejectedByModel':
    case 'malformedOutput':
    case 'fatal':
    case 'cancelled':
      return { result: 'neutral' };
    default:
      return assertNever(failure);
  }
}

export function outcomeOf(verdict: Verdict<unknown>): ModelAttemptOutcome {
  switch (verdict.end) {
    case 'succeeded':
      return 'SUCCEEDED';
    case 'failed':
      return failedOutcome(verdict.failure);
    case 'cancelled':
      return isOutOfTime(verdict.error) ? 'TIMED_OUT' : 'CANCELLED';
    case 'broken':
    case 'leaseLost':
      return 'CANCELLED';
    default:
      return assertNever(verdict);
  }
}

/** The signal's reason says so: by its code, or by its name, as that of AbortSignal.timeout. */
function isOutOfTime(reason: unknown): boolean {
  if (isAppError(reason)) return reason.code === 'TIMED_OUT';
  return reason instanceof Error && reason.name.endsWith('TimeoutError');
}

function failedOutcome(failure: FailedAttempt['failure']): ModelAttemptOutcome {
  switch (failure.kind) {
    case 'throttled':
      return 'THROTTLED';
    case 'timedOut':
      return 'TIMED_OUT';
    case 'cancelled':
      return 'CANCELLED';
    case 'rejectedByModel':
    case 'malformedOutput':
    case 'fatal':
      return 'REJECTED';
    case 'retired':
    case 'notOffered':
    case 'unavailable':
    case 'truncated':
      return 'UNAVAILABLE';
    default:
      return assertNever(failure);
  }
}

export function reasonOf(verdict: Verdict<unknown>): string | null {
  switch (verdict.end) {
    case 'succeeded':
      return null;
    case 'failed':
      return verdict.reason;
    case 'leaseLost':
      return 'The lease of the call ended; it is started again';
    case 'cancelled':
      if (isAppError(verdict.error)) return verdict.error.message;
      return isOutOfTime(verdict.error) ? 'Out of time' : 'Cancelled';
    case 'broken':
      return 'Stopped by a failure outside the model';
    default:
      return assertNever(verdict);
  }
}
