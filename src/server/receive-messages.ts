import { CloseCode, MessageType, parseMessage, type Message } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { toClientError } from '../../schema/error-mapping.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import { createSocketOperations, type Refusal, type SocketOperations } from './socket-operations.ts';

type Options = {
  readonly send: (message: string) => Promise<void>;
  readonly close: (code: number, reason: string) => void;
  readonly logger: Logger;
  /** Operations under way at once, subscriptions among them; one too many gets RATE_LIMITED. */
  readonly operationsPerSocket: number;
};

type Receiver = {
  readonly operations: SocketOperations;
  /** Has messages taken from now on; `take` resolves once nothing of a message's operation is left. */
  start(take: (message: string) => Promise<void>): void;
};

// Every message of an operation repeats its id.
const longestId = 1_000;
// Of the messages of operations under way: 8 KB for each of a thousand.
const charactersPerSocket = 8 * 1024 * 1024;

/**
 * Reads the messages of one socket: closes it with 4400 at one that breaks the protocol, refuses operations above the limits, and hands on
 * the others in the order that those with the same id need.
 */
export function createReceiver(socket: WebSocket, options: Options): Receiver {
  const { send, close, logger } = options;
  const limits = { operations: options.operationsPerSocket, characters: charactersPerSocket };
  let take: (message: string) => Promise<void> = async () => undefined;
  const operations = createSocketOperations(limits, carryOut);

  async function carryOut(message: string): Promise<void> {
    // It may have closed while the message waited.
    if (socket.readyState !== socket.OPEN) return;
    try {
      await take(message);
    } catch (error) {
      logger.error({ err: error }, 'a message on a socket could not be handled');
      close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  function refuse(id: string, refusal: Refusal): void {
    if (refusal === 'id in use') return close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
    const error = refusal === 'too many' ? tooMany(limits.operations) : tooLarge(limits.characters);
    // That it cannot be sent, the socket says itself.
    send(JSON.stringify({ id, type: MessageType.Error, payload: [toClientError(error, logger)] })).catch(
      () => undefined,
    );
  }

  function receive(text: string): void {
    // What comes behind a message that closes the socket is not carried out.
    if (socket.readyState !== socket.OPEN) return;
    const message = readMessage(text);
    if (!message) return close(CloseCode.BadRequest, 'Invalid message received');
    switch (message.type) {
      case MessageType.Subscribe: {
        const refusal = operations.subscribe(message.id, text);
        if (refusal) refuse(message.id, refusal);
        return;
      }
      case MessageType.Complete:
        return operations.complete(message.id, text);
      case MessageType.ConnectionInit:
      case MessageType.Ping:
      case MessageType.Pong:
        return void carryOut(text);
      // Only servers send these.
      case MessageType.ConnectionAck:
      case MessageType.Next:
      case MessageType.Error:
        return close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  return {
    operations,
    start(taking) {
      take = taking;
      socket.on('message', (data: Buffer) => receive(data.toString()));
    },
  };
}

/** Null when it is none. */
function readMessage(text: string): Message | null {
  try {
    const message = parseMessage(text);
    return 'id' in message && message.id.length > longestId ? null : message;
  } catch {
    return null;
  }
}

const tooMany = (limit: number): AppError =>
  new AppError(
    'RATE_LIMITED',
    `At most ${limit} subscriptions may run on one socket. End some, or open another connection.`,
  );

const tooLarge = (limit: number): AppError =>
  new AppError(
    'RATE_LIMITED',
    `What runs on one socket may have been asked for with ${limit} characters. End some, or open another connection.`,
  );
