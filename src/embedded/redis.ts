import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadOrCreateSecret } from '../storage/signing-secret.ts';
import { startChild, type EmbeddedServer } from './child-process.ts';
import { startOnKeptPort } from './ports.ts';
import { stopRecorded } from './process-table.ts';
import { findRedisProgram } from './redis-program.ts';

/*
 * Redis (or Valkey) in a folder:
 *
 *   <dataDir>/appendonlydir   every write, on disk within a second
 *   <dataDir>/password        random, mode 0600
 *   <dataDir>/port            the port it got, kept as long as it is free
 *   <dataDir>/pid             the process, so that the next start finds what a killed run has left
 *
 * It listens on the loopback interface only and never evicts, as BullMQ demands. One run at a time per folder: the caller sees to that.
 */

type RedisOptions = {
  readonly dataDir: string;
  /** Where a server is unpacked when this machine has none; see redis-program.ts. */
  readonly binDir: string;
  /** By default a free one, the same from start to start if possible. */
  readonly port?: number | undefined;
  /** Every line that Redis writes. */
  readonly onLog: (line: string) => void;
  /** What takes longer than usual, for a person who waits. */
  readonly onProgress?: (what: string) => void;
  readonly signal?: AbortSignal;
};

/** Starts Redis on `dataDir`. Its data is loaded when it resolves. */
export async function startEmbeddedRedis(options: RedisOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const pidFile = join(dataDir, 'pid');
  const [program, password] = await Promise.all([
    findRedisProgram({ ...options, binDir: resolve(options.binDir) }),
    loadOrCreateSecret(join(dataDir, 'password')),
    stopRecorded(pidFile, 'SIGTERM', 15_000),
  ]);
  return startOnKeptPort(join(dataDir, 'port'), options.port, async (port) => {
    const { handle } = await startChild({
      name: 'Redis',
      command: program.command,
      // The configuration comes by standard input: a password among the arguments could be read by every user of the machine.
      args: [...program.args, '-'],
      input: configuration({ port, dataDir, password }),
      cwd: dataDir,
      readiness: ({ line }) => (line?.includes('eady to accept connections') === true ? true : undefined),
      readyTimeoutMs: 60_000,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 15_000,
      pidFile,
      onLine: options.onLog,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return { ...handle, url: `redis://:${password}@127.0.0.1:${port}` };
  });
}

function configuration(of: { port: number; dataDir: string; password: string }): string {
  return [
    'bind 127.0.0.1',
    `port ${of.port}`,
    `dir ${JSON.stringify(of.dataDir)}`,
    `requirepass ${of.password}`,
    'daemonize no',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}
