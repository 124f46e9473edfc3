import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../observability/logger.ts';
import { createMessageWriters, type MessageWriter } from './message-writer.ts';

/** What hooks get as `extra` of their context. */
export type SocketExtra = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly writer: MessageWriter;
};

type Options = {
  readonly logger: Logger;
  /** How often a socket is pinged, in ms, and within which time it has to answer; else it is terminated. */
  readonly pingMs: number;
};

// A close frame holds no more.
const longestReasonBytes = 123;

/**
 * Speaks graphql-transport-ws on the sockets of a server. graphql-ws has a binding of its own for this, but that one writes on the console
 * what clients do wrong, fails on a reason that does not fit into a close frame (the client's own id is part of one), and hears no more
 * than the first error of a socket.
 */
export function serveSockets(
  sockets: WebSocketServer,
  protocol: ServerOptions<Record<string, unknown>, SocketExtra>,
  { logger, pingMs }: Options,
): void {
  const server = makeServer(protocol);
  const writerOf = createMessageWriters();
  sockets.options.handleProtocols = handleProtocols;
  // Those of the HTTP server below it, which whoever listens hears as well.
  sockets.on('error', () => undefined);
  sockets.on('connection', (socket, request) => {
    // ws closes the socket with the code that fits: 1009 for a message that is too large, for example.
    socket.on('error', (error) => logger.info({ err: error.message }, 'a socket failed'));
    const stopPinging = keepAlive(socket, pingMs);
    const writer = writerOf(socket, request.socket);
    const close = (code: number, reason: string): void => socket.close(code, limited(reason));
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send(data) {
          writer.flush();
          return sendOn(socket, data);
        },
        close,
        onMessage: (take) => {
          socket.on('message', (data: Buffer) => {
            take(data.toString()).catch((error: unknown) => {
              logger.error({ err: error }, 'a message on a socket could not be handled');
              close(CloseCode.InternalServerError, 'Internal server error');
            });
          });
        },
      },
      { socket, request, writer },
    );
    socket.once('close', (code: number, reason: Buffer) => {
      stopPinging();
      closed(code, reason.toString()).catch((error: unknown) => {
        logger.error({ err: error }, 'the end of a socket could not be handled');
      });
    });
  });
}

const sendOn = (socket: WebSocket, data: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(data, (error) => (error ? reject(error) : resolve()));
  });

/** Terminates a socket that has not answered one ping when the next is due. */
function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let isUnanswered = false;
  socket.on('pong', () => (isUnanswered = false));
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (isUnanswered) return socket.terminate();
    isUnanswered = true;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}

/** Cut between characters. */
function limited(reason: string): string {
  let text = reason.slice(0, longestReasonBytes);
  while (Buffer.byteLength(text) > longestReasonBytes) text = text.slice(0, -1);
  return text;
}
