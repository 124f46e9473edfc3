import { systemClock } from '../../src/clock.ts';
import { createEventLog, type EventLog } from '../../src/events/event-log.ts';
import type { EventData, LogEntry, LogName } from '../../src/events/event-types.ts';
import { createHub } from '../../src/events/hub.ts';
import { createRedis, type RedisRole } from '../../src/redis.ts';
import { newId } from '../../src/ids.ts';
import { testRedis } from '../support/services.ts';

type Options = { url?: string; role?: RedisRole; coalesceMs?: number; retentionMs?: number };

/** An event log on the run's Redis, with a prefix and connections of its own. */
export function openEventLog(options: Options = {}) {
  const { url, prefix } = testRedis();
  const connect = (role: RedisRole) =>
    createRedis({ url: options.url ?? url, role, name: 'test', onError: () => undefined });
  const redis = connect(options.role ?? 'patient');
  const subscriber = connect('subscriber');
  const hub = createHub(subscriber);
  const log: EventLog = createEventLog({
    redis,
    hub,
    prefix,
    clock: systemClock,
    retentionMs: options.retentionMs ?? 60_000,
    coalesceMs: options.coalesceMs ?? 20,
  });
  return {
    log,
    hub,
    redis,
    subscriber,
    keyOf: (name: LogName): string => `${prefix}:{${name.documentId}}:log:${name.id}`,
    async close(): Promise<void> {
      await hub.close();
      redis.disconnect();
    },
  };
}

export const newSource = (documentId = newId('Document')): LogName => ({ documentId, id: newId('Analysis') });

export const thinking = (source: LogName, text: string): EventData => ({
  type: 'thinking:delta',
  analysisId: source.id,
  text,
});
export const started = (source: LogName): EventData => ({
  type: 'analysis:started',
  analysisId: source.id,
  sectionId: 'sec_1',
});
export const cancelled = (source: LogName): EventData => ({ type: 'analysis:cancelled', analysisId: source.id });

/** To the entry that ends the log, and no further. */
export async function takeAll(entries: AsyncIterable<LogEntry>): Promise<LogEntry[]> {
  const taken: LogEntry[] = [];
  for await (const entry of entries) {
    taken.push(entry);
    if (entry.isTerminal) break;
  }
  return taken;
}

export async function take(entries: AsyncIterator<LogEntry>, count: number): Promise<LogEntry[]> {
  const taken: LogEntry[] = [];
  while (taken.length < count) {
    const { value, done } = await entries.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

export const idsOf = (entries: readonly LogEntry[]): string[] => entries.map(({ id }) => id);
