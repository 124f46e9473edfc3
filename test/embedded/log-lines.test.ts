import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPartLog, toTerminal } from '../../src/embedded/log-lines.ts';
import { createTempFolder } from '../support/temp-folder.ts';

describe('log of a part', () => {
  test('takes every line, and shows warnings, errors and crashes', async () => {
    const folder = await createTempFolder();
    const shown: string[] = [];
    const log = await openPartLog(folder, 'api', (line) => shown.push(line));
    const lines = ['{"level":"info","msg":"listening"}', '{"level":"warn","msg":"slow"}', 'TypeError: x is undefined'];
    for (const line of lines) log.write(line);
    await log.close();
    expect((await readFile(join(folder, 'api.log'), 'utf8')).trim().split('\n')).toEqual(lines);
    expect(shown).toEqual(['warn: slow', 'TypeError: x is undefined']);
  });

  test('is kept from run to run', async () => {
    const folder = await createTempFolder();
    for (const line of ['one', 'two']) {
      const log = await openPartLog(folder, 'redis', null);
      log.write(line);
      await log.close();
    }
    expect(await readFile(join(folder, 'redis.log'), 'utf8')).toBe('one\ntwo\n');
  });

  test('begins anew above 10 MB, and keeps the last', async () => {
    const folder = await createTempFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'api.log'), '');
    await truncate(join(folder, 'api.log'), 11 * 1024 * 1024);
    const log = await openPartLog(folder, 'api', null);
    log.write('new');
    await log.close();
    expect(await readFile(join(folder, 'api.log'), 'utf8')).toBe('new\n');
    expect((await readFile(join(folder, 'api.log.1'))).length).toBe(11 * 1024 * 1024);
  });

  test("adds an error's own message", () => {
    expect(toTerminal('{"level":"error","msg":"job failed","err":{"message":"no disk","stack":"..."}}')).toBe(
      'error: job failed: no disk',
    );
  });
});
