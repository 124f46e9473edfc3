import type { ExecutionResult } from 'graphql';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import type { PushControl } from '../events/push-source.ts';
import type { MessageWriter } from './message-writer.ts';
import { startPushing, tooSlow } from './push-payloads.ts';
import type { Payload } from './shared-execution.ts';
import type { PushSubscription } from './subscribe.ts';

type SocketOptions = {
  readonly writer: MessageWriter;
  /** Of the operation, as the client chose it. */
  readonly id: string;
  readonly logger: Logger;
  /** How long a client may stay behind before its subscription ends with SLOW_CONSUMER. */
  readonly slowConsumerMs: number;
};

/**
 * Writes a subscription's events to its socket, as `next` messages around a payload that others share. The protocol (ids, complete, return)
 * stays with graphql-ws, which sees an iterator that yields only a last error, if any, and then ends.
 *
 * While a socket is not read, the feed is paused, keeps nothing, and goes on from the log afterwards. A client that is behind for longer
 * than `slowConsumerMs` at a stretch gets SLOW_CONSUMER with its last cursor; others are not affected.
 */
export function pushToSocket(
  subscription: PushSubscription,
  options: SocketOptions,
): AsyncIterableIterator<ExecutionResult> {
  const { writer } = options;
  const head = Buffer.from(`{"id":${JSON.stringify(options.id)},"type":"next","payload":`);
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
    lastCursor = payload.cursor;
    const hasRoom = writer.next(head, payload, drained);
    if (!hasRoom) slow ??= setTimeout(() => end(tooSlow(lastCursor)), options.slowConsumerMs);
    return hasRoom;
  }

  function drained(): void {
    if (isOver) return;
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
