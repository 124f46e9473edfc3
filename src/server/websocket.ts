import type { Server } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Context } from '../../schema/context.ts';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import { AppError } from '../errors.ts';
import type { GraphqlServer } from './graphql.ts';
import { pushToSocket } from './push-to-socket.ts';

type Operation = {
  readonly id: string;
  readonly socket: WebSocket;
  readonly tenantId: string;
  readonly execute: (args: ExecutionArgs) => unknown;
};

export type WebsocketLimits = {
  /** Subscriptions and operations under way on one socket. */
  readonly subscriptionsPerSocket: number;
  /** Subscriptions of one tenant on this process, over all its sockets. */
  readonly subscriptionsPerTenant: number;
  /** How long a client may stay behind before its subscription ends with SLOW_CONSUMER. */
  readonly slowConsumerMs: number;
};

const messageLimitBytes = 1024 * 1024;
const initTimeoutMs = 3_000;
const pingMs = 12_000;
const goingAway = 1001;

/**
 * GraphQL over WebSocket (graphql-transport-ws) on the same path and with the same pipeline as HTTP. Closing sends 1001 without a `complete`
 * for what is running, so that clients know to resume elsewhere rather than that their stream has ended. A socket that does not answer a
 * ping within 12 s is terminated.
 */
export function attachWebsocket(server: Server, graphql: GraphqlServer, logger: Logger, limits: WebsocketLimits) {
  const { yoga, subscribe, clock } = graphql;
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: messageLimitBytes });
  const perTenant = createCounter();

  async function startSubscription(args: ExecutionArgs, { id, socket, tenantId }: Operation) {
    if (perTenant.count(tenantId) >= limits.subscriptionsPerTenant) {
      return { errors: [toClientError(tooMany(limits.subscriptionsPerTenant, 'in all'), logger)] };
    }
    const subscribed = await subscribe({ ...args, rootValue: undefined });
    if (subscribed.kind === 'refused') return subscribed.result;
    const { slowConsumerMs } = limits;
    const results =
      subscribed.kind === 'pushed'
        ? pushToSocket(subscribed.subscription, { socket, id, clock, logger, slowConsumerMs })
        : subscribed.results;
    return perTenant.during(tenantId, results);
  }

  const running = useServer<Record<string, unknown>, Record<PropertyKey, unknown>>(
    {
      connectionInitWaitTimeout: initTimeoutMs,
      execute: (args) => (args.rootValue as Operation).execute({ ...args, rootValue: undefined }) as never,
      subscribe: (args) => startSubscription(args, args.rootValue as Operation) as never,
      async onSubscribe(context, id, params) {
        const { request, socket } = context.extra as unknown as { request: never; socket: WebSocket };
        if (Object.keys(context.subscriptions).length > limits.subscriptionsPerSocket) {
          return [toClientError(tooMany(limits.subscriptionsPerSocket, 'on one socket'), logger)];
        }
        const enveloped = yoga.getEnveloped({ ...context, req: request, res: socket, params } as never);
        try {
          const document = enveloped.parse(params.query);
          const errors = enveloped.validate(enveloped.schema, document);
          if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, logger));
          const contextValue = (await enveloped.contextFactory()) as unknown as Context;
          const operation: Operation = {
            id,
            socket,
            tenantId: contextValue.caller.tenantId,
            execute: enveloped.execute,
          };
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
    sockets,
    pingMs,
  );
  return {
    async close(): Promise<void> {
      for (const client of sockets.clients) {
        client.close(goingAway, 'The server is shutting down; resume with your last cursor.');
      }
      await running.dispose();
    },
  };
}

const tooMany = (limit: number, where: string): AppError =>
  new AppError(
    'RATE_LIMITED',
    `At most ${limit} subscriptions may run ${where}. End some, or open another connection.`,
  );

/** Counts what runs by key. */
function createCounter() {
  const counts = new Map<string, number>();
  const add = (key: string, by: number): void => {
    const next = (counts.get(key) ?? 0) + by;
    if (next === 0) counts.delete(key);
    else counts.set(key, next);
  };
  return {
    count: (key: string): number => counts.get(key) ?? 0,
    /** Counts an iterator from now until it ends or is returned. */
    during<T>(key: string, iterator: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
      let isCounted = true;
      add(key, 1);
      const end = (): void => {
        if (isCounted) add(key, -1);
        isCounted = false;
      };
      return {
        async next() {
          const result = await iterator.next();
          if (result.done) end();
          return result;
        },
        async return() {
          end();
          await iterator.return?.();
          return { value: undefined, done: true };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
