import type { BreakerState, InvocationResult } from './admission-port.ts';
import type { Gate } from './model-cooldown.ts';
import { probePollMs } from './model-cooldown.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { assertNever } from '../errors.ts';

/*
 * Layer 4, circuit breaker: one per model and region, one per region.
 *
 *            failures in a row = 5             openUntil has passed          one call takes the probe
 *   CLOSED ------------------------> OPEN ---------------------> HALF_OPEN --------------------------> HALF_OPEN (seq)
 *     ^                               ^                              ^                                     |
 *     |                               |   failure: open twice as     |    dead, cancelled                  |
 *     |                               +---long, at most 10 min ------+-------------------------------------+
 *     +------------------------------------------- success ------------------------------------------------+
 *
 * State        failures in a row; openUntil and open time (0: closed); probe = sequence number of the lease that tries, 0 if none
 * Verdicts     of a call, for the breaker of     its model in the region      the region
 *                succeeded                       success                      success
 *                failed, scope model             failure                      neutral
 *                failed, scope region            neutral                      failure
 *                throttled, retired              neutral                      success: the region answered
 *                neutral                         neutral                      neutral
 *
 * Guarantee    While it is not closed, at most one call of the whole fleet is on its way, and only that call's end moves it; a probe whose
 *              holder dies is over with its lease. It recovers without an operator: after openUntil any request may be the probe.
 * Not          A service that fails half of its calls, never five in a row, does not open it: the fallback takes care of single failures.
 *              Calls that were under way when it opened neither close it nor keep it open.
 */
export type Breaker = {
  readonly failures: number;
  readonly openUntilMs: number;
  readonly openMs: number;
  readonly probe: number;
};

export type Verdict = 'success' | 'failure' | 'neutral';

export function verdictOf(result: InvocationResult, scope: 'model' | 'region'): Verdict {
  switch (result.result) {
    case 'succeeded':
      return 'success';
    case 'failed':
      return result.scope === scope ? 'failure' : 'neutral';
    case 'throttled':
    case 'retired':
      return scope === 'region' ? 'success' : 'neutral';
    case 'neutral':
      return 'neutral';
    default:
      return assertNever(result);
  }
}

export function breakerState(breaker: Breaker | undefined, nowMs: number): BreakerState {
  if (!breaker || breaker.openMs === 0) return 'CLOSED';
  return nowMs < breaker.openUntilMs ? 'OPEN' : 'HALF_OPEN';
}

export function breakerGate(breaker: Breaker | undefined, nowMs: number): Gate {
  switch (breakerState(breaker, nowMs)) {
    case 'CLOSED':
      return { gate: 'open' };
    case 'OPEN':
      return { gate: 'shut', untilMs: breaker?.openUntilMs ?? nowMs };
    case 'HALF_OPEN':
      return breaker?.probe === 0 ? { gate: 'probe' } : { gate: 'shut', untilMs: nowMs + probePollMs };
  }
}

/** The breaker after a call with lease `seq` ended; undefined when it is closed without a failure. */
export function breakerAfterVerdict(
  breaker: Breaker | undefined,
  verdict: Verdict,
  at: { nowMs: number; seq: number },
  limits: ThrottleLimits,
): Breaker | undefined {
  const isProbe = breaker?.probe === at.seq;
  const isOpen = breaker !== undefined && breaker.openMs > 0;
  if (isOpen && !isProbe) return breaker;
  if (verdict === 'success') return undefined;
  if (verdict === 'neutral') return breaker && { ...breaker, probe: 0 };
  const failures = (breaker?.failures ?? 0) + 1;
  if (!isOpen && failures < limits.failuresToOpen) return { failures, openUntilMs: 0, openMs: 0, probe: 0 };
  const openMs = isOpen ? Math.min(breaker.openMs * 2, limits.longestOpenMs) : limits.openMs;
  return { failures, openUntilMs: at.nowMs + openMs, openMs, probe: 0 };
}

/** Stored as `<failures> <openUntil> <openMs> <probe>`. */
export const breakerGateLua = `
local function breakerGate(text)
  local openUntil, openMs, probe = string.match(text, '^%d+ (%d+) (%d+) (%d+)$')
  openUntil = tonumber(openUntil)
  if openMs == '0' then return 'open' end
  if now < openUntil then return 'shut', openUntil end
  if probe ~= '0' then return 'shut', now + ${probePollMs} end
  return 'probe'
end
`;

/** Answers the new text; false when it is closed without a failure. */
export const breakerAfterVerdictLua = `
local function breakerAfterVerdict(text, verdict, seq)
  local failures, openUntil, openMs, probe = string.match(text or '0 0 0 0', '^(%d+) (%d+) (%d+) (%d+)$')
  failures, openMs = tonumber(failures), tonumber(openMs)
  local isOpen = openMs > 0
  if isOpen and probe ~= seq then return text end
  if verdict == 'success' then return false end
  if verdict == 'neutral' then return text and string.format('%d %s %.0f 0', failures, openUntil, openMs) end
  failures = failures + 1
  if not isOpen and failures < FAILURES_TO_OPEN then return failures .. ' 0 0 0' end
  openMs = isOpen and math.min(openMs * 2, LONGEST_OPEN) or OPEN
  return string.format('%d %.0f %.0f 0', failures, now + openMs, openMs)
end

local function verdictOf(result, scope, resultScope)
  if result == 'succeeded' then return 'success' end
  if result == 'failed' then return resultScope == scope and 'failure' or 'neutral' end
  if scope == 'region' and (result == 'throttled' or result == 'retired') then return 'success' end
  return 'neutral'
end
`;
