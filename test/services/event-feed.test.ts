import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/events/event-types.ts';
import type { PushSink, PushSource } from '../../src/events/push-source.ts';
import { createFeed, finishedFeed, type CursoredEvent, type EventFeed } from '../../src/services/event-feed.ts';

const entry = (id: string, isTerminal = false): LogEntry => ({
  id,
  prev: '',
  isReset: false,
  isTerminal,
  openCount: 0,
  size: 2,
  event: { at: new Date(0), attempt: 1, data: { type: 'analysis:cancelled', analysisId: id } },
});

/** A log that hands on what it is given, while it is not paused. */
function createLog() {
  let sink: PushSink<LogEntry> | null = null;
  const state = { isClosed: false, resumed: 0 };
  const source: PushSource<LogEntry> = {
    start(given) {
      sink = given;
      return { resume: () => (state.resumed += 1), close: () => (state.isClosed = true) };
    },
  };
  return { source, state, push: (value: LogEntry) => sink?.take(value), fail: (error: unknown) => sink?.ended(error) };
}

const feedOf = (log: ReturnType<typeof createLog>, endsBehind: () => Promise<boolean> = async () => true): EventFeed =>
  createFeed(log.source, {
    toEvent: ({ id, event }) => ({ cursor: id, ...event }),
    mayEndBehind: ({ isTerminal }) => isTerminal,
    endsBehind,
  });

function collect(feed: EventFeed, answers: boolean[] = []) {
  const seen: string[] = [];
  let finish: (error: unknown) => void = () => undefined;
  const ended = new Promise((resolve) => (finish = resolve));
  const control = feed.start({
    take(event) {
      seen.push(event.cursor);
      return answers.shift() ?? true;
    },
    ended: finish,
  });
  return { seen, control, ended };
}

describe('a feed of events', () => {
  it('ends behind the last entry, and closes the log', async () => {
    const log = createLog();
    const { seen, ended } = collect(feedOf(log));
    log.push(entry('1'));
    log.push(entry('2', true));
    expect(await ended).toBeNull();
    expect(seen).toEqual(['1', '2']);
    expect(log.state.isClosed).toBe(true);
  });

  it('does not end before the subscriber has made something of the last event', async () => {
    const log = createLog();
    const { control, ended } = collect(feedOf(log), [false]);
    let hasEnded = false;
    void ended.then(() => (hasEnded = true));
    log.push(entry('1', true));
    await new Promise(setImmediate);
    expect(hasEnded).toBe(false);
    control.resume();
    expect(await ended).toBeNull();
  });

  it('goes on behind an entry that was not the last', async () => {
    const log = createLog();
    const { seen } = collect(feedOf(log, async () => false));
    expect(log.push(entry('1', true))).toBe(false);
    await expect.poll(() => log.state.resumed).toBe(1);
    log.push(entry('2'));
    expect(seen).toEqual(['1', '2']);
  });

  it('passes the failure of its log on, once', async () => {
    const log = createLog();
    const { ended } = collect(feedOf(log));
    log.fail(new Error('gone'));
    expect(await ended).toMatchObject({ message: 'gone' });
  });

  it('iterates what is finished, and stops when it is closed', async () => {
    const events = ['1', '2'].map((cursor) => ({ cursor }) as CursoredEvent);
    const seen: string[] = [];
    for await (const event of finishedFeed(events)) seen.push(event.cursor);
    expect(seen).toEqual(['1', '2']);
    const { seen: paused, control } = collect(finishedFeed(events), [false]);
    await new Promise(setImmediate);
    control.close();
    control.resume();
    expect(paused).toEqual(['1']);
  });
});
