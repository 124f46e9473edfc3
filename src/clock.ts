import { setTimeout as delay } from 'node:timers/promises';

/** Where time comes from. Policies take one, so that their tests run on a fake one. */
export type Clock = {
  /** Wall clock, in ms since the epoch: for records. May jump. */
  now(): number;
  /** Never goes back, in ms from an arbitrary start: for durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** Uniform in [0, 1), as Math.random. Policies take it, so that their tests are seeded. */
export type RandomSource = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
