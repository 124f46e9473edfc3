import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createMessageWriters, type MessageWriter } from '../../src/server/message-writer.ts';
import type { Payload } from '../../src/server/shared-execution.ts';

const bufferBytes = 64 * 1024;
const head = Buffer.from('{"id":"1","payload":');
const payloadOf = (value: unknown): Payload => {
  const json = JSON.stringify(value);
  return { json, bytes: Buffer.byteLength(json), cursor: null };
};
const unheard = (): void => undefined;

const cleanUp: (() => void)[] = [];
afterEach(() => cleanUp.splice(0).forEach((clean) => clean()));

type Connection = {
  readonly writer: MessageWriter;
  readonly socket: WebSocket;
  readonly stream: Socket;
  readonly client: WebSocket;
  /** Payloads as the client has got them, so far. */
  readonly received: unknown[];
};

/** Sockets of one process, as an API process has them. */
async function connect(count: number): Promise<Connection[]> {
  const http = createServer().listen(0, '127.0.0.1');
  const server = new WebSocketServer({ server: http });
  cleanUp.push(() => {
    server.clients.forEach((client) => client.terminate());
    http.close();
  });
  await once(http, 'listening');
  const writerOf = createMessageWriters();
  const connections: Connection[] = [];
  for (let index = 0; index < count; index += 1) {
    const accepted = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const received: unknown[] = [];
    client.on('message', (data: Buffer) => received.push((JSON.parse(String(data)) as { payload: unknown }).payload));
    const [socket, request] = (await accepted) as [WebSocket, { socket: Socket }];
    await once(client, 'open');
    connections.push({ writer: writerOf(socket, request.socket), socket, stream: request.socket, client, received });
  }
  return connections;
}

async function connectOne(): Promise<Connection> {
  const [connection] = await connect(1);
  if (!connection) throw new Error('No connection.');
  return connection;
}

/** Writes until the network takes no more. */
async function fill({ writer }: Connection, drained: () => void): Promise<number> {
  const payload = payloadOf('x'.repeat(bufferBytes / 2));
  for (let count = 1; ; count += 1) {
    if (!writer.next(head, payload, drained)) return count;
    await new Promise(setImmediate);
  }
}

describe('messages on a socket', () => {
  it('arrive whole and in order, whatever their length', async () => {
    const connection = await connectOne();
    // Around the lengths at which the frame's header and the buffer grow.
    const edges = [126, 0x10000, bufferBytes, 2 * bufferBytes].flatMap((bytes) =>
      [-3, -2, -1, 0, 1].map((offset) => 'x'.repeat(bytes - head.length - 3 + offset)),
    );
    for (const text of edges) connection.writer.next(head, payloadOf(text), unheard);
    await expect.poll(() => connection.received.length).toBe(edges.length);
    expect(connection.received).toEqual(edges);
  });

  it('are the same on many sockets that share their memory, some of which read late', async () => {
    const connections = await connect(4);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.infiniteStream(fc.boolean()),
        async (texts, repeat, coins) => {
          const coin = (): boolean => coins.next().value ?? true;
          const values = texts.map((text) => text.repeat(Math.ceil(repeat / (1 + text.length))));
          const expected = connections.map(({ received }) => [...received, ...values]);
          for (const value of values) {
            const payload = payloadOf(value);
            for (const { writer, client } of connections) {
              if (coin()) client.pause();
              writer.next(head, payload, unheard);
              if (coin()) client.resume();
            }
            if (coin()) await new Promise(setImmediate);
          }
          for (const { client } of connections) client.resume();
          for (const [index, { received }] of connections.entries()) {
            await expect.poll(() => received.length).toBe(expected[index]?.length);
            expect(received).toEqual(expected[index]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of one turn go out in one piece', async () => {
    const { writer, stream, received } = await connectOne();
    let writes = 0;
    const write = stream.write.bind(stream);
    stream.write = ((...args: Parameters<typeof write>) => {
      writes += 1;
      return write(...args);
    }) as typeof stream.write;
    for (let index = 0; index < 100; index += 1) writer.next(head, payloadOf(index), unheard);
    await expect.poll(() => received.length).toBe(100);
    expect(writes).toBe(1);
  });

  it('come before what is sent behind them otherwise', async () => {
    const { writer, socket, received } = await connectOne();
    writer.next(head, payloadOf('first'), unheard);
    writer.flush();
    socket.send('{"payload":"second"}');
    await expect.poll(() => received).toEqual(['first', 'second']);
  });
});

describe('a socket that is not read', () => {
  it('takes no more than one buffer, and says so once it has room', async () => {
    const connection = await connectOne();
    const { stream, client, received } = connection;
    client.pause();
    let drained = 0;
    const written = await fill(connection, () => (drained += 1));
    expect(stream.writableLength).toBeLessThanOrEqual(bufferBytes);
    // Of other subscriptions on the socket, which cannot know before.
    const isRoom = connection.writer.next(head, payloadOf('another'), () => (drained += 1));
    expect(isRoom).toBe(false);
    await new Promise(setImmediate);
    expect(stream.writableLength).toBeLessThanOrEqual(bufferBytes);
    expect(drained).toBe(0);
    client.resume();
    await expect.poll(() => drained).toBe(2);
    await expect.poll(() => received.length).toBe(written + 1);
    expect(received.at(-1)).toBe('another');
  });

  it('has its memory to itself until the network has taken it', async () => {
    const [stalled, reading] = (await connect(2)) as [Connection, Connection];
    stalled.client.pause();
    const written = await fill(stalled, unheard);
    const other = 'y'.repeat(bufferBytes / 2);
    for (let index = 0; index < 10; index += 1) {
      reading.writer.next(head, payloadOf(other), unheard);
      reading.writer.flush();
    }
    await expect.poll(() => reading.received.length).toBe(10);
    stalled.client.resume();
    await expect.poll(() => stalled.received.length).toBe(written);
    expect(new Set(stalled.received)).toEqual(new Set(['x'.repeat(bufferBytes / 2)]));
  });

  it('is left alone when it closes meanwhile', async () => {
    const connection = await connectOne();
    connection.client.pause();
    await fill(connection, unheard);
    connection.socket.terminate();
    await once(connection.stream, 'close');
    expect(() => {
      connection.writer.next(head, payloadOf('late'), unheard);
      connection.writer.flush();
    }).not.toThrow();
  });
});
