import type { Settlement } from './admission-port.ts';
import { breakerAfterVerdict, verdictOf } from './circuit-breaker.ts';
import { cooldownAfterCall } from './model-cooldown.ts';
import { advanceTime } from './server-time.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { placeOf } from './throttle-limits.ts';
import type { LeaseRecord, ThrottleState } from './throttle-state.ts';
import { learnEstimate } from './token-estimate.ts';

/** Time moves on; leases that it ends give back their place and their probe. */
export function begin(state: ThrottleState, limits: ThrottleLimits, serverMs: number): number {
  state.time = advanceTime(state.time, serverMs);
  const nowMs = state.time.lastMs;
  state.seq ||= nowMs;
  for (const [holder, lease] of state.leases) {
    if (lease.endsMs > nowMs) continue;
    endLease(state, holder, lease);
    moveHealth(state, limits, lease, { result: { result: 'neutral' }, usage: null }, nowMs);
  }
  return nowMs;
}

export function endLease(state: ThrottleState, holder: string, lease: LeaseRecord): void {
  state.leases.delete(holder);
  state.fleet.queue.running -= 1;
  const own = lease.hasOwnLimits ? state.own.get(lease.target) : undefined;
  if (own) own.queue.running -= 1;
}

/** What the end of a call says of its model and its region. */
export function moveHealth(
  state: ThrottleState,
  limits: ThrottleLimits,
  { seq, target, estimatedInputTokens }: LeaseRecord,
  { result, usage }: Settlement,
  nowMs: number,
): void {
  const { region, modelKey } = placeOf(target);
  const at = { nowMs, seq };
  put(state.cooldowns, target, cooldownAfterCall(state.cooldowns.get(target), result, at));
  const breakers = [
    [target, 'model'],
    [region, 'region'],
  ] as const;
  for (const [name, scope] of breakers)
    put(state.breakers, name, breakerAfterVerdict(state.breakers.get(name), verdictOf(result, scope), at, limits));
  put(state.estimates, modelKey, learnEstimate(state.estimates.get(modelKey), estimatedInputTokens, usage));
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
