import { expect, it } from 'vitest';
import type { LogEntry } from '../../src/events/event-types.ts';
import { startFollower } from '../../src/events/follow.ts';
import type { Hub, HubListener } from '../../src/events/hub.ts';
import { logStart } from '../../src/events/log-position.ts';

const entries = (count: number, size: number): LogEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `1-${index + 1}`,
    prev: index === 0 ? '' : `1-${index}`,
    isReset: index === 0,
    isTerminal: false,
    openCount: 1,
    size,
    event: { at: new Date(0), attempt: 1, data: { type: 'analysis:cancelled', analysisId: 'ana_1' } },
  }));

const silentHub: Hub = { subscribe: async () => () => undefined, channelCount: () => 0, close: async () => undefined };

/** How many entries a follower asked for at once, until it had all. */
async function pagesOf(log: readonly LogEntry[]): Promise<number[]> {
  const pages: number[] = [];
  const taken: LogEntry[] = [];
  const read = async (id: string, count: number): Promise<LogEntry[]> => {
    const from = log.findIndex((entry) => entry.id === id) + 1;
    pages.push(count);
    return log.slice(from, from + count);
  };
  await new Promise<void>((resolve) => {
    startFollower(
      {
        hub: silentHub,
        channel: 'log',
        read,
        has: async () => true,
        inTurn: (task) => task(),
        resynced: async () => undefined,
      },
      logStart,
      {
        take(entry) {
          taken.push(entry);
          if (taken.length === log.length) resolve();
          return true;
        },
        ended: () => undefined,
      },
    );
  });
  expect(taken).toEqual(log);
  return pages;
}

it('reads a log of small entries in large pages', async () => {
  const pages = await pagesOf(entries(2_000, 250));
  expect(Math.max(...pages)).toBe(200);
  expect(pages.length).toBeLessThan(15);
});

it('reads a log of large entries a few at a time, so that who catches up holds up no one', async () => {
  expect(new Set(await pagesOf(entries(100, 8_000)))).toEqual(new Set([8]));
});

it('looks whether the log is whole before it reads on, also when the connection went away while it waited for its turn', async () => {
  const calls: string[] = [];
  const listeners: HubListener[] = [];
  const hub: Hub = {
    ...silentHub,
    subscribe: async (_channel, of) => {
      listeners.push(of);
      return () => undefined;
    },
  };
  const turns: (() => void)[] = [];
  startFollower(
    {
      hub,
      channel: 'log',
      read: async () => {
        calls.push('read');
        return [];
      },
      has: async () => true,
      inTurn: async (task) => {
        await new Promise<void>((resolve) => turns.push(resolve));
        await task();
      },
      resynced: async () => void calls.push('resynced'),
    },
    logStart,
    { take: () => true, ended: () => undefined },
  );
  await expect.poll(() => turns.length).toBe(1);
  for (const listener of listeners) listener.onResync();
  turns[0]?.();
  await expect.poll(() => turns.length).toBe(2);
  turns[1]?.();
  await expect.poll(() => calls).toEqual(['resynced', 'read']);
});
