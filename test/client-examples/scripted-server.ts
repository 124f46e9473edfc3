import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

/** What a server does with one connection: results first, then its end. */
export type Turn = {
  readonly results?: readonly unknown[];
  readonly end: 'complete' | 'cut' | { readonly close: number } | { readonly errors: readonly unknown[] };
};

/** What a server answers to one request: a stream of these bytes, which then ends; or a status with a body. */
export type Answer = { readonly stream: readonly string[] } | { readonly status: number; readonly body?: string };

export type ScriptedServer = {
  readonly url: string;
  /** `after` of each subscription, in order. */
  readonly asked: readonly unknown[];
};

type ScriptedSockets = ScriptedServer & {
  /** Connections that have ended. */
  closed(): number;
};

type Message = { type: string; id: string; payload: { variables: { after: unknown } } };

/** Speaks graphql-transport-ws, a turn per connection; the last one is repeated. */
export async function scriptedWebSocket(turns: readonly Turn[]): Promise<ScriptedSockets> {
  const asked: unknown[] = [];
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'graphql-transport-ws' });
  let connections = 0;
  let closed = 0;
  sockets.on('connection', (socket) => {
    socket.on('close', () => (closed += 1));
    const turn = turns[Math.min(connections++, turns.length - 1)];
    socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as Message;
      const send = (type: string, payload?: unknown): void =>
        socket.send(JSON.stringify({ id: message.id, type, payload }));
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (message.type !== 'subscribe' || !turn) return;
      asked.push(message.payload.variables.after);
      for (const result of turn.results ?? []) send('next', result);
      if (turn.end === 'complete') send('complete');
      else if (turn.end === 'cut') socket.terminate();
      else if ('close' in turn.end) socket.close(turn.end.close, 'by script');
      else send('error', turn.end.errors);
    });
  });
  onTestFinished(() => sockets.clients.forEach((socket) => socket.terminate()));
  return { url: await listen(http), asked, closed: () => closed };
}

/** Speaks text/event-stream, an answer per request; the last one is repeated. */
export async function scriptedSse(answers: readonly Answer[]): Promise<ScriptedServer> {
  const asked: unknown[] = [];
  const http = createServer((request, response) => {
    void readAfter(request).then((after) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(after);
      if (!answer) return;
      if ('status' in answer) {
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of answer.stream) response.write(part);
      response.end();
    });
  });
  return { url: await listen(http), asked };
}

async function readAfter(request: IncomingMessage): Promise<unknown> {
  const body = (await json(request)) as { variables: { after: unknown } };
  return body.variables.after;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
