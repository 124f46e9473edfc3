import type { RandomSource } from '../clock.ts';

/*
 * Layer 5, retry with backoff: what happens when the whole chain is exhausted.
 *
 *   chain exhausted -> wait 5 s -> whole chain -> wait 10 s -> whole chain -> wait 20 s -> whole chain -> exhausted
 *
 * State        the job's retry budget: rounds of backoff and invocations used so far, a value that the job carries with it (through
 *              re-queueing and worker restarts)
 *              per holder in Redis: the time until which it backs off
 * Transitions  spendInvocation before every call of Bedrock, nextBackoff when the chain is exhausted; backOff registers the holder
 *
 * Guarantee    One job makes at most `mostInvocations` calls and `backoffMs.length` rounds of backoff, over all fallbacks, restarts and job
 *              attempts: they do not multiply. A holder that asks during its backoff, from whichever process, is told to wait for the rest.
 * Not          What is in Redis is lost with it: then a job may ask before its backoff is over. Its budget is not touched by that.
 *
 * Jitter: uniform within a fifth of the delay. Full jitter (from 0) would bring some back at once, into the throttle they come from.
 */
export type RetryPolicy = {
  readonly backoffMs: readonly number[];
  /** Share of a delay by which it may be shorter or longer. */
  readonly jitter: number;
  /** Calls of Bedrock that one job may make in all. */
  readonly mostInvocations: number;
};

export const defaultRetryPolicy: RetryPolicy = {
  backoffMs: [5_000, 10_000, 20_000],
  jitter: 0.2,
  mostInvocations: 48,
};

/** Plain data: goes into a job's payload. */
export type RetryBudget = { readonly backoffs: number; readonly invocations: number };

export const newRetryBudget: RetryBudget = { backoffs: 0, invocations: 0 };

export type BackoffDecision =
  | { readonly outcome: 'retry'; readonly waitMs: number; readonly budget: RetryBudget }
  | { readonly outcome: 'exhausted' };

/** After the whole chain was exhausted: how long to wait before it is tried again, if it may be. */
export function nextBackoff(budget: RetryBudget, policy: RetryPolicy, random: RandomSource): BackoffDecision {
  const baseMs = policy.backoffMs[budget.backoffs];
  if (baseMs === undefined || budget.invocations >= policy.mostInvocations) return { outcome: 'exhausted' };
  const waitMs = Math.round(baseMs * (1 + policy.jitter * (2 * random() - 1)));
  return { outcome: 'retry', waitMs, budget: { ...budget, backoffs: budget.backoffs + 1 } };
}

/** The budget after one more call; null when there is none left. */
export const spendInvocation = (budget: RetryBudget, policy: RetryPolicy): RetryBudget | null =>
  budget.invocations >= policy.mostInvocations ? null : { ...budget, invocations: budget.invocations + 1 };

/** Holder to the end of its backoff. */
export type Backoffs = Map<string, number>;

export function registerBackoff(backoffs: Backoffs, holder: string, waitMs: number, nowMs: number): void {
  for (const [other, untilMs] of backoffs) if (untilMs <= nowMs) backoffs.delete(other);
  backoffs.set(holder, nowMs + waitMs);
}

/** 0 when it may ask. */
export const backoffWaitMs = (backoffs: Backoffs, holder: string, nowMs: number): number =>
  Math.max(0, (backoffs.get(holder) ?? 0) - nowMs);

/** `retryUntil` is the latest end of all backoffs, so that those who never back off are not looked up. */
export const backoffWaitLua = `
local backoff = 0
if now < retryUntil then backoff = math.max(0, (tonumber(redis.call('ZSCORE', RETRIES, holder)) or 0) - now) end
`;

export const registerBackoffLua = `
local untilMs = now + tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', RETRIES, '-inf', now)
redis.call('ZADD', RETRIES, untilMs, holder)
retryUntil = math.max(retryUntil, untilMs)
`;
