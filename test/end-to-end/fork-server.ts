import { fork, type ChildProcess } from 'node:child_process';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { probePort } from '../../src/embedded/ports.ts';
import { distFile } from '../support/dist.ts';
import { isUp } from '../support/forked.ts';
import type { Prism } from '../support/prism.ts';

export type ForkedServer = { readonly process: ChildProcess; readonly url: string; connect(): Client };

/** An API process of its own on the same installation, which can be killed. Whoever forks it ends it. */
export async function forkServer({ config }: Pick<Prism, 'config'>, tries = 3): Promise<ForkedServer> {
  const port = await probePort(0);
  const child = fork(distFile('src', 'server', 'main.js'), {
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: config.databaseUrl ?? '',
      REDIS_URL: config.redisUrl ?? '',
      REDIS_PREFIX: config.redisPrefix,
      PRISM_DATA_DIR: config.dataDir,
      BEDROCK_ENDPOINT: config.bedrockEndpoint ?? '',
      LOG_LEVEL: config.logLevel,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  if (!(await isUp(child))) {
    if (tries === 1) throw new Error('An API process ended before it was up.');
    // Somebody else may have taken the port.
    return forkServer({ config }, tries - 1);
  }
  const url = `http://127.0.0.1:${port}/graphql`;
  const connect = (): Client =>
    createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  return { process: child, url, connect };
}
