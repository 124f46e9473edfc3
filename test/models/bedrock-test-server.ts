import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const text = (value: string) => ({ type: 'string' as const, value });

/** An event as a frame of the wire. */
export const frame = (type: string, payload: object): Uint8Array =>
  codec.encode({
    headers: {
      ':event-type': text(type),
      ':content-type': text('application/json'),
      ':message-type': text('event'),
    },
    body: fromUtf8(JSON.stringify(payload)),
  });

export const exceptionFrame = (type: string, payload: object): Uint8Array =>
  codec.encode({
    headers: {
      ':exception-type': text(type),
      ':content-type': text('application/json'),
      ':message-type': text('exception'),
    },
    body: fromUtf8(JSON.stringify(payload)),
  });

export const start = frame('messageStart', { role: 'assistant' });
export const thinking = (value: string) =>
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: value } } });
export const signature = frame('contentBlockDelta', {
  contentBlockIndex: 0,
  delta: { reasoningContent: { signature: 'c2lnbmVk' } },
});
export const delta = (value: string) => frame('contentBlockDelta', { contentBlockIndex: 1, delta: { text: value } });
export const stop = (stopReason = 'end_turn') => frame('messageStop', { stopReason });
const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
export const metadata = (figures: object = usage) => frame('metadata', { usage: figures, metrics: { latencyMs: 1 } });

export type ServedCall = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly body: Record<string, unknown>;
  /** Resolves when the client has gone before the answer was complete. */
  readonly dropped: Promise<void>;
  beginStream(): void;
  /** Resolves when the client's side has taken it. */
  write(...frames: readonly Uint8Array[]): Promise<void>;
  end(): void;
  refuse(status: number, errorType: string, message: string, headers?: Record<string, string>): void;
};

export type BedrockTestServer = {
  readonly url: string;
  readonly calls: readonly ServedCall[];
  /** Connections ever accepted. */
  connections(): number;
  close(): Promise<void>;
};

/** A server that speaks Bedrock's wire format exactly as a test tells it to. */
export async function startBedrockTestServer(
  answer: (call: ServedCall, index: number) => void | Promise<void>,
): Promise<BedrockTestServer> {
  const calls: ServedCall[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void serve(request, response, (call) => {
      calls.push(call);
      return answer(call, calls.length - 1);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (call: ServedCall) => void | Promise<void>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks).toString('utf8');
  const dropped = new Promise<void>((resolve) => {
    response.on('close', () => {
      if (!response.writableFinished) resolve();
    });
  });
  await answer({
    request,
    response,
    dropped,
    path: decodeURIComponent(request.url ?? ''),
    body: bytes === '' ? {} : (JSON.parse(bytes) as Record<string, unknown>),
    beginStream: () => response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).flushHeaders(),
    async write(...frames) {
      for (const one of frames) await new Promise<void>((resolve) => response.write(one, () => resolve()));
    },
    end: () => response.end(),
    refuse: (status, errorType, message, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': errorType, ...headers })
        .end(JSON.stringify({ message })),
  });
}
