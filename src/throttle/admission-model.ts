import type { AdmissionAnswer, SkipMark, WaitCause } from './admission-answer.ts';
import type { AdmissionRequest, Candidate } from './admission-port.ts';
import { breakerGate } from './circuit-breaker.ts';
import { begin } from './lease-model.ts';
import type { Gate } from './model-cooldown.ts';
import { cooldownGate } from './model-cooldown.ts';
import type { LimitWait } from './request-queue.ts';
import { forgetRequests, hasPlace, placeWaits } from './request-queue.ts';
import { backoffWaitMs } from './retry-backoff.ts';
import type { ThrottleLimits, UsageLimits } from './throttle-limits.ts';
import { ownLimitsOf, targetOf } from './throttle-limits.ts';
import type { ThrottleState, Use } from './throttle-state.ts';
import { ownUse } from './throttle-state.ts';
import { forgetTokens, hasTokens, reserveTokens, tokenWait } from './token-budget.ts';
import { correctEstimate } from './token-estimate.ts';
import type { Claims } from './waiting-line.ts';
import {
  claimsAhead,
  forgetLate,
  isKeeper,
  keeperHorizonMs,
  longestStaggerMs,
  orderOf,
  promisedPollMs,
  rankOf,
} from './waiting-line.ts';

/*
 * The reference model of the admission: the five layers joined, in plain TypeScript. What the Lua scripts (admission-script.ts) must
 * answer and leave behind, step by step; tests hold the two against each other. Times are the server's, in ms.
 *
 * admit     backoff (5) -> for each candidate: too large, breakers (4), cooldown (3), the model's own limits (1, 2) -> the first that is
 *           available: the fleet's places (1) and tokens (2) -> admitted: all layers take at once
 * Nothing changes unless admitted, apart from time, what time ends, and the line.
 */

type Blocked = {
  readonly cause: WaitCause;
  readonly target: string;
  readonly waitMs: number;
  readonly expectedMs: number;
  readonly reserveTokens: number;
};

type Chosen = {
  readonly candidate: Candidate;
  readonly target: string;
  readonly reserveTokens: number;
  readonly own: Use | null;
  readonly isProbe: boolean;
};

type Asking = { readonly nowMs: number; readonly order: number; readonly joinedMs: number; readonly claims: Claims };

export function admit(
  state: ThrottleState,
  limits: ThrottleLimits,
  request: AdmissionRequest,
  serverMs: number,
): AdmissionAnswer {
  const { holder } = request;
  const nowMs = begin(state, limits, serverMs);
  const held = state.leases.get(holder);
  if (held) return { outcome: 'admitted', seq: held.seq, target: held.target, isProbe: held.isProbe, skips: '' };
  forgetLate(state.line, nowMs);
  const backoffMs = backoffWaitMs(state.backoffs, holder, nowMs);
  if (backoffMs > 0) {
    state.line.delete(holder);
    return { outcome: 'wait', cause: 'backoff', target: '', waitMs: backoffMs, expectedMs: backoffMs, skips: '' };
  }
  const known = state.line.get(holder);
  const order = known?.order ?? orderOf(request.priority, state.seq + 1);
  const asking = { nowMs, order, joinedMs: known?.joinedMs ?? nowMs, claims: claimsAhead(state.line, order, nowMs) };

  const { chosen, blocked, skips } = firstAvailable(state, limits, request.candidates, asking);
  if (!chosen) return blocked ? refuse(state, request, asking, blocked, skips) : leave(state, holder, skips);
  forgetRequests(state.fleet.queue, nowMs);
  forgetTokens(state.fleet.budget, nowMs);
  if (fits(state.fleet, limits, asking.claims, chosen.reserveTokens))
    return take(state, limits, holder, chosen, nowMs, skips);
  const wait = limitWait(state, state.fleet, limits, asking, chosen.reserveTokens);
  return refuse(state, request, asking, { ...wait, target: chosen.target, reserveTokens: chosen.reserveTokens }, skips);
}

function firstAvailable(
  state: ThrottleState,
  limits: ThrottleLimits,
  candidates: readonly Candidate[],
  asking: Asking,
): { chosen: Chosen | null; blocked: Blocked | null; skips: string } {
  let blocked: Blocked | null = null;
  let skips = '';
  for (const candidate of candidates) {
    const looked = lookAt(state, limits, candidate, asking);
    if ('candidate' in looked) return { chosen: looked, blocked, skips };
    skips += looked.mark;
    if (looked.blocked && (!blocked || looked.blocked.waitMs < blocked.waitMs)) blocked = looked.blocked;
  }
  return { chosen: null, blocked, skips };
}

function lookAt(
  state: ThrottleState,
  limits: ThrottleLimits,
  candidate: Candidate,
  asking: Asking,
): Chosen | { mark: SkipMark; blocked: Blocked | null } {
  const { nowMs } = asking;
  const target = targetOf(candidate);
  const ownLimits = ownLimitsOf(limits, candidate.modelKey);
  const mostTokens = Math.min(limits.tokensPerMinute, ownLimits?.tokensPerMinute ?? Infinity);
  if (candidate.reserveTokens > mostTokens) return { mark: 'L', blocked: null };
  const reserve = reservationOf(candidate, state.estimates.get(candidate.modelKey), mostTokens);

  const breakers = [state.breakers.get(candidate.region), state.breakers.get(target)];
  const gates: (readonly ['circuit' | 'cooldown', Gate])[] = [
    ...breakers.map((breaker) => ['circuit', breakerGate(breaker, nowMs)] as const),
    ['cooldown', cooldownGate(state.cooldowns.get(target), nowMs)],
  ];
  if (gates.some(([, gate]) => gate.gate === 'retired')) return { mark: 'R', blocked: null };
  let shut: { cause: 'circuit' | 'cooldown'; untilMs: number } | null = null;
  for (const [cause, gate] of gates)
    if (gate.gate === 'shut' && (!shut || gate.untilMs > shut.untilMs)) shut = { cause, untilMs: gate.untilMs };
  if (shut) {
    const waitMs = shut.untilMs - nowMs;
    const blocked = { cause: shut.cause, target, waitMs, expectedMs: waitMs, reserveTokens: reserve };
    return { mark: shut.cause === 'cooldown' ? 'C' : 'O', blocked };
  }

  const own = ownLimits && ownUse(state, target);
  if (own) {
    forgetRequests(own.queue, nowMs);
    forgetTokens(own.budget, nowMs);
    const ofTarget = { ...asking, claims: { ...asking.claims, ...asking.claims.ofTarget(target) } };
    if (!fits(own, ownLimits, ofTarget.claims, reserve)) {
      const wait = limitWait(state, own, ownLimits, ofTarget, reserve);
      return { mark: '-', blocked: { ...wait, target, reserveTokens: reserve } };
    }
  }
  return { candidate, target, reserveTokens: reserve, own, isProbe: gates.some(([, gate]) => gate.gate === 'probe') };
}

/** The correction never makes a request too large that was not. */
const reservationOf = (candidate: Candidate, permille: number | undefined, mostTokens: number): number => {
  const corrected = correctEstimate(candidate.estimatedInputTokens, permille);
  return Math.max(1, Math.min(mostTokens, candidate.reserveTokens - candidate.estimatedInputTokens + corrected));
};

const fits = (use: Use, limits: UsageLimits, claims: Claims, reserve: number): boolean =>
  hasPlace(use.queue, limits, claims.count) && hasTokens(use.budget, limits, claims.tokens, reserve);

/** When every limit that is in the way will be out of it. */
function limitWait(
  state: ThrottleState,
  use: Use,
  limits: UsageLimits,
  { nowMs, order, joinedMs, claims }: Asking,
  reserve: number,
): { cause: LimitWait['cause']; waitMs: number; expectedMs: number } {
  const rank = rankOf(state.line, order);
  const { meanDurationMs } = state;
  const at = { nowMs, rank, meanDurationMs, ahead: claims.count, aheadTokens: claims.tokens };
  const waits = placeWaits(use.queue, limits, at);
  const tokens = tokenWait(use.budget, limits, { ...at, reserveTokens: reserve, running: use.queue.running });
  if (tokens) waits.push(tokens);
  const longest = waits.reduce((longest, wait) => (wait.expectedMs > longest.expectedMs ? wait : longest));
  const soonestMs = Math.max(...waits.map((wait) => wait.soonestMs)) || promisedPollMs;
  const firstMs = Math.max(...waits.map((wait) => wait.firstMs));
  const staggeredMs = soonestMs + Math.min(longestStaggerMs, Math.floor((longest.expectedMs - firstMs) / 2));
  const certainMs = waits.find(({ cause }) => cause === 'rate')?.firstMs ?? 0;
  const isKept = isKeeper({ order, joinedMs }, rank === 0, nowMs);
  const waitMs = isKept ? Math.min(staggeredMs, Math.max(certainMs, keeperHorizonMs)) : staggeredMs;
  return { cause: longest.cause, waitMs, expectedMs: Math.max(longest.expectedMs, waitMs) };
}

function take(
  state: ThrottleState,
  limits: ThrottleLimits,
  holder: string,
  chosen: Chosen,
  nowMs: number,
  skips: string,
): AdmissionAnswer {
  const { candidate, target, isProbe } = chosen;
  state.seq += 1;
  const { seq } = state;
  for (const use of [state.fleet, ...(chosen.own ? [chosen.own] : [])]) {
    use.queue.stampsMs.push(nowMs);
    use.queue.running += 1;
    reserveTokens(use.budget, { id: String(seq), atMs: nowMs, tokens: chosen.reserveTokens });
  }
  if (isProbe) claimProbes(state, candidate.region, target, seq, nowMs);
  state.leases.set(holder, {
    seq,
    atMs: nowMs,
    endsMs: nowMs + limits.leaseTtlMs,
    reserveTokens: chosen.reserveTokens,
    estimatedInputTokens: candidate.estimatedInputTokens,
    outputBurndown: candidate.outputBurndown,
    isProbe,
    hasOwnLimits: chosen.own !== null,
    target,
  });
  state.line.delete(holder);
  return { outcome: 'admitted', seq, target, isProbe, skips };
}

function claimProbes(state: ThrottleState, region: string, target: string, seq: number, nowMs: number): void {
  for (const name of [region, target]) {
    const breaker = state.breakers.get(name);
    if (breaker && breakerGate(breaker, nowMs).gate === 'probe') state.breakers.set(name, { ...breaker, probe: seq });
  }
  const cooldown = state.cooldowns.get(target);
  if (cooldown && cooldown !== 'retired' && cooldownGate(cooldown, nowMs).gate === 'probe')
    state.cooldowns.set(target, { ...cooldown, probe: seq });
}

function refuse(
  state: ThrottleState,
  request: AdmissionRequest,
  { nowMs, order, joinedMs }: Asking,
  blocked: Blocked,
  skips: string,
): AdmissionAnswer {
  const { cause, target, waitMs, expectedMs, reserveTokens: reserve } = blocked;
  const isForLimits = cause === 'rate' || cause === 'concurrency' || cause === 'tokens';
  if (isForLimits) {
    if (!state.line.has(request.holder)) state.seq += 1;
    state.line.set(request.holder, { order, joinedMs, dueMs: nowMs + waitMs, reserveTokens: reserve, target });
  } else state.line.delete(request.holder);
  return { outcome: 'wait', cause, target, waitMs, expectedMs, skips };
}

function leave(state: ThrottleState, holder: string, skips: string): AdmissionAnswer {
  state.line.delete(holder);
  return { outcome: 'unavailable', skips };
}
