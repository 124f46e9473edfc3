/** A source that hands its values on by itself, until it is paused or closed. */
export type PushSource<T> = {
  start(sink: PushSink<T>): PushControl;
};

export type PushSink<T> = {
  /** The next value. False pauses: no further one comes before `resume`. */
  take(value: T): boolean;
  /** Nothing more comes; once, and not after `close`. `error` is null for a proper end. */
  ended(error: unknown): void;
};

export type PushControl = {
  resume(): void;
  /** Takes effect at once; leaves nothing behind. */
  close(): void;
};

/**
 * A push source as an iterator, for consumers that pull. Starts at the first `next`; holds at most `limit` values that the consumer has not
 * taken. `return` ends a `next` that waits at once.
 */
export function toIterator<T>(source: PushSource<T>, limit: number): AsyncIterableIterator<T> {
  const queue: T[] = [];
  let control: PushControl | null = null;
  let end: { error: unknown } | null = null;
  let wake: (() => void) | null = null;

  const stir = (): void => {
    wake?.();
    wake = null;
  };
  const sink: PushSink<T> = {
    take(value) {
      queue.push(value);
      stir();
      return queue.length < limit;
    },
    ended(error) {
      end = { error };
      stir();
    },
  };
  const isOver = (): { error: unknown } | null => end;

  return {
    async next() {
      if (!end) control ??= source.start(sink);
      for (;;) {
        const value = queue.shift();
        if (value !== undefined) {
          if (queue.length === 0) control?.resume();
          return { value, done: false };
        }
        const over = isOver();
        if (over?.error) {
          end = { error: null };
          throw over.error;
        }
        if (over) return { value: undefined, done: true };
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async return() {
      control?.close();
      queue.length = 0;
      end = { error: null };
      stir();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
