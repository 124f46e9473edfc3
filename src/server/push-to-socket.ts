import type { ExecutionResult } from 'graphql';
import type { WebSocket } from 'ws';
import { toClientError } from '../../schema/error-mapping.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { PushControl } from '../events/push-source.ts';
import { startPushing } from './push-payloads.ts';
import type { Payload } from './shared-execution.ts';
import type { PushSubscription } from './subscribe.ts';

type SocketOptions = {
  readonly socket: WebSocket;
  /** Of the operation, as the client chose it. */
  readonly id: string;
  readonly logger: Logger;
  /** How long a client may stay behind before its subscription ends with SLOW_CONSUMER. */
  readonly slowConsumerMs: number;
};

// Bytes that may wait in a socket. Beyond it nothing is written: the client catches up from the log when it reads again.
const highWaterBytes = 256 * 1024;

/**
 * Writes a subscription's events straight to its socket, as `next` messages around a payload that others share. The protocol (ids, complete,
 * return) stays with graphql-ws, which sees an iterator that yields only a last error, if any, and then ends.
 *
 * A socket that is not read costs its high-water mark and no more: the feed is paused, keeps nothing, and goes on from the log. A client
 * that is behind for longer than `slowConsumerMs` at a stretch gets SLOW_CONSUMER with its last cursor; others are not affected.
 */
export function pushToSocket(
  subscription: PushSubscription,
  options: SocketOptions,
): AsyncIterableIterator<ExecutionResult> {
  const { socket } = options;
  const head = `{"id":${JSON.stringify(options.id)},"type":"next","payload":`;
  let control: PushControl | null = null;
  let slow: NodeJS.Timeout | undefined;
  let lastCursor: string | null = null;
  let isOver = false;
  let last: ExecutionResult | null = null;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));

  function end(error: unknown): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(slow);
    control?.close();
    if (error !== null) last = { errors: [toClientError(error, options.logger)] };
    finish();
  }

  /** Whether the socket can take more. */
  function send(payload: Payload): boolean {
    const message = `${head}${payload.json}}`;
    lastCursor = payload.cursor;
    const hasRoom = socket.bufferedAmount + message.length < highWaterBytes;
    if (hasRoom) socket.send(message);
    else {
      socket.send(message, drained);
      slow ??= setTimeout(() => end(tooSlow(lastCursor)), options.slowConsumerMs);
    }
    return hasRoom;
  }

  /** What was sent up to there is on its way. */
  function drained(): void {
    // Further ones may have been under way when the feed was paused.
    if (isOver || socket.bufferedAmount >= highWaterBytes) return;
    clearTimeout(slow);
    slow = undefined;
    control?.resume();
  }

  return {
    async next() {
      if (!isOver) control ??= startPushing(subscription, { write: send, ended: end });
      await finished;
      const result = last;
      last = null;
      return result === null ? { value: undefined, done: true } : { value: result, done: false };
    },
    async return() {
      end(null);
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const tooSlow = (cursor: string | null): AppError =>
  new AppError('SLOW_CONSUMER', 'The client was too far behind for too long. Subscribe again with the last cursor.', {
    details: { cursor },
  });
