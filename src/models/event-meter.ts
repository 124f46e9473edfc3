import type { Clock } from '../clock.ts';
import { createReceivedCounter } from './estimate-tokens.ts';
import type { ModelEvent, ModelRequest, ModelSpec, TokenUsage } from './model-types.ts';

/** Watches the events of one attempt on their way to the consumer. */
export type EventMeter = {
  watch(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent, void, undefined>;
  /** Whether the consumer was given anything to show. */
  hasDelivered(): boolean;
  /** In ms since the meter was made. */
  firstTokenMs(): number | null;
  completed(): Extract<ModelEvent, { type: 'completed' }> | null;
  /** What the stream itself threw, whatever the consumer made of it. */
  streamError(): { readonly error: unknown } | null;
  /** Bedrock's figures of a completed answer; otherwise an estimate; null before anything was sent. */
  usage(): TokenUsage | null;
};

export function createEventMeter(clock: Clock, model: ModelSpec, request: ModelRequest): EventMeter {
  const startedMs = clock.monotonic();
  const received = createReceivedCounter(request, model);
  let hasStarted = false;
  let firstTokenMs: number | null = null;
  let completed: Extract<ModelEvent, { type: 'completed' }> | null = null;
  let streamError: { readonly error: unknown } | null = null;

  return {
    async *watch(events) {
      hasStarted = true;
      try {
        for await (const event of events) {
          if (event.type === 'completed') completed = event;
          else {
            firstTokenMs ??= clock.monotonic() - startedMs;
            received.add(event.text);
          }
          yield event;
        }
      } catch (error) {
        streamError = { error };
        throw error;
      }
    },
    hasDelivered: () => firstTokenMs !== null,
    firstTokenMs: () => firstTokenMs,
    completed: () => completed,
    streamError: () => streamError,
    usage: () => completed?.usage ?? (hasStarted ? received.usage() : null),
  };
}
