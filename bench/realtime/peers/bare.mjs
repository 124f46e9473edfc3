import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { endWithParent, serve } from './serve.mjs';

/*
 * The least that can be done: what Redis publishes goes as it is to every socket that has named the channel. No GraphQL, no parsing, no
 * replay, no rights.
 */
const channels = new Map();
const redis = new Redis(process.env.REDIS_URL);
redis.on('message', (name, message) => {
  for (const socket of channels.get(name) ?? []) socket.send(message);
});

const http = createServer();
new WebSocketServer({ server: http, path: '/graphql' }).on('connection', (socket) => {
  const joined = [];
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const name = Buffer.from(data).toString();
    if (!channels.has(name)) {
      channels.set(name, new Set());
      void redis.subscribe(name);
    }
    channels.get(name).add(socket);
    joined.push(name);
  });
  socket.on('close', () => {
    for (const name of joined) {
      const sockets = channels.get(name);
      if (!sockets?.delete(socket) || sockets.size > 0) continue;
      channels.delete(name);
      void redis.unsubscribe(name);
    }
  });
});

endWithParent();
serve(http);
