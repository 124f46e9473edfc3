import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { migrate } from '../migrate.ts';
import type { EmbeddedServer } from './child-process.ts';
import { startAnnouncedProcess, startNodeProcess } from './node-part.ts';
import { startEmbeddedPostgres } from './postgres.ts';
import { startEmbeddedRedis } from './redis.ts';
import { claimRunFolder, type RunFolder } from './run-folder.ts';
import { createSupervisor, type PartTools, type Supervisor } from './supervisor.ts';
import { childEnvironment, modelsOf, type Models } from './surroundings.ts';
import type { Terminal } from './terminal.ts';

/*
 * The whole product on one machine: Postgres (then migrations), Redis and the Bedrock simulator beside each other, then API and worker.
 * Each of the first three is left out when the environment names a real one.
 */

type SystemOptions = {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Scripts of our own processes. */
  readonly entries: { readonly api: string; readonly worker: string; readonly simulator: string };
  /** Folder with schema.prisma and migrations/. */
  readonly prismaDir: string;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** A part keeps dying: the system is of no use any more, and should be stopped. */
  readonly onGiveUp: (reason: string) => void;
};

type RunningSystem = {
  /** Where the API is, without a path. */
  readonly url: string;
  readonly logDir: string;
  readonly models: Models;
};

export type System = {
  /** Rejects with one clear message when it cannot be brought up, also when it is stopped meanwhile. Call `stop` after that. */
  start(): Promise<RunningSystem>;
  /** API and worker first, then the simulator, Redis, Postgres. Leaves nothing running, and the data folder free. */
  stop(): Promise<void>;
  /** Without asking anyone. */
  kill(): void;
};

export function createSystem(options: SystemOptions): System {
  let folder: RunFolder | null = null;
  let supervisor: Supervisor | null = null;
  let isStopped = false;
  return {
    async start() {
      folder = await claimRunFolder(options.config);
      if (isStopped) throw new Error('Stopped before anything was started.');
      supervisor = createSupervisor({ ...options, folder });
      return bringUpAll(options, folder, supervisor);
    },
    async stop() {
      isStopped = true;
      await supervisor?.stop();
      await folder?.release();
    },
    kill() {
      isStopped = true;
      supervisor?.kill();
    },
  };
}

async function bringUpAll(options: SystemOptions, folder: RunFolder, supervisor: Supervisor): Promise<RunningSystem> {
  const { config, env, entries } = options;
  const models = modelsOf(config, env);
  const { dataDir, port } = folder;
  noteReplaced(options.terminal, config, dataDir);
  const [databaseUrl, redisUrl, simulatorUrl] = await Promise.all([
    bringUpDatabase(options, folder, supervisor),
    config.redisUrl ?? bringUpRedis(folder, supervisor),
    models === 'simulated' ? bringUpSimulator(options, supervisor) : null,
  ]);
  const childEnv = childEnvironment(env, config, { databaseUrl, redisUrl, simulatorUrl, dataDir, port });
  // Longer than they take by themselves, which is when they give work in hand back.
  const graceMs = config.shutdownGraceMs + 5_000;
  const url = config.publicUrl ?? `http://localhost:${port}`;
  const processOf = (name: string, entry: string) => (tools: PartTools) =>
    startNodeProcess({ name, entry, env: childEnv, graceMs, ...tools });
  await Promise.all([
    supervisor.bringUp('API', { start: processOf('API', entries.api), detail: () => url, isShown: true }),
    supervisor.bringUp('Worker', { start: processOf('Worker', entries.worker), detail: () => '', isShown: true }),
  ]);
  return { url, logDir: folder.logDir, models };
}

/** What needs no start of its own: the folder, and whatever the environment has named instead of an embedded part. */
function noteReplaced(terminal: Terminal, config: Config, dataDir: string): void {
  if (config.databaseUrl !== null) terminal.note('Postgres', 'the one of DATABASE_URL');
  if (config.redisUrl !== null) terminal.note('Redis', 'the one of REDIS_URL');
  terminal.note('Storage', config.bucketName === null ? `a folder in ${dataDir}` : `S3 bucket ${config.bucketName}`);
}

async function bringUpDatabase(options: SystemOptions, folder: RunFolder, supervisor: Supervisor): Promise<string> {
  const databaseUrl = options.config.databaseUrl ?? (await bringUpPostgres(folder, supervisor));
  const startedMs = options.clock.monotonic();
  const { applied } = await migrate({
    databaseUrl,
    migrationsDir: join(options.prismaDir, 'migrations'),
    schemaPath: join(options.prismaDir, 'schema.prisma'),
    onLog: () => undefined,
  });
  const detail = applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`;
  options.terminal.ready('Migrations', options.clock.monotonic() - startedMs, detail);
  return databaseUrl;
}

/** Restarted on the port that the others know. */
const onTheSamePort = (start: (tools: PartTools, port: number | undefined) => Promise<EmbeddedServer>) => {
  let port: number | undefined;
  return async (tools: PartTools): Promise<EmbeddedServer> => {
    const server = await start(tools, port);
    port = Number(new URL(server.url).port);
    return server;
  };
};

async function bringUpPostgres(folder: RunFolder, supervisor: Supervisor): Promise<string> {
  const { url } = await supervisor.bringUp('Postgres', {
    start: onTheSamePort(({ onLine, ...tools }, port) =>
      startEmbeddedPostgres({ dataDir: join(folder.dataDir, 'postgres'), port, onLog: onLine, ...tools }),
    ),
    detail: whereOf,
    isShown: false,
  });
  return url;
}

async function bringUpRedis(folder: RunFolder, supervisor: Supervisor): Promise<string> {
  const dirs = { dataDir: join(folder.dataDir, 'redis'), binDir: join(folder.dataDir, 'bin') };
  const { url } = await supervisor.bringUp('Redis', {
    start: onTheSamePort(({ onLine, ...tools }, port) =>
      startEmbeddedRedis({ ...dirs, port, onLog: onLine, ...tools }),
    ),
    detail: whereOf,
    isShown: false,
  });
  return url;
}

async function bringUpSimulator(options: SystemOptions, supervisor: Supervisor): Promise<string> {
  const { entries, env } = options;
  const { url } = await supervisor.bringUp('Simulator', {
    start: onTheSamePort((tools, port) =>
      startAnnouncedProcess({
        name: 'The simulator',
        entry: entries.simulator,
        args: ['--port', String(port ?? 0)],
        env,
        graceMs: 2_000,
        ...tools,
      }),
    ),
    detail: (server) => `stands in for Bedrock, ${whereOf(server)}`,
    isShown: true,
  });
  return url;
}

const whereOf = (server: EmbeddedServer) => `port ${new URL(server.url).port}`;
