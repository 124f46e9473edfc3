import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { createFolderStore, type FolderStore } from '../../../src/storage/folder-store.ts';
import { createS3Store } from '../../../src/storage/s3-store.ts';
import { createSignedFileHandler } from '../../../src/storage/signed-files.ts';
import { type FakeS3, type FakeS3Options, startFakeS3 } from './fake-s3.ts';

/** What the contract suite needs of an adapter and of what lies behind it. */
export type Harness = {
  readonly store: BlobStore;
  /** Moves the clock by which signed links expire. */
  advance(ms: number): void;
  /** From now on nobody is there. */
  goDown(): Promise<void>;
  /** Parts and temporary files of uploads that have not ended. */
  unfinishedUploads(): Promise<readonly string[]>;
  close(): Promise<void>;
};

export const testBucket = {
  bucket: 'documents',
  region: 'eu-central-1',
  keys: { accessKeyId: 'AKIATEST', secretAccessKey: 'a test secret' },
  requiredEncryption: 'AES256',
} satisfies FakeS3Options;

export const s3StoreOn = (endpoint: string, changes: Partial<Parameters<typeof createS3Store>[0]> = {}): BlobStore =>
  createS3Store({
    bucket: testBucket.bucket,
    prefix: 'tests',
    region: testBucket.region,
    endpoint,
    credentials: testBucket.keys,
    encryption: 'AES256',
    clock: systemClock,
    ...changes,
  });

export type S3Harness = Harness & { readonly s3: FakeS3 };

export async function startS3Harness(options: Partial<FakeS3Options> = {}): Promise<S3Harness> {
  const s3 = await startFakeS3({ ...testBucket, ...options });
  return {
    s3,
    store: s3StoreOn(s3.endpoint),
    advance: s3.advance,
    goDown: s3.close,
    unfinishedUploads: async () => [...s3.uploads.keys()],
    close: s3.close,
  };
}

export type FolderHarness = Harness & {
  readonly store: FolderStore;
  readonly root: string;
  readonly clock: Clock;
  readonly secret: string;
  /** What the handler reported as its own side's failures. */
  readonly reported: unknown[];
};

export async function startFolderHarness(): Promise<FolderHarness> {
  const parent = await mkdtemp(join(tmpdir(), 'prism-storage-'));
  const root = join(parent, 'root');
  const secret = 'a secret for tests';
  const reported: unknown[] = [];
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
  let port = 0;
  const store = createFolderStore({ root, baseUrl: () => `http://127.0.0.1:${port}/files`, secret, clock });
  const handle = createSignedFileHandler({
    store,
    secret,
    clock,
    path: '/files',
    onError: (error) => void reported.push(error),
  });
  const server = createServer((request, response) => {
    handle(request, response).then(
      (isHandled) => isHandled || response.writeHead(418).end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  return {
    store,
    root,
    clock,
    secret,
    reported,
    advance: (ms) => void (offsetMs += ms),
    async goDown() {
      await rename(root, `${root}-gone`).catch(() => {});
      await writeFile(root, 'not a folder any more');
    },
    unfinishedUploads: () => readdir(join(root, 'incoming')).catch(() => []),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(parent, { recursive: true });
    },
  };
}

/** A source of `sizeBytes` in chunks of 64 KiB, every byte made from its offset, that never holds more than a chunk. */
export function sourceOf(sizeBytes: number, onChunk: (offsetBytes: number) => void = () => {}): Readable {
  function* chunks() {
    for (let offset = 0; offset < sizeBytes; offset += 65_536) {
      onChunk(offset);
      yield patternBytes(offset, Math.min(65_536, sizeBytes - offset));
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** A source of `sizeBytes` that then neither goes on nor ends, as a line that is dead; `stalled` resolves when it has come to that. */
export function stallingSource(sizeBytes: number): { source: PassThrough; stalled: Promise<void> } {
  const source = new PassThrough();
  const feed = sourceOf(sizeBytes);
  feed.pipe(source, { end: false });
  const isDrained = async () => {
    await once(feed, 'end');
    while (source.readableLength > 0) await new Promise((resolve) => void setImmediate(resolve));
  };
  return { source, stalled: isDrained() };
}

/** A request whose size the server cannot know beforehand. `duplex` belongs to fetch, but not to every version of its types. */
export const unsizedPut = (text: string): RequestInit =>
  ({ method: 'PUT', body: Readable.toWeb(Readable.from([Buffer.from(text)])), duplex: 'half' }) as RequestInit;

const period = 251;
const pattern = Buffer.from(Array.from({ length: 65_536 + period }, (_, index) => index % period));
export const patternBytes = (offset: number, length: number): Buffer =>
  Buffer.concat([pattern.subarray(offset % period, (offset % period) + Math.min(length, 65_536))]);

export async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error with which `promise` is expected to reject. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It resolved.');
    },
    (error: unknown) => error,
  );
}
