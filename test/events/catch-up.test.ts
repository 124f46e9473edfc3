import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { LogEntry } from '../../src/events/event-types.ts';
import { startFollower, type FollowSource } from '../../src/events/follow.ts';
import type { Hub, HubListener } from '../../src/events/hub.ts';
import { logStart } from '../../src/events/log-position.ts';
import { createFakeClock } from '../support/fake-clock.ts';

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

/** What a follower needs that has nothing to read. */
const emptySource: FollowSource = {
  hub: silentHub,
  channel: 'log',
  read: async () => [],
  has: async () => true,
  inTurn: (task) => task(),
  resynced: async () => undefined,
  isUnavailable: () => false,
  clock: systemClock,
};

/** A hub whose listeners the test calls. */
function createSpokenHub() {
  const listeners: HubListener[] = [];
  const subscribe: Hub['subscribe'] = async (_channel, listener) => {
    listeners.push(listener);
    return () => undefined;
  };
  return { hub: { ...silentHub, subscribe }, resync: () => listeners.forEach((listener) => listener.onResync()) };
}

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
    startFollower({ ...emptySource, read }, logStart, {
      take(entry) {
        taken.push(entry);
        if (taken.length === log.length) resolve();
        return true;
      },
      ended: () => undefined,
    });
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
  const { hub, resync } = createSpokenHub();
  const turns: (() => void)[] = [];
  startFollower(
    {
      ...emptySource,
      hub,
      read: async () => {
        calls.push('read');
        return [];
      },
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
  resync();
  turns[0]?.();
  await expect.poll(() => turns.length).toBe(2);
  turns[1]?.();
  await expect.poll(() => calls).toEqual(['resynced', 'read']);
});

describe('a log that is out of reach', () => {
  const outage = new Error('out of reach');

  /** A follower of it, and what it did. */
  function followInOutage() {
    const { hub, resync } = createSpokenHub();
    const clock = createFakeClock();
    const calls: string[] = [];
    const ends: unknown[] = [];
    const state = { isAway: true };
    const source: FollowSource = {
      ...emptySource,
      hub,
      clock,
      isUnavailable: (error) => error === outage,
      async read(id) {
        calls.push('read');
        if (state.isAway) throw outage;
        return id === logStart ? entries(1, 1) : [];
      },
      resynced: async () => void calls.push('resynced'),
    };
    const sink = { take: ({ id }: LogEntry) => calls.push(id) > 0, ended: (error: unknown) => void ends.push(error) };
    return { calls, ends, state, clock, resync, control: startFollower(source, logStart, sink) };
  }

  it('is read on as soon as the connection is back, after a look whether it is whole', async () => {
    const { calls, ends, state, clock, resync, control } = followInOutage();
    await clock.advance(0);
    expect(calls).toEqual(['read']);
    state.isAway = false;
    resync();
    await clock.advance(0);
    expect(calls).toEqual(['read', 'resynced', 'read', '1-1', 'read']);
    expect(ends).toEqual([]);
    control.close();
  });

  it('is tried again where nobody says that it is back', async () => {
    const { calls, state, clock, control } = followInOutage();
    await clock.advance(5_000);
    state.isAway = false;
    await clock.advance(1_000);
    expect(calls.slice(-4)).toEqual(['resynced', 'read', '1-1', 'read']);
    control.close();
  });

  it('ends its followers with the error when that lasts for too long', async () => {
    const { ends, clock } = followInOutage();
    await clock.advance(29_000);
    expect(ends).toEqual([]);
    await clock.advance(1_000);
    expect(ends).toEqual([outage]);
    expect(clock.sleepers()).toBe(0);
  });

  it('keeps no timer of a follower that is closed', async () => {
    const { ends, clock, control } = followInOutage();
    expect(await clock.nextWakeMs()).toBe(1_000);
    control.close();
    expect(clock.sleepers()).toBe(0);
    expect(ends).toEqual([]);
  });
});
