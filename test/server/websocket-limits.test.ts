import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { createGraphqlServer, type GraphqlServer } from '../../src/server/graphql.ts';
import { attachWebsocket, type WebsocketLimits } from '../../src/server/websocket.ts';
import { createSubject, endSubject, logOf, note } from '../support/event-subjects.ts';
import { expectNothingLeftOpen, leakCheckedSettings, shareWithoutLeaks } from '../support/leak-check.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { openAcknowledged, openRaw, type RawWebSocket } from './raw-websocket.ts';

const cleanUp: (() => unknown)[] = [];

const noGraphql = { yoga: {}, slowConsumerMs: 500 } as unknown as GraphqlServer;
type Alone = Partial<WebsocketLimits> & { readonly graphql?: GraphqlServer; readonly logger?: Logger };

/** The WebSocket part of a server alone, with its own intervals, and its ends of the connections. */
async function serveAlone({ graphql = noGraphql, logger = silentLogger, ...limits }: Alone) {
  const http = createServer();
  const streams: Socket[] = [];
  http.on('connection', (stream) => streams.push(stream));
  const defaults = { subscriptionsPerSocket: 10, pingMs: 60_000, allowedOrigins: [] };
  const websocket = attachWebsocket(http, graphql, logger, { ...defaults, ...limits });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  cleanUp.push(
    () => websocket.close(0),
    () => http.close(),
  );
  const { port } = http.address() as AddressInfo;
  const connectionCount = promisify(http.getConnections.bind(http));
  return { url: `http://127.0.0.1:${port}/graphql`, port, streams, connectionCount };
}

const terminating = (raw: RawWebSocket): RawWebSocket => {
  cleanUp.unshift(() => raw.socket.terminate());
  return raw;
};

describe('a socket', () => {
  expectNothingLeftOpen();
  afterEach(async () => {
    for (const clean of cleanUp.splice(0)) await clean();
  });

  it('that answers no ping is terminated; one that answers stays', async () => {
    // The server's own interval is 12 s.
    const { url, connectionCount } = await serveAlone({ pingMs: 300 });
    const [deaf, alive] = [terminating(await openAcknowledged(url)), terminating(await openAcknowledged(url))];
    deaf.socket.pause();
    await expect.poll(() => connectionCount()).toBe(1);
    deaf.socket.resume();
    await deaf.closed;
    alive.send({ type: 'ping' });
    expect(await alive.next()).toEqual({ type: 'pong' });
  });

  it('whose client reads no answers is not read either, until it does: then all of them come', async () => {
    const { url, streams } = await serveAlone({});
    const raw = terminating(await openAcknowledged(url));
    const [stream] = streams as [Socket];
    raw.socket.pause();
    const payload = { text: 'x'.repeat(900_000) };
    const count = 60;
    for (let index = 0; index < count; index += 1) raw.send({ type: 'ping', payload });
    await expect.poll(() => stream.isPaused(), { timeout: 10_000 }).toBe(true);
    expect(stream.writableLength).toBeLessThan(4 * payload.text.length);
    raw.socket.resume();
    for (let index = 0; index < count; index += 1) expect(await raw.next()).toEqual({ type: 'pong', payload });
  });

  it('whose client never reads its answers is terminated', async () => {
    const { url, connectionCount } = await serveAlone({ pingMs: 50 });
    const { socket, send } = terminating(await openAcknowledged(url));
    socket.pause();
    for (let index = 0; index < 40; index += 1) send({ type: 'ping', payload: { text: 'x'.repeat(900_000) } });
    await expect.poll(() => connectionCount(), { timeout: 10_000 }).toBe(0);
  });

  it('is closed with 4500 when the server fails, which is logged', async () => {
    const logged: unknown[] = [];
    const logger = { ...silentLogger, error: (...args: unknown[]) => logged.push(args) } as unknown as Logger;
    // Without what an operation needs.
    const { url } = await serveAlone({ logger });
    const { send, closed } = terminating(await openAcknowledged(url));
    send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    expect(await closed).toEqual({ code: 4500, reason: 'Internal server error' });
    expect(logged).toHaveLength(1);
  });

  it.each([
    ['the same host', (port: number) => `http://127.0.0.1:${port}`],
    ['an allowed origin', () => 'https://app.example.com'],
    ['no page at all', () => undefined],
  ])('is opened for %s', async (_what, originFor) => {
    const { url, port } = await serveAlone({ allowedOrigins: ['https://app.example.com'] });
    const origin = originFor(port);
    const raw = terminating(await openRaw(url, 'graphql-transport-ws', origin === undefined ? {} : { origin }));
    expect(raw.socket.readyState).toBe(WebSocket.OPEN);
  });

  it.each(['https://evil.example.com', 'http://127.0.0.1:1', 'null'])('is refused for a page of %s', async (origin) => {
    const { url } = await serveAlone({ allowedOrigins: ['https://app.example.com'] });
    const socket = new WebSocket(url, 'graphql-transport-ws', { origin });
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('403');
  });
});

describe('a client that reads nothing for a third longer than it may', () => {
  let prism: Prism;
  shareWithoutLeaks(async () => {
    prism = await startPrism({ workers: 0, settings: leakCheckedSettings });
    return prism;
  });
  afterEach(async () => {
    for (const clean of cleanUp.splice(0)) await clean();
  });

  it('is still connected, and finds SLOW_CONSUMER, where pings come as often as by default', async () => {
    // In the proportion of 12 s and 30 s.
    const [pingMs, slowConsumerMs] = [1_000, 2_500];
    const { services, db, events, hub } = prism.server.runtime;
    const options = { maxUploadBytes: 1, isPlaygroundEnabled: false, subscriptionsPerTenant: 10, slowConsumerMs };
    const graphql = createGraphqlServer({ services, logger: silentLogger, clock: systemClock, ...options });
    const { url } = await serveAlone({ graphql, pingMs });
    const subject = await createSubject(db);
    for (let index = 0; index < 300; index += 1) {
      await events.append(logOf(subject), 1, note(subject, 'x'.repeat(64 * 1024)));
    }
    const { socket, send, next } = terminating(await openAcknowledged(url));
    const query = 'subscription($id: ID!) { analysisEvents(analysisId: $id) { ... on ThrottleWaiting { reason } } }';
    send({ type: 'subscribe', id: '1', payload: { query, variables: { id: subject.analysisId } } });
    await next();
    socket.pause();
    await expect.poll(() => hub.channelCount(), { timeout: 10_000 }).toBe(0);
    await systemClock.sleep(slowConsumerMs / 3);
    socket.resume();
    let message = await next();
    while (message.type === 'next' && !('errors' in (message.payload as object))) message = await next();
    expect(message.payload).toMatchObject({ errors: [{ extensions: { code: 'SLOW_CONSUMER' } }] });
    expect((await next()).type).toBe('complete');
    await endSubject(db, events, subject);
  });
});
