import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EmbeddedServer } from '../../src/embedded/child-process.ts';
import { commandLineOf } from '../../src/embedded/process-table.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { findRedisProgram } from '../../src/embedded/redis-program.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const binDir = join(findPackageRoot(import.meta.dirname), '.prism', 'bin');

async function start(dataDir: string): Promise<EmbeddedServer> {
  const server = await startEmbeddedRedis({ dataDir, binDir, onLog: () => undefined });
  onTestFinished(() => server.stop());
  return server;
}

function connect(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => null });
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

const exitOf = (server: EmbeddedServer) => new Promise<string>((resolve) => server.onExit(resolve));

describe('embedded Redis', () => {
  test('keeps its data and its address from start to start', async () => {
    const folder = await createTempFolder();
    const first = await start(folder);
    await connect(first.url).set('kept', '42');
    await first.stop();
    const second = await start(folder);
    expect(await connect(second.url).get('kept')).toBe('42');
    expect(second.url).toBe(first.url);
  });

  test('never evicts, and writes to disk every second', async () => {
    const client = connect((await start(await createTempFolder())).url);
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await client.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  });

  test('asks for a password that only the owner of the folder can read', async () => {
    const folder = await createTempFolder();
    const server = await start(folder);
    await expect(connect(`redis://127.0.0.1:${new URL(server.url).port}`).get('x')).rejects.toThrow(/NOAUTH/);
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
  });

  test('does not show its password among its arguments', async () => {
    const server = await start(await createTempFolder());
    expect(await commandLineOf(server.pid)).toMatch(/redis|valkey/);
    expect(await commandLineOf(server.pid)).not.toContain(new URL(server.url).password);
  });

  test('runs beside another one', async () => {
    const [one, other] = await Promise.all([start(await createTempFolder()), start(await createTempFolder())]);
    await connect(one.url).set('mine', '1');
    expect(await connect(other.url).get('mine')).toBeNull();
  });

  test('stops the server that a killed run has left, and goes on with its data', async () => {
    const folder = await createTempFolder();
    const orphan = await start(folder);
    await connect(orphan.url).set('kept', '42');
    const orphanExit = exitOf(orphan);
    const server = await start(folder);
    expect(await orphanExit).toBe('code 0');
    expect(await connect(server.url).get('kept')).toBe('42');
  });

  test('recovers after it was killed itself', async () => {
    const folder = await createTempFolder();
    const victim = await start(folder);
    await connect(victim.url).set('kept', '42');
    const exit = exitOf(victim);
    process.kill(victim.pid, 'SIGKILL');
    expect(await exit).toBe('SIGKILL');
    expect(await connect((await start(folder)).url).get('kept')).toBe('42');
  });

  test('says what to install where there is none', async () => {
    const options = { binDir: await createTempFolder(), names: ['no-such-server'], fetch: async () => null };
    await expect(findRedisProgram(options)).rejects.toThrow(/Install redis-server or valkey-server.*or set REDIS_URL/);
  });
});
