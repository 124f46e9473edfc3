import createFastify from 'fastify';
import mercurius from 'mercurius';
import createEmitter from 'mqemitter-redis';
import { subscriptionResolvers, typeDefs } from './schema.mjs';
import { announce, endWithParent } from './serve.mjs';

/* Mercurius as its documentation sets it up: on Fastify, with mqemitter-redis as its pub/sub. */
const fastify = createFastify();
fastify.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: { isUp: () => true },
    Subscription: subscriptionResolvers((id, { pubsub }) => pubsub.subscribe(id)),
  },
  subscription: { emitter: createEmitter({ connectionString: process.env.REDIS_URL }) },
});

endWithParent();
await fastify.listen({ port: 0, host: '127.0.0.1' });
announce(fastify.server.address().port);
