import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { LogEntry } from './event-types.ts';
import type { Hub } from './hub.ts';
import { compareIds, logStart } from './log-position.ts';
import type { PushControl, PushSink } from './push-source.ts';

export type FollowSource = {
  readonly hub: Hub;
  readonly channel: string;
  /** Entries behind `id`, oldest first, at most `count`. */
  readonly read: (id: string, count: number) => Promise<LogEntry[]>;
  readonly has: (id: string) => Promise<boolean>;
  /** Carries out a task of reading and handing on when it is its turn among those of all followers. */
  readonly inTurn: (task: () => Promise<void>) => Promise<void>;
  readonly resynced: Resynced;
  /** Whether what was thrown says that the log is out of reach for now. */
  readonly isUnavailable: (error: unknown) => boolean;
  readonly clock: Clock;
};

/**
 * Called when the connection to Redis was away, for Redis may have come back with less than it had. `hasPosition` says whether the entry
 * that was taken last is still in the log. May mend the log, which is read on behind it; what it throws ends the follower.
 */
export type Resynced = (hasPosition: boolean) => Promise<void>;

// Entries that are read at once. Few at first, then as many as make up some characters: who catches up must not hold up the others.
const pageSizes = { least: 8, most: 200, characters: 64 * 1024 };
// How long a log that cannot be read is waited for, and how often it is tried. The hub takes half of it to replace a line that died in silence.
const outOfReach = { mostMs: 30_000, retryMs: 1_000 };

/**
 * Follows a log from a position: what is there, then what comes, each entry once and in order.
 *
 *   joining --acknowledged--> catching up --log exhausted, nothing missed--> live
 *   live --jump in ids | paused | reconnect--> catching up (from the last entry taken)
 *   catching up --log out of reach--> catching up (when the connection is back, for a time)
 *   any  --close | error--> closed
 *
 * Guarantees: the channel is subscribed and acknowledged before the log is read, so there is no hole in between. A follower holds no
 * entries: one that is paused reads on from the log, so a slow consumer costs no memory here. A position that can no longer be continued
 * from is EVENTS_EXPIRED, never a silent jump: an entry may follow position c only if the entry before it is at or before c, or if it
 * begins an attempt and the log has nothing in between. What a sink throws ends its follower and no other.
 */
export function startFollower(source: FollowSource, after: string, sink: PushSink<LogEntry>): PushControl {
  let position = after;
  let mode: 'joining' | 'catching-up' | 'live' | 'closed' = 'joining';
  let isPaused = false;
  let isReading = false;
  let hasNews = true;
  let wasAway = false;
  let pageSize: number = pageSizes.least;
  let failingSinceMs: number | null = null;
  let waiting: AbortController | null = null;

  /** Whether the next entry can be handed on at once. */
  function hand(entry: LogEntry): boolean {
    position = entry.id;
    if (!sink.take(entry)) isPaused = true;
    return mode !== 'closed' && !isPaused;
  }

  const listener = {
    onEntry(entry: LogEntry): void {
      if (mode !== 'live' || isPaused) hasNews = true;
      else if (entry.prev === position) handLive(entry);
      // The log says what is between, if anything: also before an entry that begins an attempt.
      else if (compareIds(entry.id, position) > 0) fallBack();
    },
    onResync(): void {
      wasAway = true;
      fallBack();
    },
  };

  /** All listeners are called in one go: none may fail for another's sake. */
  function handLive(entry: LogEntry): void {
    try {
      hand(entry);
    } catch (error) {
      fail(error);
    }
  }

  function fallBack(): void {
    hasNews = true;
    if (mode === 'live') mode = 'catching-up';
    if (mode === 'catching-up') catchUp();
  }

  function catchUp(): void {
    if (isReading || isPaused) return;
    isReading = true;
    readOn().then(
      () => {
        isReading = false;
        // Resumed while the last read was still winding up.
        if (mode === 'catching-up') catchUp();
      },
      (error: unknown) => {
        isReading = false;
        if (source.isUnavailable(error)) awaitReturn(error);
        else fail(error);
      },
    );
  }

  /** The hub says when its connection is back, which stays silent where only the one that reads was away: so the log is tried, too. */
  function awaitReturn(reason: unknown): void {
    if (isClosed()) return;
    const nowMs = source.clock.monotonic();
    failingSinceMs ??= nowMs;
    if (nowMs - failingSinceMs >= outOfReach.mostMs) return fail(reason);
    wasAway = true;
    waiting ??= new AbortController();
    source.clock.sleep(outOfReach.retryMs, waiting.signal).then(catchUp, () => undefined);
  }

  async function readOn(): Promise<void> {
    while (isBehind()) {
      if (wasAway) {
        wasAway = false;
        await source.resynced(position === logStart || (await source.has(position)));
        if (isClosed()) return;
      }
      await source.inTurn(readPage);
    }
  }

  /** Apart from what waits for its turn: that grows old meanwhile, and what an old object has held stays until all memory is searched. */
  async function readPage(): Promise<void> {
    // It may have been a while.
    if (isClosed() || wasAway) return;
    hasNews = false;
    const entries = await source.read(position, pageSize);
    failingSinceMs = null;
    if (isClosed()) return;
    for (const [index, entry] of entries.entries()) {
      if (!mayFollow(position, entry)) throw expired();
      if (hand(entry)) continue;
      // What was not taken is read again, so the next page is no larger than what was taken suggests.
      pageSize = nextPageSize(entries, 2 * (index + 1));
      return;
    }
    pageSize = nextPageSize(entries, pageSizes.most);
    if (entries.length === 0 && !hasNews) mode = 'live';
  }

  // Functions, because the compiler does not see what runs during an await.
  const isClosed = (): boolean => mode === 'closed';
  const isBehind = (): boolean => mode === 'catching-up' && !isPaused;

  const joining = source.hub.subscribe(source.channel, listener);
  joining.then(
    () => {
      if (mode === 'joining') mode = 'catching-up';
      catchUp();
    },
    (error: unknown) => fail(error),
  );

  function fail(error: unknown): void {
    if (mode === 'closed') return;
    close();
    sink.ended(error);
  }

  function close(): void {
    if (mode === 'closed') return;
    mode = 'closed';
    waiting?.abort();
    joining.then(
      (leave) => leave(),
      () => undefined,
    );
  }

  return {
    resume() {
      if (!isPaused) return;
      isPaused = false;
      if (mode === 'live' && (hasNews || wasAway)) mode = 'catching-up';
      if (mode === 'catching-up') catchUp();
    },
    close,
  };
}

function nextPageSize(page: readonly LogEntry[], most: number): number {
  const characters = page.reduce((sum, { size }) => sum + size, 0);
  const fitting = Math.floor((pageSizes.characters * page.length) / Math.max(1, characters));
  return Math.max(pageSizes.least, Math.min(pageSizes.most, most, fitting));
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
