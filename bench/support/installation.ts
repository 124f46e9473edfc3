import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSql } from '../../src/database/sql-session.ts';
import type { ChildHandle } from '../../src/embedded/child-process.ts';
import { startAnnouncedProcess, startNodeProcess } from '../../src/embedded/node-part.ts';
import { runWhenParentDies } from '../../src/embedded/parent-guard.ts';
import { probePort } from '../../src/embedded/ports.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { migrate } from '../../src/migrate.ts';
import { findPackageRoot } from '../../src/package-root.ts';

/*
 * An installation of its own for measuring: Postgres and Redis in a temporary folder, and on them one system after another, each of
 * simulator, API and worker as processes of the build, with a fresh database and Redis prefix. Nothing of it is left when this process ends,
 * however it ends: each process has a guard, and so has the folder.
 */

export type Servers = {
  readonly postgresPid: number;
  readonly redisPid: number;
  startSystem(options: SystemOptions): Promise<System>;
  stop(): Promise<void>;
};

type SystemOptions = {
  /** How fast the simulator answers. */
  readonly tokensPerSecond: number;
  readonly settings: Readonly<Record<string, string>>;
};

export type System = {
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly apiPid: number;
  readonly workerPid: number;
  readonly simulatorPid: number;
  stop(): Promise<void>;
};

const root = findPackageRoot();
const entry = (...path: string[]): string => join(import.meta.dirname, '..', '..', ...path);

export async function startServers(): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  const dismiss = removeWhenKilled(folder);
  const started: ChildHandle[] = [];
  const stop = async (): Promise<void> => {
    await stopInReverse(started);
    await rm(folder, { recursive: true, force: true });
    dismiss();
  };
  try {
    const onLog = (): void => undefined;
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), onLog });
    started.push(postgres);
    // Packages may be fetched on a machine without Redis: kept outside the run's folder, so that it happens once.
    const binDir = join(root, '.prism', 'bin');
    const redis = await startEmbeddedRedis({ dataDir: join(folder, 'redis'), binDir, onLog });
    started.push(redis);
    const at = { folder, postgresUrl: postgres.url, redisUrl: redis.url };
    return {
      postgresPid: postgres.pid,
      redisPid: redis.pid,
      startSystem: (options) => startSystem(at, options),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Addresses = { readonly folder: string; readonly postgresUrl: string; readonly redisUrl: string };

async function startSystem(at: Addresses, { tokensPerSecond, settings }: SystemOptions): Promise<System> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  const folder = join(at.folder, name);
  const started: ChildHandle[] = [];
  const stop = (): Promise<void> => stopInReverse(started);
  try {
    const [databaseUrl, port] = await Promise.all([createDatabase(at.postgresUrl, name), probePort(0), mkdir(folder)]);
    const simulator = await startAnnouncedProcess({
      ...sharedBy('simulator', folder),
      entry: entry('src', 'embedded', 'bedrock-simulator', 'main.js'),
      env: { ...process.env, SIMULATOR_TOKENS_PER_SECOND: String(tokensPerSecond) },
    });
    started.push(simulator);
    const env = {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      REDIS_URL: at.redisUrl,
      REDIS_PREFIX: name,
      PRISM_DATA_DIR: folder,
      BEDROCK_ENDPOINT: simulator.url,
      AWS_ACCESS_KEY_ID: 'simulator',
      AWS_SECRET_ACCESS_KEY: 'simulator',
      LOG_FORMAT: 'json',
      SHUTDOWN_GRACE_MS: '200',
      ...settings,
    };
    const worker = await startNodeProcess({ ...sharedBy('worker', folder), entry: entry('worker', 'main.js'), env });
    started.push(worker);
    const api = await startNodeProcess({ ...sharedBy('api', folder), entry: entry('src', 'server', 'main.js'), env });
    started.push(api);
    return {
      apiUrl: `http://127.0.0.1:${port}/graphql`,
      simulatorUrl: simulator.url,
      apiPid: api.pid,
      workerPid: worker.pid,
      simulatorPid: simulator.pid,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopInReverse(started: readonly ChildHandle[]): Promise<void> {
  for (const handle of [...started].reverse()) await handle.stop();
}

const sharedBy = (name: string, folder: string) => ({
  name,
  graceMs: 5_000,
  pidFile: join(folder, `${name}.pid`),
  onLine: (line: string) => showTrouble(name, line),
  signal: new AbortController().signal,
});

/** A figure that was measured amid warnings is none: they are shown. */
function showTrouble(name: string, line: string): void {
  const isQuiet = line.startsWith('{') && /"level":"(trace|debug|info)"/.test(line);
  if (!isQuiet && !line.startsWith('{"url"')) console.error(`${name}: ${line}`);
}

async function createDatabase(postgresUrl: string, name: string): Promise<string> {
  const url = new URL(postgresUrl);
  await runSql(url.href, `CREATE DATABASE ${name}`);
  url.pathname = name;
  await migrate({
    databaseUrl: url.href,
    migrationsDir: join(root, 'prisma', 'migrations'),
    schemaPath: join(root, 'prisma', 'schema.prisma'),
    onLog: () => undefined,
  });
  return url.href;
}

/** When this process is killed, the guards of its children have ended them within 15 s; then their folder can go. */
const removeWhenKilled = (folder: string): (() => void) => runWhenParentDies('sleep 20; rm -rf -- "$1"', [folder]);
