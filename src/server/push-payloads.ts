import type { ExecutionResult } from 'graphql';
import { AppError } from '../errors.ts';
import type { PushControl } from '../events/push-source.ts';
import type { CursoredEvent } from '../services/event-feed.ts';
import { toPayload, type Payload } from './shared-execution.ts';
import type { PushSubscription } from './subscribe.ts';

/** Where a subscription's payloads go. */
export type PayloadSink = {
  /** False pauses: nothing further comes before `resume`, but what is being executed already. */
  write(payload: Payload): boolean;
  /** Nothing more comes; once, and not after `close`. `error` is null for a proper end. */
  ended(error: unknown): void;
};

// Events of one subscriber that wait for resolvers which have to read something. Further ones stay in the log.
const mostUnderWay = 64;

/**
 * Executes a subscription's events and hands the payloads on in their order, also where a later one is ready first. While resolvers read,
 * further events are taken, so that those who share a selection take them from the channel together rather than each from the log.
 */
export function startPushing({ feed, execute }: PushSubscription, sink: PayloadSink): PushControl {
  let isClosed = false;
  let canWrite = true;
  let underWay = 0;
  let tail: Promise<void> = Promise.resolve();

  function end(error: unknown): void {
    if (isClosed) return;
    close();
    sink.ended(error);
  }

  function close(): void {
    isClosed = true;
    control.close();
  }

  function made(event: CursoredEvent): Payload | Promise<Payload> {
    try {
      return execute(event);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async function writeBehind(before: Promise<void>, payload: Payload | Promise<Payload>): Promise<void> {
    const ready = await payload;
    await before;
    const wasFull = underWay === mostUnderWay;
    underWay -= 1;
    if (isClosed) return;
    if (!sink.write(ready)) canWrite = false;
    if (wasFull && canWrite) control.resume();
  }

  function endBehind(reason: unknown): void {
    tail.then(() => end(reason), end);
  }

  const control = feed.start({
    take(event) {
      const payload = made(event);
      if (underWay === 0 && !(payload instanceof Promise)) {
        canWrite = sink.write(payload);
        return canWrite;
      }
      underWay += 1;
      tail = writeBehind(tail, payload);
      tail.catch(end);
      return canWrite && underWay < mostUnderWay;
    },
    ended: endBehind,
  });

  return {
    resume() {
      canWrite = true;
      if (underWay < mostUnderWay) control.resume();
    },
    close,
  };
}

/** The same for results that are iterated: the next one is asked for when the one before is written and there is room. */
export function startIterating(results: AsyncIterableIterator<ExecutionResult>, sink: PayloadSink): PushControl {
  let isClosed = false;
  let isAsking = false;

  async function ask(): Promise<void> {
    while (isAsking && !isClosed) {
      const { value, done } = await results.next();
      if (isClosed) return;
      // Set here, not behind the loop: a `resume` may come before whoever waits for this function hears of its end.
      if (!done) isAsking = sink.write(toPayload(value, null));
      else end(null);
    }
  }

  function end(error: unknown): void {
    if (isClosed) return;
    isClosed = true;
    sink.ended(error);
  }

  function resume(): void {
    if (isAsking) return;
    isAsking = true;
    ask().catch(end);
  }

  resume();
  return {
    resume,
    close() {
      isClosed = true;
      void results.return?.();
    },
  };
}

/** What a subscription ends with whose client did not take what it was sent. */
export const tooSlow = (cursor: string | null): AppError =>
  new AppError('SLOW_CONSUMER', 'The client was too far behind for too long. Subscribe again with the last cursor.', {
    details: { cursor },
  });
