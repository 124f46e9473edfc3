// oxlint-disable-next-line no-restricted-imports -- this file is an adapter
import type { Redis } from 'ioredis';
import { Semaphore } from 'es-toolkit/promise/semaphore';
import type { Clock } from '../clock.ts';
import { isRedisUnavailable } from '../redis.ts';
import { appendScript } from './append-script.ts';
import { decodeStreamEntry, encodeEvent } from './entry-codec.ts';
import { isTerminal, type EventData, type LogEntry, type LogName } from './event-types.ts';
import { startFollower, type Resynced } from './follow.ts';
import type { Hub } from './hub.ts';
import { createLogWriter, type AppendStatus, type LogWriter } from './log-writer.ts';
import { logStart } from './log-position.ts';
import type { PushSource } from './push-source.ts';

/** Where a log stands. */
export type LogHead = {
  /** Id of the last entry; `0-0` when there is none. */
  readonly id: string;
  readonly exists: boolean;
  readonly isClosed: boolean;
  /** Sources of the document that have not ended. */
  readonly openCount: number;
};

/** The event logs: append with fencing, follow with replay. See append-script.ts and follow.ts for what is guaranteed. */
export type EventLog = {
  /** The writer of one attempt; `firstSeq` is 1, or behind what the attempt wrote before it was put back. Two writers of one attempt at a time must not be used. */
  writer(source: LogName, attempt: number, firstSeq: number): LogWriter;
  /** Appends a single event as the next of its attempt, unless a later attempt has begun or the log has ended. */
  append(source: LogName, attempt: number, data: EventData): Promise<AppendStatus>;
  /**
   * Ends a log in its writer's place, unless it has ended: with its terminal event, behind all that the attempt may ever have written, so
   * that it reaches followers also where Redis has lost what they saw last.
   */
  close(source: LogName, attempt: number, terminal: EventData): Promise<AppendStatus>;
  /** Entries behind `after`, without end: whoever follows closes it behind the entry that is the last. */
  follow(log: LogName, after: string, resynced?: Resynced): PushSource<LogEntry>;
  head(log: LogName): Promise<LogHead>;
  /** Whether the log has the entry of this id. */
  has(log: LogName, id: string): Promise<boolean>;
  /** Ids of the document's sources that have not ended, by the logs. */
  openSources(documentId: string): Promise<string[]>;
  /** All entries now in the log, oldest first. */
  readAll(log: LogName): Promise<LogEntry[]>;
  /** The entries that an analysis's log had when its document's log ended at `documentEnd`. */
  readAsOf(analysis: LogName, documentEnd: string): Promise<LogEntry[]>;
  /** Calls back when an attempt above `attempt()` appears; resolves, when subscribed, to a function that stops it. */
  watchFence(source: LogName, attempt: () => number, onFenced: () => void): Promise<() => void>;
  /** Removes the logs of these sources and the document's own, a minute from now, so that followers reach the end. */
  remove(documentId: string, sourceIds: readonly string[]): Promise<void>;
};

type StreamEntries = [id: string, fields: string[]][];

type OwnCommands = {
  appendEvents(keyCount: number, ...keysAndArgs: (string | number)[]): Promise<[AppendStatus, string]>;
  readWithTail(log: string, documentLog: string, documentEnd: string): Promise<[StreamEntries, StreamEntries]>;
};

// In one step: of an event that both logs have, neither reply or both have it.
const readWithTailScript = `
return { redis.call('XRANGE', KEYS[1], '-', '+'), redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+') }
`;

export type EventLogOptions = {
  redis: Redis;
  hub: Hub;
  prefix: string;
  clock: Clock;
  retentionMs: number;
  coalesceMs: number;
};

// A log whose end never comes is dropped after a day without news; the reconciler ends it long before.
const runningTtlMs = 24 * 3_600_000;
const removalDelayMs = 60_000;
// Followers that read a page and hand it on at once, of all in this process.
const turnsAtOnce = 2;

export function createEventLog(options: EventLogOptions): EventLog {
  const { redis, hub, prefix, clock } = options;
  redis.defineCommand('appendEvents', { lua: appendScript });
  redis.defineCommand('readWithTail', { lua: readWithTailScript, numberOfKeys: 2, readOnly: true });
  const commands = redis as Redis & OwnCommands;
  const keyOf = (log: LogName): string => `${prefix}:{${log.documentId}}:log:${log.id}`;
  const documentKey = (documentId: string): string => keyOf({ documentId, id: 'all' });
  const openKey = (documentId: string): string => `${prefix}:{${documentId}}:open`;

  async function send(
    source: LogName,
    attempt: number,
    firstSeq: number | '*' | 'end',
    events: readonly { at: Date; data: EventData }[],
  ): Promise<AppendStatus> {
    const args = events.flatMap(({ at, data }) => [isTerminal(data) ? '1' : '0', encodeEvent({ at, attempt, data })]);
    const shared = source.isApart ? [] : [documentKey(source.documentId), openKey(source.documentId)];
    const [status] = await commands.appendEvents(
      1 + shared.length,
      keyOf(source),
      ...shared,
      attempt,
      firstSeq,
      runningTtlMs,
      options.retentionMs,
      source.id,
      ...args,
    );
    return status;
  }

  const turns = new Semaphore(turnsAtOnce);

  /** Many who catch up at once hold up neither those who are live nor memory. */
  async function inTurn(task: () => Promise<void>): Promise<void> {
    await turns.acquire();
    try {
      await task();
    } finally {
      setImmediate(() => turns.release());
    }
  }

  async function read(log: LogName, after: string, count: number): Promise<LogEntry[]> {
    const reply = await redis.xrange(keyOf(log), `(${after}`, '+', 'COUNT', count);
    const entries = reply.map(decodeStreamEntry);
    // ioredis's command, which V8 puts among its old objects, would keep the reply until all memory is searched.
    reply.length = 0;
    return entries;
  }

  const has = async (log: LogName, id: string): Promise<boolean> => (await redis.xrange(keyOf(log), id, id)).length > 0;

  return {
    writer: (source, attempt, firstSeq) =>
      createLogWriter({
        firstSeq,
        clock,
        coalesceMs: options.coalesceMs,
        send: (seq, events) => send(source, attempt, seq, events),
      }),
    append: (source, attempt, data) => send(source, attempt, '*', [{ at: new Date(clock.now()), data }]),
    close: (source, attempt, data) => send(source, attempt, 'end', [{ at: new Date(clock.now()), data }]),
    follow: (log, after, resynced = async () => undefined) => ({
      start: (sink) =>
        startFollower(
          {
            hub,
            channel: keyOf(log),
            read: (id, count) => read(log, id, count),
            has: (id) => has(log, id),
            inTurn,
            resynced,
            isUnavailable: isRedisUnavailable,
            clock,
          },
          after,
          sink,
        ),
    }),
    has,
    openSources: (documentId) => redis.smembers(openKey(documentId)),
    async head(log) {
      const [last] = await redis.xrevrange(keyOf(log), '+', '-', 'COUNT', 1);
      if (!last) return { id: logStart, exists: false, isClosed: false, openCount: 0 };
      const entry = decodeStreamEntry(last);
      return { id: entry.id, exists: true, isClosed: entry.isTerminal, openCount: entry.openCount };
    },
    async readAll(log) {
      return (await redis.xrange(keyOf(log), '-', '+')).map(decodeStreamEntry);
    },
    async readAsOf(analysis, documentEnd) {
      const { id, documentId } = analysis;
      const [own, behind] = await commands.readWithTail(keyOf(analysis), documentKey(documentId), documentEnd);
      const later = behind.map(decodeStreamEntry).filter(({ event: { data } }) => isOfAnalysis(data, id)).length;
      return own.slice(0, Math.max(0, own.length - later)).map(decodeStreamEntry);
    },
    watchFence(source, attempt, onFenced) {
      return hub.subscribe(keyOf(source), {
        onEntry(entry) {
          if (entry.event.attempt > attempt()) onFenced();
        },
        // What was missed shows at the next append, which the log refuses.
        onResync: () => undefined,
      });
    },
    async remove(documentId, sourceIds) {
      const keys = sourceIds.map((id) => keyOf({ documentId, id }));
      await Promise.all(
        [documentKey(documentId), openKey(documentId), ...keys].map((key) => redis.pexpire(key, removalDelayMs)),
      );
    },
  };
}

const isOfAnalysis = (data: EventData, id: string): boolean => 'analysisId' in data && data.analysisId === id;
