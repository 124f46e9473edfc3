import type { ThrottleSnapshot } from './admission-port.ts';
import type { Breaker } from './circuit-breaker.ts';
import { breakerState } from './circuit-breaker.ts';
import type { Cooldown } from './model-cooldown.ts';
import type { ServerTime } from './server-time.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { placeOf } from './throttle-limits.ts';

/** What a snapshot is made of, counted at `time.lastMs`. */
export type ThrottleCounts = {
  readonly time: ServerTime;
  readonly requests: number;
  readonly running: number;
  readonly tokens: number;
  readonly waiting: number;
  readonly retriesWaiting: number;
  readonly meanDurationMs: number;
  readonly meanChargeTokens: number;
  /** By target. */
  readonly cooldowns: ReadonlyMap<string, Cooldown>;
  /** By target, and by region. */
  readonly breakers: ReadonlyMap<string, Breaker>;
};

export function toSnapshot(counts: ThrottleCounts, limits: ThrottleLimits): ThrottleSnapshot {
  const { cooldowns, breakers } = counts;
  const names = [...new Set([...cooldowns.keys(), ...breakers.keys()])].sort();
  const nowMs = counts.time.lastMs;
  return {
    requestsPerMinute: { used: counts.requests, limit: limits.requestsPerMinute },
    concurrentRequests: { used: counts.running, limit: limits.concurrentRequests },
    tokensPerMinute: { used: counts.tokens, limit: limits.tokensPerMinute },
    models: names
      .filter((name) => name.includes('/'))
      .map((target) => ({
        ...placeOf(target),
        coolingUntilMs: coolingUntilMs(cooldowns.get(target), counts.time),
        isRetired: cooldowns.get(target) === 'retired',
        breaker: breakerState(breakers.get(target), nowMs),
      })),
    regions: names
      .filter((name) => !name.includes('/'))
      .map((region) => ({ region, breaker: breakerState(breakers.get(region), nowMs) })),
    waiting: counts.waiting,
    retriesWaiting: counts.retriesWaiting,
    meanDurationMs: counts.meanDurationMs || null,
    meanChargeTokens: counts.meanChargeTokens || null,
  };
}

/** By the server's own clock, without the shift. */
function coolingUntilMs(cooldown: Cooldown | undefined, { lastMs, shiftMs }: ServerTime): number | null {
  return cooldown && cooldown !== 'retired' && cooldown.untilMs > lastMs ? cooldown.untilMs - shiftMs : null;
}
