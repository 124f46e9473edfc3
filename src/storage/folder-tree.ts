import type { Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareKeys } from './blob-key.ts';
import type { BlobStat } from './blob-store.ts';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Whether `error` says that there is nothing under a path: its last part, or a folder on the way, is not there. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** With its parents; for nobody else on this machine to look into. */
export const makeFolder = (path: string): Promise<string | undefined> => mkdir(path, { recursive: true, mode: 0o700 });

/**
 * Moves a finished file to its place below `root`, atomically, and makes that survive a loss of power. A folder on the way may be removed
 * by `pruneFolders` of another call, between being made and being used: then it is made again.
 */
export async function moveIntoPlace(temporary: string, path: string, root: string): Promise<void> {
  for (let attemptsLeft = 100; ; attemptsLeft -= 1) {
    try {
      await makeFolder(dirname(path));
      await rename(temporary, path);
      break;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attemptsLeft === 0) throw error;
    }
  }
  // A new name is on the disk only when the folder that lists it is; which of them are new, another call may know.
  for (let folder = dirname(path); folder.startsWith(root); folder = dirname(folder)) await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot sync a folder, nor needs it.
  if (process.platform === 'win32') return;
  let handle: FileHandle;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    // What was stored in it has been deleted already.
    if (isMissing(error)) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes `folder` and those above it, as long as they are empty and below `root`. */
export async function pruneFolders(folder: string, root: string): Promise<void> {
  for (let current = folder; current !== root; current = dirname(current)) {
    try {
      await rmdir(current);
    } catch (error) {
      // Somebody else was faster: the folder above may be empty nevertheless.
      if (!isMissing(error)) return;
    }
  }
}

/** All files below `folder` whose key starts with `prefix`, in the order of keys; a file that goes meanwhile is left out. */
export async function* walkFolder(folder: string, prefix: string, folderKey = ''): AsyncGenerator<BlobStat> {
  for (const { entry, key } of await entriesInOrder(folder, folderKey)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && (key.startsWith(prefix) || prefix.startsWith(key))) yield* walkFolder(path, prefix, key);
    if (!entry.isFile() || !key.startsWith(prefix)) continue;
    const found = await statFile(path);
    if (found !== undefined) yield { key, ...found };
  }
}

/** A folder's key ends in a slash, and sorts so: `a.txt` comes before `a/b`, as '.' comes before '/'. */
async function entriesInOrder(folder: string, folderKey: string): Promise<{ entry: Dirent; key: string }[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return entries
    .map((entry) => ({ entry, key: `${folderKey}${entry.name}${entry.isDirectory() ? '/' : ''}` }))
    .sort((a, b) => compareKeys(a.key, b.key));
}

/** Undefined when there is no such file. */
export async function statFile(path: string): Promise<Omit<BlobStat, 'key'> | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { sizeBytes: found.size, modifiedAt: found.mtime } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes the files of `folder` that nobody has written to since `beforeMs` (wall clock). */
export async function sweepFolder(folder: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await statFile(path);
    if (found !== undefined && found.modifiedAt.getTime() < beforeMs) await rm(path, { force: true });
  }
}
