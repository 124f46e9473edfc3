import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Health, HealthCheck } from '../services/health.ts';
import type { Services } from '../services/services.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
type FileHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** /health/<part>, and the name of the old system for its workers. */
const healthParts: Readonly<Record<string, string>> = {
  '/health/postgres': 'postgres',
  '/health/redis': 'redis',
  '/health/storage': 'storage',
  '/health/bedrock': 'bedrock',
  '/health/workers': 'workers',
  '/health/celery': 'workers',
};

type Parts = {
  readonly graphql: Handler;
  /** Each answers the requests that are its own, and resolves to false for the others. */
  readonly files: readonly FileHandler[];
  readonly health: Services['health'];
};

/** One port for everything: GraphQL, files, health. What is none of them is a 404 that says where to go. */
export function createHttpServer(deps: Parts): Server {
  return createServer((request, response) => {
    route(deps, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { code: 'INTERNAL', message: 'Something went wrong on our side.' });
    });
  });
}

async function route(deps: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/graphql') return deps.graphql(request, response);
  for (const serve of deps.files) if (await serve(request, response)) return;
  if (pathname === '/health') return sendHealth(response, await deps.health.check());
  const part = healthParts[pathname];
  const check = part && (await deps.health.checkOne(part));
  if (check) return sendHealth(response, check);
  if (pathname === '/') {
    response.writeHead(302, { location: '/graphql' }).end();
    return;
  }
  sendJson(response, 404, {
    code: 'NOT_FOUND',
    message: 'There is nothing here. GraphQL is at /graphql, health at /health.',
  });
}

const sendHealth = (response: ServerResponse, health: Health | HealthCheck): void =>
  sendJson(response, health.status === 'DOWN' ? 503 : 200, health);

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
