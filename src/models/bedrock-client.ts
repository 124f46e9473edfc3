import { ConverseStreamCommand, type ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type { Clock } from '../clock.ts';
import type { BedrockConnection } from './bedrock-connection.ts';
import { createRuntimeClients, type RuntimeClients } from './bedrock-runtime-clients.ts';
import { buildRequest } from './build-request.ts';
import { classifyFailure } from './classify-failure.ts';
import { createReceivedCounter, type ReceivedCounter } from './estimate-tokens.ts';
import { ModelFailure } from './model-failure.ts';
import type { ModelClient, ModelEvent, ModelRequest, ModelSpec } from './model-types.ts';
import { createStreamState, type StreamState } from './stream-state.ts';
import { untilAborted } from './until-aborted.ts';
import { createWatchdog } from './watchdog.ts';

export type BedrockModelClientOptions = BedrockConnection & {
  readonly clock: Clock;
  /** From the request until the first event of its stream. */
  readonly firstTokenTimeoutMs: number;
  /** Between two events, not counting the time that the consumer takes. */
  readonly idleTimeoutMs: number;
  /** At least the calls in flight at once per region. */
  readonly maxSockets: number;
};

/** Once the answer is complete, how long the connection may take to end by itself and be used again. */
const tailTimeoutMs = 500;

/**
 * Calls Bedrock's ConverseStream.
 *
 * - One HTTP request per call: no retry of its own.
 * - However the iteration ends (to its end, by `return`, by an error, by the signal) no request goes on behind it: leaving the
 *   SDK's stream alone would let Bedrock generate, and bill, to the end.
 * - The events come as the consumer takes them; nothing is read ahead beyond the socket's buffers.
 * - Not guaranteed: exact usage of a call that did not complete. It is estimated, and thinking that Bedrock bills but does not show is
 *   not in it.
 */
export function createBedrockModelClient(options: BedrockModelClientOptions): ModelClient {
  const clients = createRuntimeClients(options, options.maxSockets);
  return {
    stream: (model, region, request, signal) => streamOnce({ options, clients, model, region, request, signal }),
    close: () => clients.close(),
  };
}

type Call = {
  readonly options: BedrockModelClientOptions;
  readonly clients: RuntimeClients;
  readonly model: ModelSpec;
  readonly region: string;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
};

async function* streamOnce(call: Call): AsyncGenerator<ModelEvent, void, undefined> {
  const { options, signal } = call;
  signal.throwIfAborted();
  const state = createStreamState();
  const received = createReceivedCounter(call.request, call.model);
  const controller = new AbortController();
  const stop = () => controller.abort();
  let hasEnded = false;
  let hasExpired = false;
  let failure: { readonly error: unknown } | null = null;
  const watchdog = createWatchdog(options.clock, () => {
    hasExpired = true;
    stop();
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    watchdog.arm(options.firstTokenTimeoutMs);
    for await (const event of wireEvents(call, controller.signal)) {
      // What had arrived before an abort is no longer wanted.
      if (controller.signal.aborted) break;
      watchdog.disarm();
      const visible = state.take(event);
      if (visible) {
        received.add(visible.text);
        yield visible;
      }
      watchdog.arm(state.ending() ? tailTimeoutMs : options.idleTimeoutMs);
    }
    hasEnded = !controller.signal.aborted;
  } catch (error) {
    failure = { error };
  } finally {
    watchdog.stop();
    signal.removeEventListener('abort', stop);
    // A connection whose answer was read to its end is kept for the next request.
    if (!hasEnded) stop();
  }
  // An abort surfaces as ECONNRESET or not at all, so the signal alone says whether it was one.
  signal.throwIfAborted();
  const ending = state.ending();
  // What happens to the connection once the answer is complete does not make it less of an answer.
  if (!ending && hasExpired) throw timedOut(call, state, received);
  if (!ending && failure) throw failed(call, failure.error, state, received);
  const defect = state.defect();
  if (defect) throw new ModelFailure(defect, { phase: phaseOf(state), usage: state.usage() ?? received.usage() });
  if (ending) yield { type: 'completed', ...ending };
}

async function* wireEvents(call: Call, signal: AbortSignal): AsyncGenerator<ConverseStreamOutput, void, undefined> {
  const command = new ConverseStreamCommand(buildRequest(call.model, call.request));
  // The SDK resolves this with the first event in hand, and throws here when that is an exception.
  const sent = call.clients.forRegion(call.region).send(command, { abortSignal: signal });
  const response = await untilAborted(sent, signal);
  if (response.stream) yield* response.stream;
}

const phaseOf = (state: StreamState) => (state.hasBegun() ? 'inStream' : 'beforeFirstEvent');

function timedOut(call: Call, state: StreamState, received: ReceivedCounter): ModelFailure {
  const { firstTokenTimeoutMs, idleTimeoutMs } = call.options;
  const reason = state.hasBegun()
    ? `The stream stood still for ${idleTimeoutMs} ms`
    : `No event came within ${firstTokenTimeoutMs} ms`;
  const failure = { kind: 'timedOut' } as const;
  return new ModelFailure({ failure, reason }, { phase: phaseOf(state), usage: state.usage() ?? received.usage() });
}

function failed(call: Call, error: unknown, state: StreamState, received: ReceivedCounter): ModelFailure {
  const phase = phaseOf(state);
  const nowMs = call.options.clock.now();
  const classified = classifyFailure(error, { phase, nowMs, endOfLife: call.model.endOfLife });
  if (classified.failure.kind === 'fatal' && classified.failure.fault === 'account') call.clients.renew(call.region);
  const usage = classified.isSurelyFree ? null : (state.usage() ?? received.usage());
  return new ModelFailure(classified, { phase, usage, cause: error });
}
