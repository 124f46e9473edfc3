import type { InvocationResult } from './admission-port.ts';
import { assertNever } from '../errors.ts';

/*
 * Layer 3, cooldown of a model in a region.
 *
 *              throttled(ms)                         half of ms has passed: one call may try
 *   available ---------------> cooling ----------------------------------------> probing (seq)
 *       ^                        ^  |                                               |
 *       |   until has passed     |  |   throttled: cools again                      |
 *       +------------------------+--+<----------------------------------------------+  dead, cancelled: the next one may try
 *       +<---------------------------------------------------------------------------+  succeeded
 *   retired: not offered until reset, whatever happens
 *
 * State        until, probeAt; probe = the sequence number of the lease that tries, 0 if none; or `retired`
 * Transitions  throttled  until = max(until, now + ms), probeAt = max(probeAt, now + ms / 2)
 *              a probe that succeeds ends the cooldown; one that fails otherwise uses up the cooldown's probe (probeAt = until); one that
 *              says nothing (cancelled) or dies with its lease lets another try
 *
 * Guarantee    While a model cools, at most one call of the whole fleet is on its way to it, apart from those that had started before; a
 *              second throttle never shortens a cooldown.
 * Not          Calls already under way when the first throttle came are not stopped, and their success does not end it. When `until`
 *              passes without a probe, the model is simply available, to as many as the other layers let through.
 */
export type Cooldown = { readonly untilMs: number; readonly probeAtMs: number; readonly probe: number } | 'retired';

/** How a guarded model answers whoever wants it. `shut` may be tried again at `untilMs` at the earliest. */
export type Gate =
  { readonly gate: 'open' | 'probe' | 'retired' } | { readonly gate: 'shut'; readonly untilMs: number };

/** While a probe is under way, nobody knows when it ends: others look again after this long. */
export const probePollMs = 1_000;

export function cooldownGate(cooldown: Cooldown | undefined, nowMs: number): Gate {
  if (cooldown === 'retired') return { gate: 'retired' };
  if (!cooldown || nowMs >= cooldown.untilMs) return { gate: 'open' };
  if (cooldown.probe !== 0) return { gate: 'shut', untilMs: Math.min(cooldown.untilMs, nowMs + probePollMs) };
  return nowMs < cooldown.probeAtMs ? { gate: 'shut', untilMs: cooldown.probeAtMs } : { gate: 'probe' };
}

/** The cooldown after a call with lease `seq` ended; undefined when there is none any more. A lease that died says nothing: neutral. */
export function cooldownAfterCall(
  cooldown: Cooldown | undefined,
  result: InvocationResult,
  at: { nowMs: number; seq: number },
): Cooldown | undefined {
  if (cooldown === 'retired') return cooldown;
  const isProbe = cooldown?.probe === at.seq;
  switch (result.result) {
    case 'retired':
      return 'retired';
    case 'throttled': {
      const cooldownMs = Math.ceil(result.cooldownMs);
      const old = cooldown ?? { untilMs: 0, probeAtMs: 0, probe: 0 };
      return {
        untilMs: Math.max(old.untilMs, at.nowMs + cooldownMs),
        probeAtMs: Math.max(old.probeAtMs, at.nowMs + Math.floor(cooldownMs / 2)),
        probe: isProbe ? 0 : old.probe,
      };
    }
    case 'succeeded':
      return isProbe || (cooldown && at.nowMs >= cooldown.untilMs) ? undefined : cooldown;
    case 'failed':
      return isProbe ? { ...cooldown, probeAtMs: cooldown.untilMs, probe: 0 } : cooldown;
    case 'neutral':
      return isProbe ? { ...cooldown, probe: 0 } : cooldown;
    default:
      return assertNever(result);
  }
}

/** Stored as `<until> <probeAt> <probe>`, or `retired`. */
export const cooldownGateLua = `
local function cooldownGate(text)
  if text == 'retired' then return 'retired' end
  local untilMs, probeAt, probe = string.match(text, '^(%d+) (%d+) (%d+)$')
  untilMs, probeAt = tonumber(untilMs), tonumber(probeAt)
  if now >= untilMs then return 'open' end
  if probe ~= '0' then return 'shut', math.min(untilMs, now + ${probePollMs}) end
  if now < probeAt then return 'shut', probeAt end
  return 'probe'
end
`;

/** Answers the new text; false when the cooldown is over. */
export const cooldownAfterCallLua = `
local function cooldownAfterCall(text, result, cooldown, seq)
  if text == 'retired' or result == 'retired' then return 'retired' end
  local untilMs, probeAt, probe = string.match(text or '0 0 0', '^(%d+) (%d+) (%d+)$')
  untilMs, probeAt = tonumber(untilMs), tonumber(probeAt)
  local isProbe = probe == seq
  if isProbe then probe = '0' end
  if result == 'throttled' then
    return string.format('%.0f %.0f %s', math.max(untilMs, now + cooldown), math.max(probeAt, now + math.floor(cooldown / 2)), probe)
  end
  if not text then return false end
  if result == 'succeeded' and (isProbe or now >= untilMs) then return false end
  if not isProbe then return text end
  return string.format('%.0f %.0f 0', untilMs, result == 'failed' and untilMs or probeAt)
end
`;
