import { handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../observability/logger.ts';
import { keepAlive, type KeepAliveOptions } from './keep-alive.ts';
import { createMessageWriters, type MessageWriter } from './message-writer.ts';
import { createReceiver } from './receive-messages.ts';
import type { SocketOperations } from './socket-operations.ts';

/** What hooks get as `extra` of their context. */
export type SocketExtra = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly writer: MessageWriter;
  readonly operations: SocketOperations;
};

type Protocol = Omit<ServerOptions<Record<string, unknown>, SocketExtra>, 'onComplete' | 'onError'>;

type Options = KeepAliveOptions & {
  readonly logger: Logger;
  /** Operations under way on one socket, subscriptions among them; one too many gets RATE_LIMITED. */
  readonly operationsPerSocket: number;
};

// A close frame holds no more.
const longestReasonBytes = 123;
// From which on a client that does not read what it is sent is not read either.
const mostUnsentBytes = 1024 * 1024;

/**
 * Speaks graphql-transport-ws on the sockets of a server. graphql-ws has a binding of its own for this, but that one writes on the console
 * what clients do wrong, fails on a reason that does not fit into a close frame (the client's own id is part of one), hears no more than
 * the first error of a socket, and has no limits.
 */
export function serveSockets(sockets: WebSocketServer, protocol: Protocol, options: Options): void {
  const { logger } = options;
  const ending = ({ extra }: { readonly extra: SocketExtra }, id: string): void => {
    extra.operations.ending(id);
  };
  const server = makeServer<Record<string, unknown>, SocketExtra>({ ...protocol, onComplete: ending, onError: ending });
  const writerOf = createMessageWriters();
  sockets.options.handleProtocols = handleProtocols;
  // Those of the HTTP server below it, which whoever listens hears as well.
  sockets.on('error', () => undefined);
  sockets.on('connection', (socket, request) => {
    // ws closes the socket with the code that fits: 1009 for a message that is too large, for example.
    socket.on('error', (error) => logger.info({ err: error.message }, 'a socket failed'));
    const stopPinging = keepAlive(socket, request.socket, options);
    const writer = writerOf(socket, request.socket);
    const send = createSend(socket, request.socket, writer);
    const close = (code: number, reason: string): void => socket.close(code, limited(reason));
    const receiver = createReceiver(socket, { send, close, logger, operationsPerSocket: options.operationsPerSocket });
    const closed = server.opened(
      { protocol: socket.protocol, send, close, onMessage: (take) => receiver.start(take) },
      { socket, request, writer, operations: receiver.operations },
    );
    socket.once('close', (code: number, reason: Buffer) => {
      stopPinging();
      closed(code, reason.toString()).catch((error: unknown) => {
        logger.error({ err: error }, 'the end of a socket could not be handled');
      });
    });
  });
}

/** Sends behind what subscriptions have written. A client that leaves too much of that unread is not asked for more meanwhile. */
function createSend(socket: WebSocket, stream: Socket, writer: MessageWriter): (data: string) => Promise<void> {
  let unsent = 0;
  return (data) => {
    writer.flush();
    const sent = sendOn(socket, data);
    if (stream.writableLength <= mostUnsentBytes) return sent;
    unsent += 1;
    socket.pause();
    return sent.finally(() => {
      unsent -= 1;
      if (unsent === 0) socket.resume();
    });
  };
}

const sendOn = (socket: WebSocket, data: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(data, (error) => (error ? reject(error) : resolve()));
  });

/** Cut between characters. */
function limited(reason: string): string {
  let text = reason.slice(0, longestReasonBytes);
  while (Buffer.byteLength(text) > longestReasonBytes) text = text.slice(0, -1);
  return text;
}
