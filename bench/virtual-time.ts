/** A world in which time passes only by sleeping: whoever sleeps is woken in order, at once in real time. Seeded chance. */
export type World = {
  now(): number;
  readonly random: () => number;
  sleep(ms: number): Promise<void>;
  /** Until all of them have ended. */
  run(processes: readonly (() => Promise<void>)[]): Promise<void>;
};

type Sleeper = { readonly wakesAt: number; readonly order: number; readonly wake: () => void };

export function createWorld(seed: number): World {
  const sleepers = createHeap();
  let nowMs = 0;
  let order = 0;
  return {
    now: () => nowMs,
    random: mulberry32(seed),
    sleep: (ms) =>
      new Promise((wake) => {
        order += 1;
        sleepers.push({ wakesAt: nowMs + Math.max(0, Math.ceil(ms)), order, wake });
      }),
    async run(processes) {
      const running = new Set(processes.map((_, index) => index));
      const all = Promise.all(processes.map((process, index) => process().finally(() => running.delete(index))));
      while (running.size > 0) {
        // A macrotask comes only after every promise callback that is due.
        await new Promise(setImmediate);
        const next = sleepers.pop();
        if (!next) break;
        nowMs = next.wakesAt;
        next.wake();
      }
      await all;
    },
  };
}

const isBefore = (a: Sleeper, b: Sleeper): boolean =>
  a.wakesAt < b.wakesAt || (a.wakesAt === b.wakesAt && a.order < b.order);

/** Binary heap, earliest first. */
function createHeap() {
  const items: Sleeper[] = [];
  const swap = (a: number, b: number): void => {
    [items[a], items[b]] = [items[b] as Sleeper, items[a] as Sleeper];
  };
  const earlier = (a: number, b: number): boolean => isBefore(items[a] as Sleeper, items[b] as Sleeper);
  return {
    push(sleeper: Sleeper): void {
      items.push(sleeper);
      for (let at = items.length - 1; at > 0 && earlier(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
    },
    pop(): Sleeper | undefined {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0 || !last) return first;
      items[0] = last;
      for (let at = 0; ;) {
        const children = [2 * at + 1, 2 * at + 2].filter((child) => child < items.length);
        const least = children.reduce((best, child) => (earlier(child, best) ? child : best), at);
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

/** Small seeded generator, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
