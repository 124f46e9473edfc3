import { isEqual } from 'es-toolkit/predicate/isEqual';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';

const shortestMs = 250;
const longestMs = 60_000;

/** Checks a client's interval, in ms. Throws BAD_USER_INPUT unless it is between 250 and 60,000. */
export function updateInterval(intervalMs: number | null | undefined, fallbackMs: number): number {
  const value = intervalMs ?? fallbackMs;
  if (value >= shortestMs && value <= longestMs) return value;
  throw new AppError('BAD_USER_INPUT', `intervalMs is ${value}; pass a number from ${shortestMs} to ${longestMs}.`);
}

/**
 * A value now, then whenever it has changed, looked at once per interval. `return` takes effect at once, also while it waits. A value that
 * the consumer has not taken is not read again, so a slow consumer costs nothing.
 */
export function watchChanges<T>(
  read: () => Promise<T>,
  options: { intervalMs: number; clock: Clock; isSame?: (a: T, b: T) => boolean },
): AsyncIterableIterator<T> {
  const isSame = options.isSame ?? isEqual;
  const end = new AbortController();
  let last: { value: T } | null = null;

  async function next(): Promise<IteratorResult<T>> {
    while (!end.signal.aborted) {
      if (last) await options.clock.sleep(options.intervalMs, end.signal).catch(() => undefined);
      if (end.signal.aborted) break;
      const value = await read();
      if (last && isSame(last.value, value)) continue;
      last = { value };
      return { value, done: false };
    }
    return { value: undefined, done: true };
  }

  return {
    next,
    async return() {
      end.abort();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
