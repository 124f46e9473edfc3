import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  collect,
  type FolderHarness,
  readAll,
  rejection,
  sourceOf,
  stallingSource,
  startFolderHarness,
} from './support/harness.ts';

describe('folder store', () => {
  let harness: FolderHarness;
  beforeEach(async () => {
    harness = await startFolderHarness();
  });
  afterEach(() => harness.close());
  const hour = 3_600_000;

  it('shows nothing of an object before it is whole', async () => {
    const { source, stalled } = stallingSource(1_000_000);
    const put = harness.store.put('s/d/original', source);
    await stalled;
    expect(await harness.unfinishedUploads()).toHaveLength(1);
    expect(await rejection(harness.store.stat('s/d/original'))).toMatchObject({ code: 'NOT_FOUND' });
    source.end();
    expect(await put).toMatchObject({ sizeBytes: 1_000_000 });
    expect(await harness.unfinishedUploads()).toEqual([]);
  });

  it('gives a reader the old object whole while a new one takes its place', async () => {
    await harness.store.put('a', sourceOf(1_000_000));
    const body = await harness.store.get('a');
    await once(body, 'readable');
    await harness.store.put('a', sourceOf(10));
    expect(await readAll(body)).toHaveLength(1_000_000);
  });

  it('lets nobody else on the machine read', async () => {
    await harness.store.put('s/d/original', sourceOf(10));
    const modeOf = async (path: string) => (await stat(join(harness.root, path))).mode & 0o777;
    expect(await modeOf('objects/s/d/original')).toBe(0o600);
    for (const folder of ['objects', 'objects/s', 'objects/s/d', 'incoming']) expect(await modeOf(folder)).toBe(0o700);
  });

  it('removes folders that have become empty, and only those', async () => {
    for (const key of ['s/d1/original', 's/d1/parts/1', 's/d2/original']) await harness.store.put(key, sourceOf(1));
    const names = (path: string) => readdir(join(harness.root, 'objects', path));
    await harness.store.delete('s/d1/parts/1');
    expect(await names('s/d1')).toEqual(['original']);
    await harness.store.deletePrefix('s/d1/');
    expect(await names('s')).toEqual(['d2']);
    await harness.store.deletePrefix('s/');
    expect(await names('')).toEqual([]);
  });

  it('stores into a folder that is being removed at the same moment', async () => {
    const putAndDelete = async (key: string) => {
      for (let round = 0; round < 50; round += 1) {
        await harness.store.put(key, sourceOf(1));
        await harness.store.delete(key);
      }
    };
    await Promise.all(['s/d/e/1', 's/d/e/2', 's/d/e/3', 's/d/e/4'].map(putAndDelete));
    expect(await collect(harness.store.list(''))).toEqual([]);
  });

  it('sweeps what a killed upload left, an hour later, and leaves a running one alone', async () => {
    await harness.store.check();
    const incoming = join(harness.root, 'incoming');
    await writeFile(join(incoming, 'dead'), 'half');
    const longAgo = new Date(Date.now() - hour - 1_000);
    await utimes(join(incoming, 'dead'), longAgo, longAgo);
    await writeFile(join(incoming, 'young'), 'half');
    await harness.store.check();
    expect(await harness.unfinishedUploads()).toEqual(['young']);
    harness.advance(hour + 1_000);
    await harness.store.check();
    expect(await harness.unfinishedUploads()).toEqual([]);
  });

  it('notices in a check that it cannot write', async () => {
    await harness.store.check();
    const { root } = harness;
    await harness.goDown();
    expect(await rejection(harness.store.check())).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(await readdir(`${root}-gone/incoming`)).toEqual([]);
  });

  it('takes a folder for no object', async () => {
    await mkdir(join(harness.root, 'objects', 's', 'd'), { recursive: true });
    expect(await rejection(harness.store.get('s/d'))).toMatchObject({ code: 'NOT_FOUND' });
    await harness.store.delete('s/d');
    expect(await readdir(join(harness.root, 'objects', 's'))).toEqual(['d']);
  });

  it('fails a put that would need a file to be a folder, and leaves nothing', async () => {
    await harness.store.put('s/d', sourceOf(1));
    expect(await rejection(harness.store.put('s/d/original', sourceOf(1)))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
    expect(await harness.unfinishedUploads()).toEqual([]);
  });

  it('keeps the error of a source that fails before it is read', async () => {
    const source = new PassThrough();
    const put = rejection(harness.store.put('a', source));
    const failure = new Error('The upload broke.');
    source.destroy(failure);
    expect(await put).toBe(failure);
  });
});
