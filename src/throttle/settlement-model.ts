import type { Settlement, ThrottleSnapshot } from './admission-port.ts';
import { begin, endLease, moveHealth } from './lease-model.ts';
import { movingAverage } from './moving-average.ts';
import { registerBackoff } from './retry-backoff.ts';
import { advanceTime } from './server-time.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { windowMs } from './throttle-limits.ts';
import type { ThrottleState } from './throttle-state.ts';
import { toSnapshot } from './throttle-snapshot.ts';
import { ownUse } from './throttle-state.ts';
import { chargeOf, settleTokens } from './token-budget.ts';
import { isLate } from './waiting-line.ts';

/* The reference model of all that happens beside `admit`: see admission-model.ts. */

type LeaseRef = { readonly holder: string; readonly seq: number };

export function renew(
  state: ThrottleState,
  limits: ThrottleLimits,
  { holder, seq }: LeaseRef,
  serverMs: number,
): boolean {
  const nowMs = begin(state, limits, serverMs);
  const lease = state.leases.get(holder);
  if (lease?.seq !== seq) return false;
  state.leases.set(holder, { ...lease, endsMs: nowMs + limits.leaseTtlMs });
  return true;
}

/** False when the lease had ended before: nothing changes then. */
export function settle(
  state: ThrottleState,
  limits: ThrottleLimits,
  { holder, seq }: LeaseRef,
  settlement: Settlement,
  serverMs: number,
): boolean {
  const nowMs = begin(state, limits, serverMs);
  const lease = state.leases.get(holder);
  if (lease?.seq !== seq) return false;
  endLease(state, holder, lease);
  const chargeTokens = chargeOf(settlement.usage, lease.outputBurndown);
  const settled = { id: String(seq), reserveTokens: lease.reserveTokens };
  settleTokens(state.fleet.budget, settled, chargeTokens, nowMs);
  if (lease.hasOwnLimits) settleTokens(ownUse(state, lease.target).budget, settled, chargeTokens, nowMs);
  moveHealth(state, limits, lease, settlement, nowMs);
  if (settlement.result.result === 'succeeded') {
    state.meanDurationMs = movingAverage(state.meanDurationMs, nowMs - lease.atMs);
    state.meanChargeTokens = movingAverage(state.meanChargeTokens, chargeTokens);
  }
  return true;
}

export function backOff(
  state: ThrottleState,
  limits: ThrottleLimits,
  holder: string,
  waitMs: number,
  serverMs: number,
): void {
  registerBackoff(state.backoffs, holder, waitMs, begin(state, limits, serverMs));
}

export function reset(
  state: ThrottleState,
  limits: ThrottleLimits,
  modelKey: string,
  region: string | null,
  serverMs: number,
): void {
  begin(state, limits, serverMs);
  const isMeant = (name: string): boolean => {
    const slash = name.indexOf('/');
    const [itsRegion, itsModel] = slash === -1 ? [name, modelKey] : [name.slice(0, slash), name.slice(slash + 1)];
    return itsModel === modelKey && (region === null || itsRegion === region);
  };
  for (const name of state.cooldowns.keys()) if (isMeant(name)) state.cooldowns.delete(name);
  for (const name of state.breakers.keys()) if (isMeant(name)) state.breakers.delete(name);
}

/** Reads only. */
export function snapshot(state: ThrottleState, limits: ThrottleLimits, serverMs: number): ThrottleSnapshot {
  const time = advanceTime(state.time, serverMs);
  const nowMs = time.lastMs;
  const inWindow = (atMs: number): boolean => atMs >= nowMs - windowMs;
  const entries = state.fleet.budget.entries.filter((entry) => inWindow(entry.atMs));
  const counts = {
    time,
    requests: state.fleet.queue.stampsMs.filter(inWindow).length,
    running: [...state.leases.values()].filter((lease) => lease.endsMs > nowMs).length,
    tokens: entries.reduce((sum, entry) => sum + entry.tokens, 0),
    waiting: [...state.line.values()].filter((waiter) => !isLate(waiter, nowMs)).length,
    retriesWaiting: [...state.backoffs.values()].filter((untilMs) => untilMs > nowMs).length,
  };
  return toSnapshot({ ...state, ...counts }, limits);
}
