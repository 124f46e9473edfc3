import type { AdmissionAnswer, WaitCause } from './admission-answer.ts';
import type { Candidate, Settlement, ThrottleSnapshot } from './admission-port.ts';
import type { Breaker } from './circuit-breaker.ts';
import type { Cooldown } from './model-cooldown.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { targetOf } from './throttle-limits.ts';
import { toSnapshot } from './throttle-snapshot.ts';

/**
 * What goes into the scripts and comes back: words and flat lists, because reading and writing JSON in Lua would cost more than the
 * rest.
 */

/** One argument for all: an argument costs more than a match, and mostly only the first candidate is looked at. */
export const candidatesArg = (candidates: readonly Candidate[]): string =>
  candidates
    .map((of) => `${of.reserveTokens} ${of.estimatedInputTokens} ${of.outputBurndown} ${targetOf(of)}\n`)
    .join('');

export function settlementArgs({ result, usage }: Settlement): (string | number)[] {
  const cooldownMs = result.result === 'throttled' ? Math.ceil(result.cooldownMs) : 0;
  const scope = result.result === 'failed' ? result.scope : '';
  const used = usage ? [usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens] : [];
  return [result.result, cooldownMs, scope, ...used];
}

/** The reply of the admission script: words, the target last because it may hold anything. */
export function parseAnswer(reply: unknown): AdmissionAnswer {
  const [outcome = '', ...words] = String(reply).split(' ');
  const targetFrom = (index: number): string => words.slice(index).join(' ');
  switch (outcome) {
    case 'admitted': {
      const [seq, probe, skips = ''] = words;
      return { outcome, seq: Number(seq), target: targetFrom(3), isProbe: probe === '1', skips };
    }
    case 'wait': {
      const [cause, waitMs, expectedMs, skips = ''] = words;
      const target = targetFrom(4);
      return {
        outcome,
        cause: cause as WaitCause,
        target,
        waitMs: Number(waitMs),
        expectedMs: Number(expectedMs),
        skips,
      };
    }
    case 'unavailable':
      return { outcome, skips: words[0] ?? '' };
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
