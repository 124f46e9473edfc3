import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MessageWriter } from '../../src/server/message-writer.ts';
import { pushToSocket } from '../../src/server/push-to-socket.ts';
import type { CursoredEvent } from '../../src/services/event-feed.ts';
import { silentLogger } from '../support/silent-logger.ts';

// Events that the writer takes before it is full.
const roomFor = 4;

/** A writer whose client reads when it is told to, and a feed that has an event for whoever is not paused. */
function connect(slowConsumerMs: number) {
  const state = { waiting: 0, sent: 0, isPaused: false, isClosed: false };
  let callbacks: (() => void)[] = [];
  const writer: MessageWriter = {
    next(_head, _payload, drained) {
      state.waiting += 1;
      state.sent += 1;
      if (state.waiting < roomFor) return true;
      callbacks.push(drained);
      return false;
    },
    flush: () => undefined,
  };
  let pump = (): void => undefined;
  const feed = {
    start(sink: { take(event: CursoredEvent): boolean }) {
      pump = () => {
        while (!state.isClosed && !state.isPaused) {
          state.isPaused = !sink.take({ cursor: `c${state.sent + 1}` } as CursoredEvent);
        }
      };
      queueMicrotask(pump);
      const resume = (): void => {
        state.isPaused = false;
        pump();
      };
      return { resume, close: () => void (state.isClosed = true) };
    },
  };
  const execute = ({ cursor }: CursoredEvent) => ({ json: '{}', bytes: 2, cursor });
  const logger = silentLogger;
  return {
    state,
    readAll() {
      state.waiting = 0;
      for (const callback of callbacks.splice(0)) callback();
    },
    results: pushToSocket({ feed, execute }, { writer, id: '1', logger, slowConsumerMs }),
  };
}

describe('what is pushed to a socket', () => {
  it('stops when the socket is full while nobody reads, and goes on as soon as it was read', async () => {
    const { state, readAll, results } = connect(60_000);
    const end = results.next();
    for (let round = 1; round <= 3; round += 1) {
      await expect.poll(() => state.isPaused).toBe(true);
      expect(state.waiting).toBe(roomFor);
      const { sent } = state;
      readAll();
      expect(state.sent).toBeGreaterThan(sent);
    }
    await results.return?.();
    expect(await end).toEqual({ value: undefined, done: true });
    expect(state.isClosed).toBe(true);
  });

  it('ends with SLOW_CONSUMER and the cursor of the last event when the client stays behind for too long', async () => {
    const { state, results } = connect(50);
    const { value } = await results.next();
    expect(value.errors[0].extensions).toMatchObject({ code: 'SLOW_CONSUMER', cursor: `c${state.sent}` });
    expect(state.isClosed).toBe(true);
    expect(await results.next()).toEqual({ value: undefined, done: true });
  });

  it('does not end while the client catches up again and again', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { state, readAll, results } = connect(300);
    const end = results.next();
    for (let round = 0; round < 5; round += 1) {
      await vi.advanceTimersByTimeAsync(200);
      expect(state.isPaused).toBe(true);
      readAll();
    }
    expect(state.isClosed).toBe(false);
    await results.return?.();
    await end;
  });
});
