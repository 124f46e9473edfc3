import type { Server } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import type { createGraphqlServer } from './graphql.ts';

type Enveloped = { execute: (args: ExecutionArgs) => unknown; subscribe: (args: ExecutionArgs) => unknown };

const messageLimitBytes = 1024 * 1024;
const goingAway = 1001;

/**
 * GraphQL over WebSocket (graphql-transport-ws) on the same path and with the same pipeline as HTTP. Closing sends 1001 without a `complete`
 * for what is running, so that clients know to resume elsewhere rather than that their stream has ended.
 */
export function attachWebsocket(server: Server, yoga: ReturnType<typeof createGraphqlServer>, logger: Logger) {
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: messageLimitBytes });
  const running = useServer<Record<string, unknown>, Record<PropertyKey, unknown>>(
    {
      execute: (args) => (args.rootValue as Enveloped).execute(args) as never,
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args) as never,
      async onSubscribe(context, _id, params) {
        const { request, socket } = context.extra as unknown as { request: never; socket: never };
        const enveloped = yoga.getEnveloped({
          ...context,
          req: request,
          res: socket,
          request,
          socket,
          params,
        } as never);
        try {
          const document = enveloped.parse(params.query);
          const errors = enveloped.validate(enveloped.schema, document);
          if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, logger));
          return {
            schema: enveloped.schema,
            operationName: params.operationName ?? null,
            document,
            variableValues: params.variables ?? null,
            contextValue: await enveloped.contextFactory(),
            rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
          };
        } catch (error) {
          return [toClientError(error, logger)];
        }
      },
    },
    sockets,
  );
  return {
    async close(): Promise<void> {
      for (const client of sockets.clients)
        client.close(goingAway, 'The server is shutting down; resume with your last cursor.');
      await running.dispose();
    },
    count: (): number => sockets.clients.size,
  };
}
