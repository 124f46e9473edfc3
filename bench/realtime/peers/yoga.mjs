import { createServer } from 'node:http';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { subscriptionResolvers, typeDefs } from './schema.mjs';
import { endWithParent, serve } from './serve.mjs';

/*
 * Yoga as its documentation sets it up: its own pub/sub over Redis by an event target, WebSocket by graphql-ws with Yoga's own pipeline. Its
 * package for Redis does not take this version of ioredis, so the event target is written out here; it does the same.
 */
const redis = new Redis(process.env.REDIS_URL);
const listeners = new Map();
redis.on('message', (type, message) => {
  const event = new CustomEvent(type, { detail: JSON.parse(message) });
  for (const listener of listeners.get(type) ?? []) listener(event);
});
const eventTarget = {
  addEventListener(type, listener) {
    if (!listeners.has(type)) {
      listeners.set(type, new Set());
      void redis.subscribe(type);
    }
    listeners.get(type).add(listener);
  },
  removeEventListener(type, listener) {
    const ofType = listeners.get(type);
    if (!ofType?.delete(listener) || ofType.size > 0) return;
    listeners.delete(type);
    void redis.unsubscribe(type);
  },
  dispatchEvent: () => true,
};
const pubSub = createPubSub({ eventTarget });

const schema = createSchema({
  typeDefs,
  resolvers: { Query: { isUp: () => true }, Subscription: subscriptionResolvers((id) => pubSub.subscribe(id)) },
});
const yoga = createYoga({ schema, logging: false });
const http = createServer((request, response) => void yoga(request, response));
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const document = parse(params.query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      return {
        schema,
        operationName: params.operationName,
        document,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
    },
  },
  new WebSocketServer({ server: http, path: '/graphql' }),
);

endWithParent();
serve(http);
