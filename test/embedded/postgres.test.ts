import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runSql } from '../../src/database/sql-session.ts';
import type { EmbeddedServer } from '../../src/embedded/child-process.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { createTempFolder } from '../support/temp-folder.ts';

/** A cluster is made once (initdb waits for the disk), and copied for the tests that need one. */
let pattern: string;
beforeAll(async () => {
  pattern = await mkdtemp(join(tmpdir(), 'prism-'));
  await (await startEmbeddedPostgres({ dataDir: pattern, onLog: () => undefined })).stop();
  // Two copies that start at once would take the same one.
  await rm(join(pattern, 'port'));
});
afterAll(() => rm(pattern, { recursive: true }));

async function createCluster(): Promise<string> {
  const folder = await createTempFolder();
  await promisify(execFile)('cp', ['-a', `${pattern}/.`, folder]);
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedServer> {
  const server = await startEmbeddedPostgres({ dataDir, onLog: () => undefined });
  onTestFinished(() => server.stop());
  return server;
}

const exitOf = (server: EmbeddedServer) => new Promise<string>((resolve) => server.onExit(resolve));
const write = (server: EmbeddedServer) => runSql(server.url, 'CREATE TABLE kept (n INT); INSERT INTO kept VALUES (42)');
const read = (server: EmbeddedServer) => runSql(server.url, 'SELECT n FROM kept');

describe('embedded Postgres', { timeout: 90_000 }, () => {
  test('makes its folder the first time', async () => {
    const progress: string[] = [];
    const folder = await createTempFolder();
    const server = await startEmbeddedPostgres({
      dataDir: folder,
      onLog: () => undefined,
      onProgress: (what) => progress.push(what),
    });
    onTestFinished(() => server.stop());
    expect(progress).toEqual(['creating its data folder']);
    expect(await runSql(server.url, 'SELECT current_database()')).toEqual([{ current_database: 'prism' }]);
  });

  test('keeps its data and its address from start to start', async () => {
    const folder = await createCluster();
    const first = await start(folder);
    await write(first);
    await first.stop();
    const second = await start(folder);
    expect(await read(second)).toEqual([{ n: 42 }]);
    expect(second.url).toBe(first.url);
  });

  test('knows Unicode whatever the locale of the machine', async () => {
    const server = await start(await createCluster());
    expect(await runSql(server.url, "SELECT lower('ÄÉΩ') AS lower, length('日本')")).toEqual([
      { lower: 'äéω', length: 2 },
    ]);
  });

  test('asks for a password that only the owner of the folder can read', async () => {
    const folder = await createCluster();
    const server = await start(folder);
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    await expect(runSql(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
  });

  test('runs beside another one', async () => {
    const [one, other] = await Promise.all([start(await createCluster()), start(await createCluster())]);
    await write(one);
    await expect(read(other)).rejects.toThrow(/does not exist/);
    expect(await read(one)).toEqual([{ n: 42 }]);
  });

  test('stops the server that a killed run has left, and goes on with its data', async () => {
    const folder = await createCluster();
    const orphan = await start(folder);
    await write(orphan);
    const orphanExit = exitOf(orphan);
    const server = await start(folder);
    expect(await orphanExit).toBe('code 0');
    expect(await read(server)).toEqual([{ n: 42 }]);
  });

  test('recovers after it was killed itself', async () => {
    const folder = await createCluster();
    const victim = await start(folder);
    await write(victim);
    const exit = exitOf(victim);
    process.kill(victim.pid, 'SIGKILL');
    expect(await exit).toBe('SIGKILL');
    expect(await read(await start(folder))).toEqual([{ n: 42 }]);
  });

  test('is not misled by a stale pid file whose number belongs to another process by now', async () => {
    const [folder, otherFolder] = [await createCluster(), await createCluster()];
    const [victim, other] = await Promise.all([start(folder), start(otherFolder)]);
    await write(victim);
    const pidFile = join(folder, 'data', 'postmaster.pid');
    const exit = exitOf(victim);
    process.kill(victim.pid, 'SIGKILL');
    await exit;
    // Another server's: as the same user, so that Postgres itself would take it for its predecessor and refuse.
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(other.pid)));
    expect(await read(await start(folder))).toEqual([{ n: 42 }]);
    expect(await runSql(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('never takes a half-made cluster for a whole one', async () => {
    const folder = await createTempFolder();
    await mkdir(join(folder, 'data.new'));
    await writeFile(join(folder, 'data.new', 'PG_VERSION'), '18\n');
    const server = await start(folder);
    expect(await runSql(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('says why it does not start', async () => {
    const folder = await createCluster();
    await (await start(folder)).stop();
    await writeFile(join(folder, 'data', 'postgresql.conf'), 'nonsense\n');
    await expect(start(folder)).rejects.toThrow(/Postgres ended \(code 1\) before it was ready.*syntax error/);
  });

  test('leaves nothing running when its start is called off', async () => {
    const folder = await createCluster();
    await (await start(folder)).stop();
    const calledOff = new AbortController();
    const starting = startEmbeddedPostgres({
      dataDir: folder,
      onLog: () => calledOff.abort(new Error('called off')),
      signal: calledOff.signal,
    });
    await expect(starting).rejects.toThrow('called off');
    await expect(readFile(join(folder, 'data', 'postmaster.pid'))).rejects.toThrow(/ENOENT/);
  });
});
