import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startOnKeptPort } from '../../src/embedded/ports.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const same = async (port: number) => port;

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

describe('kept port', () => {
  test('is the same from start to start', async () => {
    const file = join(await createTempFolder(), 'port');
    expect(await startOnKeptPort(file, undefined, same)).toBe(await startOnKeptPort(file, undefined, same));
  });

  test('is another one when a program has taken it', async () => {
    const file = join(await createTempFolder(), 'port');
    const first = await startOnKeptPort(file, undefined, same);
    await occupy(first);
    const second = await startOnKeptPort(file, undefined, same);
    expect(second).not.toBe(first);
    expect((await readFile(file, 'utf8')).trim()).toBe(String(second));
  });

  test('is another one when a program takes it in the very moment of the start', async () => {
    const file = join(await createTempFolder(), 'port');
    const tried: number[] = [];
    const port = await startOnKeptPort(file, undefined, async (candidate) => {
      tried.push(candidate);
      if (tried.length > 1) return candidate;
      await occupy(candidate);
      throw new Error('address in use');
    });
    expect(tried).toEqual([expect.any(Number), port]);
  });

  test('is not changed for a failure that has another reason', async () => {
    const file = join(await createTempFolder(), 'port');
    await expect(startOnKeptPort(file, undefined, () => Promise.reject(new Error('no disk')))).rejects.toThrow(
      'no disk',
    );
  });
});
