import { AppError } from '../errors.ts';
import type { LogEntry } from './event-types.ts';
import type { Hub } from './hub.ts';
import { compareIds, logStart } from './log-position.ts';

export type FollowSource = {
  readonly hub: Hub;
  readonly channel: string;
  /** Entries behind `id`, oldest first, at most `count`. */
  readonly read: (id: string, count: number) => Promise<LogEntry[]>;
  /** How many entries may wait for a slow consumer before it is sent back to the log. */
  readonly queueLimit: number;
};

const pageSize = 200;

/**
 * Follows a log from a position: what is there, then what comes, each entry once and in order.
 *
 *   idle --first next()--> subscribed, catching up --log exhausted, nothing missed--> live
 *   live --jump in ids | queue full | reconnect--> catching up (from the last entry delivered)
 *   any  --return() | signal | terminal entry of `endsAtTerminal`--> closed
 *
 * Guarantees: the channel is subscribed and acknowledged before the log is read, so there is no hole in between; memory is bounded by
 * `queueLimit` entries whatever the consumer does, since an overflow drops the queue and the entries are read again from the log;
 * `return()` takes effect at once, also while `next()` waits. A position that can no longer be continued from is EVENTS_EXPIRED, never a
 * silent jump: an entry may follow position c only if the entry before it is at or before c, or if it begins an attempt.
 */
export function followLog(
  source: FollowSource,
  after: string,
  options: { endsAtTerminal: boolean; signal?: AbortSignal },
): AsyncIterableIterator<LogEntry> {
  let position = after;
  let mode: 'catching-up' | 'live' | 'closed' = 'catching-up';
  let hasNews = true;
  let queue: LogEntry[] = [];
  let wake: (() => void) | null = null;
  let joining: Promise<() => void> | null = null;

  const stir = (): void => {
    wake?.();
    wake = null;
  };
  const fallBack = (): void => {
    queue = [];
    mode = 'catching-up';
    hasNews = true;
  };
  const listener = {
    onEntry(entry: LogEntry): void {
      if (mode === 'catching-up') hasNews = true;
      else if (mode === 'live') {
        const end = queue.at(-1)?.id ?? position;
        if (compareIds(entry.id, end) <= 0) return;
        if (queue.length >= source.queueLimit || !mayFollow(end, entry)) fallBack();
        else queue.push(entry);
      }
      stir();
    },
    onResync(): void {
      if (mode === 'live') fallBack();
      else hasNews = true;
      stir();
    },
  };

  function close(): void {
    if (mode === 'closed') return;
    mode = 'closed';
    queue = [];
    options.signal?.removeEventListener('abort', close);
    joining?.then(
      (leave) => leave(),
      () => undefined,
    );
    stir();
  }

  async function catchUp(): Promise<void> {
    while (mode === 'catching-up' && queue.length === 0) {
      hasNews = false;
      const entries = await source.read(position, pageSize);
      if (mode !== 'catching-up') return;
      const [first] = entries;
      if (first && !mayFollow(position, first)) throw expired();
      queue = entries;
      if (entries.length === 0 && !hasNews) mode = 'live';
    }
  }

  async function take(): Promise<IteratorResult<LogEntry>> {
    joining ??= source.hub.subscribe(source.channel, listener);
    await joining;
    for (;;) {
      if (mode === 'closed') return { value: undefined, done: true };
      if (queue.length === 0 && mode === 'catching-up') await catchUp();
      const entry = queue.shift();
      if (entry) {
        position = entry.id;
        if (entry.isTerminal && options.endsAtTerminal) close();
        return { value: entry, done: false };
      }
      if (mode === 'live') await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  options.signal?.addEventListener('abort', close);
  if (options.signal?.aborted) close();

  return {
    async next() {
      try {
        return await take();
      } catch (error) {
        close();
        throw error;
      }
    },
    async return() {
      close();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function mayFollow(position: string, entry: LogEntry): boolean {
  if (entry.isReset) return true;
  if (entry.prev === '') return position === logStart;
  return compareIds(entry.prev, position) <= 0;
}

const expired = (): AppError =>
  new AppError(
    'EVENTS_EXPIRED',
    'The events behind this cursor are no longer kept. Read the current state again and subscribe with its eventsCursor.',
  );
