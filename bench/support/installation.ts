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
  const onLog = (): void => undefined;
  // Packages may be fetched on a machine without Redis: kept outside the run's folder, so that it happens once.
  const binDir = join(root, '.prism', 'bin');
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), onLog }),
    startEmbeddedRedis({ dataDir: join(folder, 'redis'), binDir, onLog }),
  ]);
  const dismiss = removeWhenKilled(folder, [postgres.pid, redis.pid]);
  return {
    postgresPid: postgres.pid,
    redisPid: redis.pid,
    startSystem: (options) => startSystem({ folder, postgresUrl: postgres.url, redisUrl: redis.url }, options),
    async stop() {
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
      dismiss();
    },
  };
}

type Addresses = { readonly folder: string; readonly postgresUrl: string; readonly redisUrl: string };

async function startSystem(at: Addresses, options: SystemOptions): Promise<System> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  const folder = join(at.folder, name);
  const [databaseUrl, port] = await Promise.all([createDatabase(at.postgresUrl, name), probePort(0), mkdir(folder)]);
  const started: ChildHandle[] = [];
  const start = async <T extends ChildHandle>(
    part: string,
    starting: (shared: ReturnType<typeof sharedBy>) => Promise<T>,
  ): Promise<T> => {
    const handle = await starting(sharedBy(part, folder));
    started.push(handle);
    return handle;
  };
  const simulatorEnv = { ...process.env, SIMULATOR_TOKENS_PER_SECOND: String(options.tokensPerSecond) };
  const simulatorEntry = entry('src', 'embedded', 'bedrock-simulator', 'main.js');
  const simulator = await start('simulator', (shared) =>
    startAnnouncedProcess({ ...shared, entry: simulatorEntry, env: simulatorEnv }),
  );
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
    ...options.settings,
  };
  const [api, worker] = await Promise.all([
    start('api', (shared) => startNodeProcess({ ...shared, entry: entry('src', 'server', 'main.js'), env })),
    start('worker', (shared) => startNodeProcess({ ...shared, entry: entry('worker', 'main.js'), env })),
  ]);
  return {
    apiUrl: `http://127.0.0.1:${port}/graphql`,
    simulatorUrl: simulator.url,
    apiPid: api.pid,
    workerPid: worker.pid,
    simulatorPid: simulator.pid,
    async stop() {
      for (const handle of [...started].reverse()) await handle.stop();
    },
  };
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

/** The servers end by their own guards; the folder can go when they have. */
function removeWhenKilled(folder: string, pids: readonly number[]): () => void {
  const script = `
    folder=$1; shift
    for pid in "$@"; do for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done; done
    rm -rf -- "$folder"`;
  return runWhenParentDies(script, [folder, ...pids.map(String)]);
}
