import type { Gauge, ThrottleSnapshot } from './admission-port.ts';
import { windowMs } from './throttle-limits.ts';

/**
 * How long the fleet will probably take for `invocations` more calls like those before, in ms: until the last has been let through by
 * every limit of layers 1 and 2, and has run. Null before the first call has told how long one takes. Other work that comes in
 * meanwhile, cooldowns and retries are not foreseen. Within a fifth of the truth in bench/fleet-simulation.ts.
 */
export function estimateRemainingMs(snapshot: ThrottleSnapshot, invocations: number): number | null {
  const { meanDurationMs, meanChargeTokens } = snapshot;
  if (meanDurationMs === null) return null;
  if (invocations === 0) return 0;
  const waitsMs = [
    waitMs(snapshot.requestsPerMinute, invocations, windowMs),
    waitMs(snapshot.tokensPerMinute, invocations * (meanChargeTokens ?? 0), windowMs),
    waitMs(snapshot.concurrentRequests, invocations, meanDurationMs),
  ];
  return Math.round(Math.max(...waitsMs) + meanDurationMs);
}

/** `limit` of them pass per `perMs`; what is used now is in the way of the first. */
const waitMs = ({ used, limit }: Gauge, needed: number, perMs: number): number =>
  (Math.max(0, used + needed - limit) / limit) * perMs;
