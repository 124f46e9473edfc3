import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { quantile } from '../support/statistics.ts';
import { createFrameReader, opcodes, pongFrame, textFrame, upgradeRequest } from './frames.ts';
import { channelOf, nowUs, publishedUs, textMark } from './load-text.ts';
import { answerCommands, counters, type Counters } from './threads.ts';

/* A thread that holds any number of subscriptions, counts what is delivered and, when asked, how late. */

export type ClientCommand =
  /** Opens the sockets from number `first` on; starts counting anew with the first of all. */
  | { readonly do: 'connect'; readonly to: Target; readonly first: number; readonly count: number }
  /** Starts taking latencies, or stops and answers them. */
  | { readonly do: 'record' }
  | { readonly do: 'recorded' }
  /** Closes all sockets. */
  | { readonly do: 'disconnect' };

export type Target = {
  readonly port: number;
  /** GraphQL operation with the variable `id`; null: the socket's messages are names of channels. */
  readonly query: string | null;
  /** What subscription k follows: `ids[k % ids.length]`. */
  readonly ids: readonly string[];
  readonly subscriptionsPerSocket: number;
  /** Each socket stops reading as soon as every subscription on it has heard something. */
  readonly isStalling: boolean;
  readonly hasShortIds: boolean;
};

export type Latencies = { readonly p50Ms: number; readonly p99Ms: number };

// Events have some 300 bytes; what is smaller is the protocol's own.
const smallestEventBytes = 150;
const socketsAtOnce = 50;

const shared = (workerData as { counters: Counters }).counters;
// All sockets read into the same memory: a frame is looked at before the next read.
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const sockets = new Set<Socket>();
let problem: string | null = null;
let delivered = 0;
let heard = 0;
let latenciesUs: number[] | null = null;

async function connectSome(to: Target, first: number, count: number): Promise<void> {
  if (first === 0) {
    delivered = 0;
    heard = 0;
    problem = null;
    Atomics.store(shared, counters.delivered, 0);
    Atomics.store(shared, counters.heard, 0);
  }
  for (let done = 0; done < count; done += socketsAtOnce) {
    const some = Math.min(socketsAtOnce, count - done);
    await Promise.all(Array.from({ length: some }, (_, index) => connectOne(to, first + done + index)));
  }
}

function connectOne(to: Target, number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const unheard = new Set<number>();
    let isUpgraded = false;
    let readAtUs = 0;

    const onFrame = (opcode: number, bytes: Buffer, start: number, end: number): void => {
      if (opcode === opcodes.ping) socket.write(pongFrame);
      else if (opcode === opcodes.close) problem ??= `closed by the server: ${bytes.toString('utf8', start + 2, end)}`;
      else if (end - start < smallestEventBytes) onProtocolMessage(bytes.toString('utf8', start, end));
      else {
        delivered += 1;
        if (unheard.size === 0 && latenciesUs === null) return;
        const at = bytes.indexOf(textMark, start);
        if (at < start || at >= end) problem ??= `not an event: ${bytes.toString('utf8', start, end)}`;
        else if (unheard.size > 0) hear(channelOf(bytes, at));
        else latenciesUs?.push((readAtUs ||= nowUs()) - publishedUs(bytes, at));
      }
    };
    const onProtocolMessage = (text: string): void => {
      if (text.includes('"connection_ack"')) subscribeAll();
      else if (text.includes('"ping"')) socket.write(textFrame('{"type":"pong"}'));
      else problem ??= `unexpected: ${text}`;
    };
    const subscribeAll = (): void => {
      for (let index = 0; index < to.subscriptionsPerSocket; index += 1) {
        const channel = (number * to.subscriptionsPerSocket + index) % to.ids.length;
        unheard.add(channel);
        const id = to.ids[channel] ?? '';
        const name = to.hasShortIds ? String(index + 1) : randomUUID();
        const subscribe = { id: name, type: 'subscribe', payload: { query: to.query, variables: { id } } };
        socket.write(textFrame(to.query === null ? id : JSON.stringify(subscribe)));
      }
      resolve();
    };
    const hear = (channel: number): void => {
      if (!unheard.delete(channel)) return;
      heard += 1;
      if (unheard.size === 0 && to.isStalling) socket.pause();
    };

    const readFrames = createFrameReader(onFrame);
    const read = (chunk: Buffer): void => {
      readAtUs = 0;
      if (isUpgraded) readFrames(chunk);
      else {
        // The answer to the upgrade is small and comes in one piece; the server says nothing more until it is spoken to.
        if (!chunk.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(chunk.toString('latin1')));
        isUpgraded = true;
        if (to.query === null) subscribeAll();
        else socket.write(textFrame('{"type":"connection_init"}'));
      }
      Atomics.store(shared, counters.delivered, delivered);
      Atomics.store(shared, counters.heard, heard);
    };
    const socket: Socket = connect({
      port: to.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback(size, buffer) {
          read((buffer as Buffer).subarray(0, size));
          return !socket.isPaused();
        },
      },
    });
    sockets.add(socket);
    socket.on('error', (error) => {
      problem ??= error.message;
      reject(error);
    });
    socket.on('close', () => {
      if (sockets.delete(socket)) problem ??= 'a socket was closed';
      reject(new Error(problem ?? 'a socket was closed'));
    });
    socket.write(upgradeRequest(`127.0.0.1:${to.port}`, to.query === null ? null : 'graphql-transport-ws'));
  });
}

/** Throws when anything has gone otherwise than it should since the sockets were opened. */
async function disconnectAll(): Promise<void> {
  const found = problem;
  const open = [...sockets];
  sockets.clear();
  for (const socket of open) socket.destroy();
  // The server hears of it before anything else is asked of it.
  await sleep(50);
  problem = null;
  if (found !== null) throw new Error(found);
}

function takeLatencies(): Latencies {
  const taken = latenciesUs ?? [];
  latenciesUs = null;
  return { p50Ms: quantile(taken, 0.5) / 1_000, p99Ms: quantile(taken, 0.99) / 1_000 };
}

async function carryOut(command: ClientCommand): Promise<unknown> {
  switch (command.do) {
    case 'connect':
      return connectSome(command.to, command.first, command.count);
    case 'record':
      latenciesUs = [];
      return undefined;
    case 'recorded':
      return takeLatencies();
    case 'disconnect':
      return disconnectAll();
  }
}

answerCommands(carryOut);
