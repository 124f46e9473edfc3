import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../../schema/error-mapping.ts';
import type { PushControl } from '../events/push-source.ts';
import type { Logger } from '../observability/logger.ts';
import { tooSlow, type PayloadSink } from './push-payloads.ts';
import type { ServerContext } from './graphql.ts';

/** Starts to hand on what a subscription has to send. */
export type PayloadSource = (sink: PayloadSink) => PushControl;

export type SseOptions = {
  readonly logger: Logger;
  /** How long a client may leave what it is sent untaken before its subscription ends with SLOW_CONSUMER. */
  readonly slowConsumerMs: number;
};

// Proxies close what is silent for long.
const pingMs = 12_000;
// What may wait in memory for a client. Beyond it nothing is taken from the log.
const highWaterBytes = 64 * 1024;
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  connection: 'keep-alive',
  // nginx would hold events back.
  'x-accel-buffering': 'no',
};

/**
 * Subscriptions over server-sent events (graphql-sse, distinct connections): each event carries its cursor as `id`, so that a client that
 * comes back with `Last-Event-ID` goes on behind it. `sources` has what is to be sent, by request.
 *
 * A client that does not read costs the high-water mark and no more, and gets SLOW_CONSUMER when it has taken nothing for too long. Nothing
 * is left when its connection goes: Yoga's own streams are not told of that, and keep their subscription and a timer.
 */
export const useServerSentEvents = (
  sources: WeakMap<Request, PayloadSource>,
  options: SseOptions,
): Plugin<object, ServerContext> => ({
  onResultProcess(payload) {
    const { request, resultProcessor, serverContext } = payload;
    const source = sources.get(request);
    // Without a processor the client takes no event stream: it is refused. One that has gone already gets nothing started.
    if (!source || !resultProcessor || serverContext.res.destroyed) return;
    const { stream, stop } = streamOf(source, options);
    serverContext.res.once('close', stop);
    payload.setResultProcessor(() => new Response(stream, { headers }), 'text/event-stream');
  },
});

function streamOf(startSource: PayloadSource, options: SseOptions) {
  const encoder = new TextEncoder();
  let control: PushControl | null = null;
  let ping: NodeJS.Timeout | undefined;
  let slow: NodeJS.Timeout | undefined;
  let lastCursor: string | null = null;

  function stop(): void {
    clearInterval(ping);
    clearTimeout(slow);
    control?.close();
  }

  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      const write = (text: string): void => controller.enqueue(encoder.encode(text));
      const hasRoom = (): boolean => (controller.desiredSize ?? 0) > 0;
      const ended = (error: unknown): void => {
        stop();
        const result: ExecutionResult = { errors: error === null ? [] : [toClientError(error, options.logger)] };
        write(error === null ? completion : `event: next\ndata: ${JSON.stringify(result)}\n\n${completion}`);
        controller.close();
      };
      write(':\n\n');
      ping = setInterval(() => {
        if (hasRoom()) write(':\n\n');
      }, pingMs);
      control = startSource({
        write({ json, cursor }) {
          write(`${cursor === null ? '' : `id: ${cursor}\n`}event: next\ndata: ${json}\n\n`);
          lastCursor = cursor;
          if (hasRoom()) return true;
          slow ??= setTimeout(() => ended(tooSlow(lastCursor)), options.slowConsumerMs);
          return false;
        },
        ended,
      });
    },
    pull() {
      clearTimeout(slow);
      slow = undefined;
      control?.resume();
    },
    cancel: stop,
  };
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: highWaterBytes });
  return { stream: new ReadableStream(source, strategy), stop };
}

const completion = 'event: complete\ndata: \n\n';
