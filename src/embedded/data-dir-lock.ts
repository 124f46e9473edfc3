import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { identityOf, recordedProcess } from './process-table.ts';

/**
 * Takes the folder for this process alone; a lock that a killed run has left is taken over. Throws AppError when another run uses it.
 * Returns what gives it back.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, 'lock');
  const own = `${file}.${randomUUID()}`;
  await mkdir(dataDir, { recursive: true });
  await writeFile(own, `${await identityOf(process.pid)}\n`);
  try {
    while (!(await hasLinked(own, file))) {
      const held = await readFile(file, 'utf8').catch(() => '');
      const holder = await recordedProcess(file);
      if (holder !== null) throw inUse(dataDir, holder);
      await removeIfStill(file, held);
    }
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(file, { force: true });
}

/** A link appears with its whole content, and only where there is none yet: of two that come at once one gets it. */
const hasLinked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/** Another run may have taken the stale lock over since it was read: then its lock is put back. */
async function removeIfStill(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  const isMoved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if ((await readFile(aside, 'utf8')) !== content) await hasLinked(aside, file);
  await rm(aside, { force: true });
}

const inUse = (dataDir: string, pid: number) =>
  new AppError(
    'CONFLICT',
    `${dataDir} is in use by another run (process ${pid}). Stop it, or set PRISM_DATA_DIR to another folder.`,
  );
