import type { AdmissionAnswer, WaitCause } from './admission-answer.ts';
import type { Candidate, Settlement, ThrottleSnapshot } from './admission-port.ts';
import type { Breaker } from './circuit-breaker.ts';
import type { Cooldown } from './model-cooldown.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { targetOf } from './throttle-limits.ts';
import { toSnapshot } from './throttle-snapshot.ts';

/* What goes into the scripts and comes back: flat lists, because building and reading JSON in Lua costs more than the admission itself. */

/** One argument each: in Lua an argument costs more than a match, and mostly only the first candidate is looked at. */
export const candidateArg = (candidate: Candidate): string =>
  `${candidate.reserveTokens} ${candidate.estimatedInputTokens} ${candidate.outputBurndown} ${targetOf(candidate)}`;

export function settlementArgs({ result, usage }: Settlement): (string | number)[] {
  const cooldownMs = result.result === 'throttled' ? Math.ceil(result.cooldownMs) : 0;
  const scope = result.result === 'failed' ? result.scope : '';
  const used = usage ? [usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens] : [];
  return [result.result, cooldownMs, scope, ...used];
}

/** The script's reply: a flat list of strings and numbers. */
export function parseAnswer(reply: unknown): AdmissionAnswer {
  const [outcome = '', ...rest] = (reply as unknown[]).map(String);
  const skips = rest.at(-1) ?? '';
  switch (outcome) {
    case 'admitted':
      return { outcome, seq: Number(rest[0]), target: rest[1] ?? '', isProbe: rest[2] === '1', skips };
    case 'wait':
      return {
        outcome,
        cause: rest[0] as WaitCause,
        target: rest[1] ?? '',
        waitMs: Number(rest[2]),
        expectedMs: Number(rest[3]),
        skips,
      };
    case 'unavailable':
      return { outcome, skips };
    default:
      throw new Error(`The admission script answered ${JSON.stringify(reply)}`);
  }
}

/** The reply of the snapshot script: counts, then fields and values of the models hash. */
export function parseSnapshot(reply: unknown, limits: ThrottleLimits): ThrottleSnapshot {
  const texts = (reply as unknown[]).map(String);
  const [lastMs = 0, shiftMs = 0, requests = 0, running = 0, tokens = 0, waiting = 0, retriesWaiting = 0, ...means] =
    texts.slice(0, 9).map(Number);
  const cooldowns = new Map<string, Cooldown>();
  const breakers = new Map<string, Breaker>();
  for (let index = 9; index + 1 < texts.length; index += 2) {
    const [kind, name] = splitOnce(texts[index] ?? '', ':');
    const value = texts[index + 1] ?? '';
    if (kind === 'cooldown') cooldowns.set(name, parseCooldown(value));
    if (kind === 'breaker') breakers.set(name, parseBreaker(value));
  }
  const [meanDurationMs = 0, meanChargeTokens = 0] = means;
  const counts = { requests, running, tokens, waiting, retriesWaiting, meanDurationMs, meanChargeTokens };
  return toSnapshot({ time: { lastMs, shiftMs }, ...counts, cooldowns, breakers }, limits);
}

export function parseCooldown(text: string): Cooldown {
  if (text === 'retired') return 'retired';
  const [untilMs = 0, probeAtMs = 0, probe = 0] = text.split(' ').map(Number);
  return { untilMs, probeAtMs, probe };
}

export function parseBreaker(text: string): Breaker {
  const [failures = 0, openUntilMs = 0, openMs = 0, probe = 0] = text.split(' ').map(Number);
  return { failures, openUntilMs, openMs, probe };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
