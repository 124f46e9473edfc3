import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runSql } from '../database/sql-session.ts';
import { loadOrCreateSecret } from '../storage/signing-secret.ts';
import { startChild, type EmbeddedServer } from './child-process.ts';
import { startOnKeptPort } from './ports.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { postgresAccount, type PostgresAccount } from './postgres-user.ts';
import { commandLineOf, stopProcess } from './process-table.ts';

/*
 * Postgres in a folder:
 *
 *   <dataDir>/data       the cluster, made once by initdb (in data.new, then renamed, so that a half-made one is never taken for whole)
 *   <dataDir>/password   of its superuser, random, mode 0600
 *   <dataDir>/port       the port it got, kept as long as it is free
 *
 * It listens on the loopback interface only. What a killed run has left (a server without a parent, a stale postmaster.pid) is cleared
 * away at the next start. One run at a time per folder: the caller sees to that, for a second one would stop the first one's server.
 */

type PostgresOptions = {
  readonly dataDir: string;
  /** By default a free one, the same from start to start if possible. */
  readonly port?: number | undefined;
  /** Every line that Postgres writes. */
  readonly onLog: (line: string) => void;
  /** What takes longer than usual, for a person who waits. */
  readonly onProgress?: (what: string) => void;
  readonly signal?: AbortSignal;
};

const database = 'prism';

/** For one small machine: little memory, few processes, full durability. */
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=32MB',
  'max_wal_size=256MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'io_method=sync',
  'max_parallel_workers_per_gather=0',
  'lc_messages=C',
].flatMap((setting) => ['-c', setting]);

/** Starts Postgres 18 on `dataDir`, creating the cluster and the database `prism` the first time. Ready for connections when it resolves. */
export async function startEmbeddedPostgres(options: PostgresOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const [binaries, password] = await Promise.all([
    findPostgresBinaries(),
    loadOrCreateSecret(join(dataDir, 'password')),
  ]);
  const account = await postgresAccount([binaries.postgres, `${dataDir}/.`]);
  const cluster = join(dataDir, 'data');
  if (!existsSync(cluster)) await createCluster(options, { cluster, password, initdb: binaries.initdb, account });
  await clearRemains(cluster);
  return startOnKeptPort(join(dataDir, 'port'), options.port, async (port) => {
    const { handle } = await startChild({
      name: 'Postgres',
      ...account.start(binaries.postgres, ['-D', cluster, '-p', String(port), ...settings]),
      readiness: ({ line }) => (line?.includes('ready to accept connections') === true ? true : undefined),
      readyTimeoutMs: 60_000,
      // Fast shutdown: does not wait for clients.
      stopSignal: 'SIGINT',
      stopTimeoutMs: 15_000,
      onLine: options.onLog,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const serverUrl = `postgresql://postgres:${password}@127.0.0.1:${port}`;
    try {
      await createDatabase(`${serverUrl}/postgres`);
    } catch (error) {
      await handle.stop();
      throw error;
    }
    return { ...handle, url: `${serverUrl}/${database}` };
  });
}

async function createCluster(
  options: PostgresOptions,
  to: { cluster: string; password: string; initdb: string; account: PostgresAccount },
) {
  const { cluster, account } = to;
  const unfinished = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  options.onProgress?.('creating its data folder');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, to.password, { mode: 0o600 });
  try {
    const { ids } = account;
    if (ids !== null) await Promise.all([unfinished, passwordFile].map((path) => chown(path, ids.uid, ids.gid)));
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const { command, args, ...runAs } = account.start(to.initdb, [`--pgdata=${unfinished}`, ...locale, ...access]);
    const { stdout } = await promisify(execFile)(command, args, {
      ...runAs,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    for (const line of stdout.split('\n')) options.onLog(line);
    await rename(unfinished, cluster);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Stops a server that a killed run has left on this cluster, and removes a pid file whose number belongs to another process by now. */
async function clearRemains(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const commandLine = await commandLineOf(pid);
  if (commandLine.includes(`-D ${cluster}`)) await stopProcess(pid, 'SIGINT', 15_000);
  // Without the process Postgres clears the file by itself, and looks for backends that are still ending. With a stranger it would refuse.
  else if (commandLine !== '') await rm(pidFile, { force: true });
}

async function createDatabase(serverUrl: string): Promise<void> {
  const found = await runSql(serverUrl, `SELECT 1 FROM pg_database WHERE datname = '${database}'`);
  if (found.length === 0) await runSql(serverUrl, `CREATE DATABASE ${database}`);
}
