import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedServer } from '../../src/embedded/child-process.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { migrateDatabase } from '../support/migrate-database.ts';
import { startPrism } from '../support/prism.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { forkServer, type ForkedServer } from './fork-server.ts';

export type CrashSite = Awaited<ReturnType<typeof startCrashSite>>;

const onLog = (): void => undefined;
// Packages may be fetched on a machine without Redis: kept outside the folder, so that it happens once.
const binDir = join(findPackageRoot(import.meta.dirname), '.prism', 'bin');

/**
 * An installation whose every part is a process of its own: Postgres, Redis, two API processes behind an address, one worker. Each can be
 * killed with -9, and is brought back as its supervisor would do it.
 */
export async function startCrashSite(tokensPerSecond: number) {
  const folder = await mkdtemp(join(tmpdir(), 'prism-crash-'));
  const startPostgres = () => startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), onLog });
  const startRedis = () => startEmbeddedRedis({ dataDir: join(folder, 'redis'), binDir, onLog });
  let [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  await migrateDatabase(postgres.url);
  const prism = await startPrism({
    workers: 0,
    tokensPerSecond,
    settings: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      RECONCILE_INTERVAL_MS: '1000',
      STALLED_INTERVAL_MS: '500',
      // Room beside the places of the dead, which are free again only when their leases have ended.
      MAX_CONCURRENT_REQUESTS: '100',
    },
  });
  const servers: ForkedServer[] = await Promise.all([forkServer(prism), forkServer(prism)]);
  let worker = await prism.forkWorker();
  const lines: TcpProxy[] = [];
  let replaced: Promise<unknown> = Promise.resolve();

  /** As a load balancer does: whoever comes next goes to one that is left. */
  const route = (): void => lines.forEach((line) => line.retarget(servers[0]?.url ?? ''));

  async function endServer(signal: NodeJS.Signals): Promise<void> {
    // With none left to end, it is the turn of the one that is being started.
    if (servers.length === 0) await replaced;
    const victim = servers.shift();
    if (servers.length > 0) route();
    await end(victim?.process, signal);
    replaced = replaced.then(async () => {
      servers.push(await forkServer(prism));
      route();
    });
  }

  return {
    prism,
    /** A line of a client to the address of the API. */
    async openLine(): Promise<TcpProxy & { readonly url: string }> {
      await replaced;
      const target = servers[0]?.url ?? '';
      const line = await startTcpProxy(target);
      lines.push(line);
      return { ...line, url: line.via(target) };
    },
    killServer: () => endServer('SIGKILL'),
    /** A rolling restart replaces one after another in this way. */
    replaceServer: () => endServer('SIGTERM'),
    killWorker: async (): Promise<void> => {
      await end(worker, 'SIGKILL');
      worker = await prism.forkWorker();
    },
    killRedis: async (): Promise<void> => {
      await kill(redis);
      redis = await startRedis();
    },
    killRedisAndItsData: async (): Promise<void> => {
      await kill(redis);
      await rm(join(folder, 'redis', 'appendonlydir'), { recursive: true });
      redis = await startRedis();
    },
    killPostgres: async (): Promise<void> => {
      await kill(postgres);
      postgres = await startPostgres();
    },
    async close(): Promise<void> {
      await replaced;
      await Promise.all([
        ...servers.map(({ process }) => end(process, 'SIGKILL')),
        ...lines.map((line) => line.close()),
      ]);
      await prism.close();
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(victim: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!victim) throw new Error('There is none left to end.');
  const exit = once(victim, 'exit');
  victim.kill(signal);
  await exit;
}

async function kill(server: EmbeddedServer): Promise<void> {
  const exit = new Promise((resolve) => server.onExit(resolve));
  server.kill();
  await exit;
}
