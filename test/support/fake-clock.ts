import type { Clock } from '../../src/clock.ts';

type Sleeper = { readonly wakesAt: number; readonly wake: () => void };

export type FakeClock = Clock & {
  /** Lets `ms` pass: wakes every sleeper whose time comes, in order, and lets what each of them starts run before the next. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that waits for no time, then says in how many ms the next sleeper wakes; null when nobody sleeps. */
  nextWakeMs(): Promise<number | null>;
  /** How many sleep now. */
  sleepers(): number;
  /** Moves the wall clock alone, as when an operator sets it. */
  jumpWallClock(ms: number): void;
};

/** A clock whose time stands still until the test moves it. Starts at 2026-01-01T00:00:00Z; monotonic starts at 0. */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  const sleeping = new Set<Sleeper>();
  const next = () => [...sleeping].sort((a, b) => a.wakesAt - b.wakesAt)[0];

  return {
    now: () => wallOffsetMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = () => {
          sleeping.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const wake = () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper: Sleeper = { wakesAt: elapsedMs + ms, wake };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const until = elapsedMs + ms;
      await settled();
      for (let sleeper = next(); sleeper && sleeper.wakesAt <= until; sleeper = next()) {
        elapsedMs = Math.max(elapsedMs, sleeper.wakesAt);
        sleeping.delete(sleeper);
        sleeper.wake();
        await settled();
      }
      elapsedMs = until;
    },
    async nextWakeMs() {
      await settled();
      const sleeper = next();
      return sleeper ? sleeper.wakesAt - elapsedMs : null;
    },
    sleepers: () => sleeping.size,
    jumpWallClock(ms) {
      wallOffsetMs += ms;
    },
  };
}

/** Until all promise callbacks that are due have run: a macrotask comes only after every microtask. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
