import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';

/** Waits until the next token is due. Due times count from the start, so that one late token does not slow the whole answer. */
export type Pacer = () => Promise<void>;

/** Rejects as soon as `signal` aborts. Below a millisecond it only gives the event loop its turn. */
export function createPacer(tokenIntervalMs: number, clock: Clock, signal: AbortSignal): Pacer {
  let dueAt = clock.monotonic();
  return async () => {
    dueAt += tokenIntervalMs;
    const waitMs = dueAt - clock.monotonic();
    if (waitMs >= 1) await clock.sleep(waitMs, signal);
    else await yieldToEventLoop(undefined, { signal });
  };
}

export type Writer = (bytes: Buffer) => Promise<void>;

/** Writes as fast as the client reads. With `isTiny` each byte goes out on its own. */
export function createWriter(response: ServerResponse, signal: AbortSignal, isTiny: boolean): Writer {
  const write: Writer = async (bytes) => {
    signal.throwIfAborted();
    if (!response.write(bytes)) await once(response, 'drain', { signal });
  };
  if (!isTiny) return write;
  return async (bytes) => {
    for (let index = 0; index < bytes.length; index += 1) {
      await write(bytes.subarray(index, index + 1));
      await yieldToEventLoop(undefined, { signal });
    }
  };
}

/** Until the client goes away, or for `durationMs`. */
export async function stall(durationMs: number | undefined, clock: Clock, signal: AbortSignal): Promise<void> {
  if (durationMs !== undefined) return clock.sleep(durationMs, signal);
  signal.throwIfAborted();
  await once(signal, 'abort');
  signal.throwIfAborted();
}

/** How long a reset waits, so that the client has read what was sent: a reset may discard what is still under way. */
const resetDelayMs = 20;

export async function resetConnection(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(resetDelayMs, signal);
  response.socket?.resetAndDestroy();
}
