import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import express from 'express';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { subscriptionResolvers, typeDefs } from './schema.mjs';
import { endWithParent, serve } from './serve.mjs';

/* Apollo Server as its documentation sets it up: HTTP by Express, subscriptions by graphql-ws beside it, pub/sub over Redis. */
const pubSub = new RedisPubSub({
  publisher: new Redis(process.env.REDIS_URL),
  subscriber: new Redis(process.env.REDIS_URL),
});
const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: { isUp: () => true },
    Subscription: subscriptionResolvers((id) => pubSub.asyncIterableIterator(id)),
  },
});
const app = express();
const http = createServer(app);
useServer({ schema }, new WebSocketServer({ server: http, path: '/graphql' }));
const apollo = new ApolloServer({ schema });
await apollo.start();
app.use('/graphql', express.json(), expressMiddleware(apollo));

endWithParent();
serve(http);
