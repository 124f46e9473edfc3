import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock.ts';
import { createActivity, type Activity } from './activity.ts';
import { readCall } from './converse-request.ts';
import { createFaultEndpoint, faultsPath } from './fault-endpoint.ts';
import { createFaultMarkers } from './fault-markers.ts';
import { createFaultRules, type FaultRules } from './fault-rules.ts';
import { endOfLifeKeys } from './model-table.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createQuotaMeter, type Quota } from './quota.ts';
import { serveCall, type CallContext } from './serve-call.ts';
import { sendServiceError } from './service-error.ts';

/**
 * A server that speaks Bedrock's wire protocol to the real AWS client: ConverseStream, Converse and ListFoundationModels over HTTP/1.1.
 * One server plays every region: a request belongs to the one that its signature names.
 *
 * Guarantees: the same request gets the same answer, word for word; a client that goes away ends the work for it at once; `close` ends all
 * of it. Not guaranteed: judgement. Reviews come from rules over the text and say so. Signatures are not verified.
 */
export type BedrockSimulator = {
  /** Port 0 takes a free one. Rejects when the port is taken. */
  listen(port?: number, host?: string): Promise<{ url: string; port: number }>;
  /** Ends every connection and whatever is being answered. Harmless when repeated. */
  close(): Promise<void>;
  readonly faults: FaultRules;
  readonly activity: Omit<Activity, 'begin'>;
};

export type BedrockSimulatorOptions = {
  /** How fast an answer comes, thinking included; a token has a few characters. */
  readonly tokensPerSecond: number;
  readonly clock: Clock;
  /** Short names of the models that answer “end of its life”; by default those that Bedrock has retired. */
  readonly endOfLife?: readonly string[];
  /** Per model id and region; without it nothing is throttled unless a fault asks for it. */
  readonly quota?: Quota;
  /** How many of the latest calls `activity.calls()` keeps, with their whole bodies: 100 by default. */
  readonly keptCalls?: number;
};

// Longer than a client keeps a connection for its next request, so that it is never closed under one.
const keepAliveTimeoutMs = 120_000;

export function createBedrockSimulator(options: BedrockSimulatorOptions): BedrockSimulator {
  const activity = createActivity(options.keptCalls ?? 100);
  const faults = createFaultRules();
  const context: CallContext = {
    clock: options.clock,
    tokensPerSecond: options.tokensPerSecond,
    endOfLife: new Set(options.endOfLife ?? endOfLifeKeys),
    faults,
    markers: createFaultMarkers(),
    promptCache: createPromptCache(options.clock),
    quotaMeter: options.quota === undefined ? null : createQuotaMeter(options.quota, options.clock),
  };
  const faultEndpoint = createFaultEndpoint(faults, activity);
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableEnded) gone.abort();
    });
    try {
      if (request.url?.split('?')[0] === faultsPath) await faultEndpoint(request, response);
      else await track(request, response, gone.signal);
    } catch (error) {
      if (gone.signal.aborted || request.socket.destroyed) return;
      console.error('Bedrock simulator: a request failed, which is a mistake of the simulator', error);
      response.destroy();
    }
  }

  async function track(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const call = readCall(request);
    if (call === null) {
      sendServiceError(response, { status: 404, type: 'UnknownOperationException', message: 'Unknown operation' });
      return;
    }
    const progress = activity.begin(call);
    try {
      progress.end(await serveCall(context, { call, request, response, signal, progress }));
    } catch (error) {
      progress.end(signal.aborted || request.socket.destroyed ? 'aborted' : 'broken');
      throw error;
    }
  }

  return {
    faults,
    activity,
    async listen(port = 0, host = '127.0.0.1') {
      server.listen(port, host);
      await once(server, 'listening');
      const address = server.address() as AddressInfo;
      const name = host.includes(':') ? `[${host}]` : host;
      return { url: `http://${name}:${address.port}`, port: address.port };
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      server.closeAllConnections();
      await closed;
      await activity.waitFor(({ inFlight }) => inFlight === 0);
    },
  };
}
