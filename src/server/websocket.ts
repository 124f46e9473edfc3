import type { IncomingMessage, Server } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import { WebSocketServer } from 'ws';
import type { Context } from '../../schema/context.ts';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import type { GraphqlServer } from './graphql.ts';
import type { MessageWriter } from './message-writer.ts';
import { pushToSocket } from './push-to-socket.ts';
import { serveSockets } from './serve-sockets.ts';

type Handshake = { readonly origin: string | undefined; readonly req: IncomingMessage };

type Operation = {
  readonly id: string;
  readonly writer: MessageWriter;
  readonly execute: (args: ExecutionArgs) => unknown;
};

export type WebsocketLimits = {
  /** Subscriptions and operations under way on one socket. */
  readonly subscriptionsPerSocket: number;
  /** How often a socket is pinged, in ms, and within which time it has to answer while it is not behind. */
  readonly pingMs: number;
  /** Of web pages that may connect, beside those from the host that they connect to. */
  readonly allowedOrigins: readonly string[];
};

const messageLimitBytes = 1024 * 1024;
const initTimeoutMs = 3_000;
const goingAway = 1001;

/**
 * GraphQL over WebSocket (graphql-transport-ws) on the same path and with the same pipeline as HTTP. Closing sends 1001 without a `complete`
 * for what is running, so that clients know to resume elsewhere rather than that their stream has ended. A socket that does not answer a
 * ping in time is terminated.
 */
export function attachWebsocket(server: Server, graphql: GraphqlServer, logger: Logger, limits: WebsocketLimits) {
  const { yoga, subscribe, slowConsumerMs } = graphql;
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: messageLimitBytes,
    verifyClient({ origin, req }: Handshake, answer: (isAllowed: boolean, status: number) => void) {
      const isAllowed = mayConnect(origin, req.headers.host, limits.allowedOrigins);
      if (!isAllowed) logger.info({ origin }, 'a WebSocket from a page of another origin was refused');
      answer(isAllowed, 403);
    },
  });

  async function startSubscription(args: ExecutionArgs, { id, writer }: Operation) {
    const subscribed = await subscribe({ ...args, rootValue: undefined });
    switch (subscribed.kind) {
      case 'refused':
        return subscribed.result;
      case 'iterated':
        return subscribed.results;
      case 'pushed':
        return pushToSocket(subscribed.subscription, { writer, id, logger, slowConsumerMs });
    }
  }

  serveSockets(
    sockets,
    {
      connectionInitWaitTimeout: initTimeoutMs,
      execute: (args) => (args.rootValue as Operation).execute({ ...args, rootValue: undefined }) as never,
      subscribe: (args) => startSubscription(args, args.rootValue as Operation) as never,
      async onSubscribe(context, id, params) {
        const { request, socket, writer } = context.extra;
        const enveloped = yoga.getEnveloped({ ...context, req: request, res: socket, params } as never);
        try {
          const document = enveloped.parse(params.query);
          const errors = enveloped.validate(enveloped.schema, document);
          if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, logger));
          const contextValue = (await enveloped.contextFactory()) as unknown as Context;
          const operation: Operation = { id, writer, execute: enveloped.execute };
          return {
            schema: enveloped.schema,
            operationName: params.operationName ?? null,
            document,
            variableValues: params.variables ?? null,
            contextValue,
            rootValue: operation,
          };
        } catch (error) {
          return [toClientError(error, logger)];
        }
      },
    },
    { logger, slowConsumerMs, pingMs: limits.pingMs, operationsPerSocket: limits.subscriptionsPerSocket },
  );
  return {
    /** Ends all sockets; those that have not taken leave after `graceMs` are cut. */
    async close(graceMs: number): Promise<void> {
      for (const client of sockets.clients) {
        client.close(goingAway, 'The server is shutting down; resume with your last cursor.');
      }
      const timer = setTimeout(() => sockets.clients.forEach((client) => client.terminate()), graceMs);
      await new Promise((resolve) => sockets.close(resolve));
      clearTimeout(timer);
    },
  };
}

/** Browsers let any page open a WebSocket to any server, and say only where the page is from. What is no browser says nothing. */
function mayConnect(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
