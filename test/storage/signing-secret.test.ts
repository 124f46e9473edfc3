import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateSecret } from '../../src/storage/signing-secret.ts';

describe('loadOrCreateSecret', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prism-secret-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('creates 32 random bytes that only their owner can read, and gives the same ones ever after', async () => {
    const path = join(folder, 'new', 'secret');
    const secret = await loadOrCreateSecret(path);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadOrCreateSecret(path)).toBe(secret);
    expect(await loadOrCreateSecret(join(folder, 'other'))).not.toBe(secret);
  });

  it('gives one and the same to all who start at once, and leaves no other file', async () => {
    const path = join(folder, 'secret');
    const secrets = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateSecret(path)));
    expect(new Set(secrets).size).toBe(1);
    expect(await readdir(folder)).toEqual(['secret']);
  });

  it('refuses a file that holds something else', async () => {
    const path = join(folder, 'secret');
    await writeFile(path, 'changeme');
    await expect(loadOrCreateSecret(path)).rejects.toThrow('Delete it to get a new one');
  });
});
