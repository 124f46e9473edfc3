import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockDataDir } from '../../src/embedded/data-dir-lock.ts';
import { recordedProcess } from '../../src/embedded/process-table.ts';
import { createTempFolder } from '../support/temp-folder.ts';

describe('lock of the data folder', () => {
  test('keeps a second run out, and lets it in when the first has ended', async () => {
    const folder = await createTempFolder();
    const unlock = await lockDataDir(folder);
    await expect(lockDataDir(folder)).rejects.toThrow(`in use by another run (process ${process.pid})`);
    await unlock();
    await (
      await lockDataDir(folder)
    )();
  });

  test('lets one of two in that come at the same moment', async () => {
    const folder = await createTempFolder();
    const results = await Promise.allSettled([lockDataDir(folder), lockDataDir(folder)]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test.each([
    ['a run that was killed', '999999999 1\n'],
    ['a run whose pid belongs to another process by now', `${process.pid} 1\n`],
    ['a run that was killed while it wrote it', ''],
  ])('is taken over from %s', async (_, left) => {
    const folder = await createTempFolder();
    const file = join(folder, 'lock');
    await writeFile(file, left);
    await lockDataDir(folder);
    expect(await recordedProcess(file)).toBe(process.pid);
  });
});
