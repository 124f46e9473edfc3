import type { Clock } from '../clock.ts';

const freshForMs = 250;

/** Reads that are asked for by the same key within 250 ms are one. A read that fails is not kept. */
export function createSharedReads<T>(clock: Clock) {
  const latest = new Map<string, { readonly atMs: number; readonly value: Promise<T> }>();

  return (key: string, read: () => Promise<T>): Promise<T> => {
    const nowMs = clock.monotonic();
    for (const [known, { atMs }] of latest) if (nowMs - atMs >= freshForMs) latest.delete(known);
    const shared = latest.get(key);
    if (shared) return shared.value;
    const value = read();
    latest.set(key, { atMs: nowMs, value });
    value.catch(() => latest.delete(key));
    return value;
  };
}
