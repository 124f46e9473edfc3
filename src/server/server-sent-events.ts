import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import { payloadsOf, type PushSubscription } from './subscribe.ts';

// Proxies close what is silent for long.
const pingMs = 12_000;
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  connection: 'keep-alive',
  // nginx would hold events back.
  'x-accel-buffering': 'no',
};

/**
 * Subscriptions over server-sent events (graphql-sse, distinct connections): each event carries its cursor as `id`, so that a client that
 * comes back with `Last-Event-ID` goes on behind it.
 */
export const useServerSentEvents = (pushed: WeakMap<object, PushSubscription>, logger: Logger): Plugin => ({
  onResultProcess(payload) {
    const { request } = payload;
    const accepts = request.headers.get('accept')?.includes('text/event-stream') ?? false;
    const subscription = pushed.get(request);
    if (!accepts || !subscription) return;
    payload.setResultProcessor(() => new Response(streamOf(subscription, logger), { headers }), 'text/event-stream');
  },
});

function streamOf(subscription: PushSubscription, logger: Logger): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const payloads = payloadsOf(subscription);
  let ping: NodeJS.Timeout | undefined;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(':\n\n'));
      ping = setInterval(() => controller.enqueue(encoder.encode(':\n\n')), pingMs);
    },
    async pull(controller) {
      const write = (text: string): void => controller.enqueue(encoder.encode(text));
      try {
        const { value, done } = await payloads.next();
        if (!done) {
          write(`id: ${value.cursor}\nevent: next\ndata: ${value.json}\n\n`);
          return;
        }
      } catch (error) {
        const result: ExecutionResult = { errors: [toClientError(error, logger)] };
        write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
      }
      clearInterval(ping);
      write('event: complete\ndata: \n\n');
      controller.close();
    },
    async cancel() {
      clearInterval(ping);
      await payloads.return?.();
    },
  });
}
