import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.ts';
import type { Logger } from '../observability/logger.ts';
import { createRuntime } from '../runtime.ts';
import { signedFilesPath } from '../storage/create-store.ts';
import { createSignedFileHandler } from '../storage/signed-files.ts';
import { createGraphqlServer } from './graphql.ts';
import { createHttpServer } from './http.ts';
import { createWatchPageHandler } from './watch-page.ts';
import { attachWebsocket } from './websocket.ts';

const pingMs = 12_000;
// For clients to take leave and for requests to be answered; streams would never end by themselves.
const longestGoodbyeMs = 1_000;

/** The API on one port. `close` takes no new connections, sends the open ones away and ends when they are gone. */
export async function startServer({ config, logger }: { config: Config; logger: Logger }) {
  let { port } = config;
  const origin = (): string => config.publicUrl ?? `http://${config.host}:${port}`;
  const runtime = await createRuntime({ config, logger, name: 'api', commands: 'requests', baseUrl: origin });
  const graphql = createGraphqlServer({
    services: runtime.services,
    logger,
    clock: runtime.clock,
    maxUploadBytes: config.maxUploadBytes,
    isPlaygroundEnabled: config.isPlaygroundEnabled,
    subscriptionsPerTenant: config.subscriptionsPerTenant,
    slowConsumerMs: config.slowConsumerMs,
  });
  const signedFiles =
    runtime.signedFiles &&
    createSignedFileHandler({
      ...runtime.signedFiles,
      clock: runtime.clock,
      path: signedFilesPath,
      onError: (error) => logger.error({ err: error }, 'a signed file could not be served'),
    });
  const watchPage = config.isPlaygroundEnabled ? createWatchPageHandler() : null;
  const http = createHttpServer({
    graphql: (request, response) => graphql.yoga(request, response),
    files: [signedFiles, watchPage].filter((handler) => handler !== null),
    health: runtime.services.health,
  });
  const websocket = attachWebsocket(http, graphql, logger, {
    subscriptionsPerSocket: config.subscriptionsPerSocket,
    pingMs,
    allowedOrigins: config.publicUrl
      ? [...config.allowedOrigins, new URL(config.publicUrl).origin]
      : config.allowedOrigins,
  });
  http.listen(config.port, config.host);
  await once(http, 'listening');
  ({ port } = http.address() as AddressInfo);

  return {
    port,
    url: `http://${config.host}:${port}/graphql`,
    runtime,
    async close(): Promise<void> {
      const closed = once(http, 'close');
      const graceMs = Math.min(longestGoodbyeMs, config.shutdownGraceMs);
      http.close();
      // A stream over HTTP has no word for "resume elsewhere": its end without a `complete` says so.
      const timer = setTimeout(() => http.closeAllConnections(), graceMs);
      await websocket.close(graceMs);
      http.closeIdleConnections();
      await closed;
      clearTimeout(timer);
      await runtime.close();
    },
  };
}
