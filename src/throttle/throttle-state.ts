import type { Breaker } from './circuit-breaker.ts';
import type { Cooldown } from './model-cooldown.ts';
import type { RequestQueue } from './request-queue.ts';
import { emptyRequestQueue } from './request-queue.ts';
import type { Backoffs } from './retry-backoff.ts';
import type { ServerTime } from './server-time.ts';
import { startOfTime } from './server-time.ts';
import type { TokenBudget } from './token-budget.ts';
import { emptyTokenBudget } from './token-budget.ts';
import type { WaitingLine } from './waiting-line.ts';

/** What layers 1 and 2 know of one user of Bedrock: the fleet, or one model in one region. */
export type Use = { readonly queue: RequestQueue; readonly budget: TokenBudget };

const emptyUse = (): Use => ({ queue: emptyRequestQueue(), budget: emptyTokenBudget() });

/** An admission until it is settled or its lease ends. */
export type LeaseRecord = {
  readonly seq: number;
  readonly atMs: number;
  readonly endsMs: number;
  readonly reserveTokens: number;
  readonly estimatedInputTokens: number;
  readonly outputBurndown: number;
  readonly isProbe: boolean;
  /** Counted against its model's own limits, too. */
  readonly hasOwnLimits: boolean;
  readonly target: string;
};

/** All that the reference model knows; the Lua scripts keep the same in Redis. */
export type ThrottleState = {
  time: ServerTime;
  /** Of leases and waiters; starts at the time, so that it goes on growing when Redis has lost its data. */
  seq: number;
  readonly fleet: Use;
  /** By target. */
  readonly own: Map<string, Use>;
  /** By holder: one lease each. */
  readonly leases: Map<string, LeaseRecord>;
  /** By target. */
  readonly cooldowns: Map<string, Cooldown>;
  /** By target, and by region. */
  readonly breakers: Map<string, Breaker>;
  readonly line: WaitingLine;
  readonly backoffs: Backoffs;
  /** By model key, in permille. */
  readonly estimates: Map<string, number>;
  /** Moving averages over successful calls; 0 before the first. */
  meanDurationMs: number;
  meanChargeTokens: number;
};

export const emptyThrottleState = (): ThrottleState => ({
  time: startOfTime,
  seq: 0,
  fleet: emptyUse(),
  own: new Map(),
  leases: new Map(),
  cooldowns: new Map(),
  breakers: new Map(),
  line: new Map(),
  backoffs: new Map(),
  estimates: new Map(),
  meanDurationMs: 0,
  meanChargeTokens: 0,
});

/** A target's own use; it begins empty. */
export function ownUse(state: ThrottleState, target: string): Use {
  const use = state.own.get(target) ?? emptyUse();
  state.own.set(target, use);
  return use;
}
