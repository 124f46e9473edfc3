import { randomUUID } from 'node:crypto';
import { open, readFile, rm, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { assertDeletePrefix, assertKey, assertListPrefix } from './blob-key.ts';
import type { BlobStat, BlobStore, SignedRequest } from './blob-store.ts';
import { consumeSource, storedBody } from './blob-streams.ts';
import { safeFilename } from './content-disposition.ts';
import {
  isMissing,
  makeFolder,
  moveIntoPlace,
  pruneFolders,
  statFile,
  sweepFolder,
  walkFolder,
} from './folder-tree.ts';
import { linkQuery, type SignedLink } from './signed-links.ts';
import { assertSigningOptions } from './signing-options.ts';
import { asStorageErrors, missingObject, toStorageError } from './storage-errors.ts';

export type FolderStoreOptions = {
  /** The folder; made when it is missing. Several processes may share it. */
  readonly root: string;
  /** Under which URL the signed file handler is reached, without a slash at its end. Asked at every signing: the port may be known late. */
  readonly baseUrl: () => string;
  /** Of the signed links; the handler needs the same. */
  readonly secret: string;
  readonly clock: Clock;
};

export type FolderStore = BlobStore & {
  /** As `get`, with the size of the very bytes that come: those of one object, also when it is replaced meanwhile. */
  open(key: string, options?: { signal?: AbortSignal }): Promise<{ sizeBytes: number; body: Readable }>;
};

/** An upload that has not written for so long has died with its process. */
const abandonedAfterMs = 3_600_000;

/**
 * Objects as files: `objects/<key>` below the root, written as `incoming/<random>` first and moved when they are whole and on the disk. So
 * an object is there whole or not at all, also after a kill or a loss of power; what those leave in `incoming` goes at the next `check`
 * an hour later.
 *
 * Not guaranteed: a key that is the folder of another (`a` beside `a/b`), and keys that differ only in case where the file system
 * ignores it.
 */
export function createFolderStore({ root, baseUrl, secret, clock }: FolderStoreOptions): FolderStore {
  const objects = join(root, 'objects');
  const incoming = join(root, 'incoming');

  const pathOf = (key: string): string => {
    assertKey(key);
    return join(objects, ...key.split('/'));
  };

  /** Nothing under a path is normal, as long as the store itself is there: otherwise a lost disk would look like lost documents. */
  const assertPresent = async (): Promise<void> => {
    await makeFolder(objects);
  };

  const writeTemporary = async (temporary: string, chunks: AsyncIterable<Uint8Array>) => {
    await makeFolder(incoming);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await writeFile(file, chunks);
      await file.sync();
      const { size, mtime } = await file.stat();
      return { sizeBytes: size, modifiedAt: mtime };
    } finally {
      await file.close();
    }
  };

  const openFile = async (key: string): Promise<FileHandle> => {
    try {
      return await open(pathOf(key), 'r');
    } catch (error) {
      if (!isMissing(error)) throw error;
      await assertPresent();
      throw missingObject(error);
    }
  };

  const openObject: FolderStore['open'] = (key, { signal } = {}) =>
    asStorageErrors(async () => {
      const file = await openFile(key);
      const found = await file.stat();
      if (found.isFile()) return { sizeBytes: found.size, body: storedBody(file.createReadStream(), signal) };
      await file.close();
      throw missingObject();
    }, signal);

  /** Whether there was one. */
  const remove = async (key: string): Promise<boolean> => {
    const path = pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      // Also a folder is no object; what unlink says of one differs between systems.
      if ((await statFile(path)) !== undefined) throw error;
      await assertPresent();
      return false;
    }
    await pruneFolders(dirname(path), objects);
    return true;
  };

  async function* list(prefix: string): AsyncGenerator<BlobStat> {
    assertListPrefix(prefix);
    try {
      await assertPresent();
      yield* walkFolder(objects, prefix);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  const sign = (link: SignedLink): SignedRequest => {
    const path = link.key.split('/').map(encodeURIComponent).join('/');
    const url = `${baseUrl()}/${path}?${linkQuery(secret, link).toString()}`;
    return { url, headers: {}, expiresAt: new Date(link.expiresAtMs) };
  };

  return {
    kind: 'folder',

    put: (key, body, { signal } = {}) =>
      consumeSource(body, signal, async (chunks) => {
        const path = pathOf(key);
        const temporary = join(incoming, randomUUID());
        try {
          const written = await writeTemporary(temporary, chunks);
          await moveIntoPlace(temporary, path, objects);
          return { key, ...written };
        } catch (error) {
          // What cannot be removed now is swept later; the first failure is the one that explains.
          await rm(temporary, { force: true }).catch(() => {});
          throw error;
        }
      }),

    open: openObject,

    get: async (key, options) => (await openObject(key, options)).body,

    stat: (key) =>
      asStorageErrors(async () => {
        const found = await statFile(pathOf(key));
        if (found !== undefined) return { key, ...found };
        await assertPresent();
        throw missingObject();
      }),

    delete: (key) =>
      asStorageErrors(async () => {
        await remove(key);
      }),

    deletePrefix: (prefix) =>
      asStorageErrors(async () => {
        assertDeletePrefix(prefix);
        let deleted = 0;
        for await (const { key } of list(prefix)) {
          if (await remove(key)) deleted += 1;
        }
        return deleted;
      }),

    list,

    signGet: (key, options) =>
      asStorageErrors(async () => {
        assertKey(key);
        assertSigningOptions(options);
        const { expiresInMs, filename, ...typed } = options;
        const named = filename === undefined ? typed : { ...typed, filename: safeFilename(filename) };
        return sign({ method: 'GET', key, expiresAtMs: clock.now() + expiresInMs, ...named });
      }),

    signPut: (key, options) =>
      asStorageErrors(async () => {
        assertKey(key);
        assertSigningOptions(options);
        const { expiresInMs, sizeBytes } = options;
        return sign({ method: 'PUT', key, expiresAtMs: clock.now() + expiresInMs, sizeBytes });
      }),

    check: (signal) =>
      asStorageErrors(async () => {
        await assertPresent();
        await makeFolder(incoming);
        const probe = join(incoming, randomUUID());
        try {
          await writeFile(probe, 'probe', { signal, flag: 'wx', mode: 0o600 });
          await readFile(probe, { signal });
        } finally {
          await rm(probe, { force: true });
        }
        await sweepFolder(incoming, clock.now() - abandonedAfterMs);
      }, signal),
  };
}
