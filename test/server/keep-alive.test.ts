import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { keepAlive, watchLife } from '../../src/server/keep-alive.ts';
import { expectNothingLeftOpen } from '../support/leak-check.ts';

describe('a client is taken for gone', () => {
  const patience = 3;
  const idle = (heard: number, taken = 0) => ({ heard, taken, inFlight: 0 });
  const behind = (heard: number, taken = 0) => ({ heard, taken, inFlight: 1 });

  it('when it has not answered one ping, with nothing in flight', () => {
    const isAlive = watchLife(patience);
    expect([idle(1), idle(2), idle(3), idle(3)].map(isAlive)).toEqual([true, true, true, false]);
  });

  it('also when the kernel takes what is sent to it meanwhile', () => {
    const isAlive = watchLife(patience);
    expect([idle(1, 10), idle(1, 20)].map(isAlive)).toEqual([true, false]);
  });

  it('not before it was silent for longer, while something is in flight', () => {
    const isAlive = watchLife(patience);
    const answers = [idle(1), behind(1), behind(1), behind(1), behind(1)].map(isAlive);
    expect(answers).toEqual([true, true, true, true, false]);
  });

  it('not while it takes what is in flight, however late it answers', () => {
    const isAlive = watchLife(patience);
    isAlive(behind(1));
    for (let taken = 1; taken < 100; taken += 1) expect(isAlive(behind(1, taken))).toBe(true);
    // The kernel has the rest, and the client will come to it.
    expect(isAlive(idle(1, 100))).toBe(true);
    for (let ping = 1; ping <= patience; ping += 1) expect(isAlive(idle(1, 100 + ping))).toBe(true);
    expect(isAlive(idle(1, 200))).toBe(false);
  });

  it('at one ping again, once it has answered', () => {
    const isAlive = watchLife(patience);
    expect([behind(1), behind(1), idle(2), idle(2)].map(isAlive)).toEqual([true, true, true, false]);
  });
});

describe('a socket', () => {
  expectNothingLeftOpen();
  const cleanUp: (() => void)[] = [];
  afterEach(() => cleanUp.splice(0).forEach((clean) => clean()));

  it('whose client reads slowly and answers no ping stays; it is terminated when it stops reading', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const server = new WebSocketServer({ server: http });
    const accepted = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { autoPong: false });
    const [socket, { socket: stream }] = (await accepted) as [WebSocket, { socket: Socket }];
    await once(client, 'open');
    const stop = keepAlive(socket, stream, { pingMs: 25, slowConsumerMs: 500 });
    cleanUp.push(
      stop,
      () => client.terminate(),
      () => http.close(),
    );

    // There is always more for it.
    const send = (): void => socket.send(Buffer.alloc(64 * 1024), (error) => error ?? send());
    send();
    let reads = true;
    client.on('message', () => {
      client.pause();
      setTimeout(() => reads && client.resume(), 5);
    });
    let pings = 0;
    client.on('ping', () => (pings += 1));
    const closed = once(socket, 'close');
    // Twice as many as a client that reads nothing is given.
    await expect.poll(() => pings, { timeout: 20_000 }).toBeGreaterThan(40);
    expect(socket.readyState).toBe(socket.OPEN);
    reads = false;
    await closed;
  });
});
