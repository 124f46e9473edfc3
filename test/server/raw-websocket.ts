import { on, once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';

export type Message = { readonly type: string; readonly id?: string; readonly payload?: unknown };

export type RawWebSocket = {
  readonly socket: WebSocket;
  send(message: Message): void;
  /** Several messages in one packet. */
  sendTogether(...messages: readonly (Message | string)[]): void;
  /** The next message; they are kept from the start, because several can come at once. */
  next(): Promise<Message>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
};

/** Speaks graphql-transport-ws by hand, so that it can do what no client would. */
export async function openRaw(
  url: string,
  protocol: string | string[] = 'graphql-transport-ws',
  options: ClientOptions = {},
): Promise<RawWebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocol, options);
  const end = new AbortController();
  const inbox = on(socket, 'message', { signal: end.signal });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  return {
    socket,
    send: (message) => socket.send(JSON.stringify(message)),
    sendTogether(...messages) {
      const { _socket: stream } = socket as unknown as { _socket: Socket };
      stream.cork();
      for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      stream.uncork();
    },
    async next() {
      const { value } = (await inbox.next()) as { value: unknown[] };
      return JSON.parse(String(value[0])) as Message;
    },
    closed,
  };
}

/** The same, behind the acknowledgement of its connection_init. */
export async function openAcknowledged(url: string): Promise<RawWebSocket> {
  const raw = await openRaw(url);
  raw.send({ type: 'connection_init' });
  const { type } = await raw.next();
  if (type !== 'connection_ack') throw new Error(`Not acknowledged but ${type}.`);
  return raw;
}
