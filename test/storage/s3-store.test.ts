import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  collect,
  readAll,
  rejection,
  type S3Harness,
  s3StoreOn,
  sourceOf,
  stallingSource,
  startS3Harness,
} from './support/harness.ts';

/** Three parts. */
const largeBytes = 13_000_000;
const unavailable = { code: 'STORAGE_UNAVAILABLE', retryable: true, cause: expect.any(Error) };

describe('S3 store', () => {
  let harness: S3Harness;
  beforeEach(async () => {
    harness = await startS3Harness();
  });
  afterEach(() => harness.close());
  const countOf = (name: string) => harness.s3.operations.filter((operation) => operation === name).length;
  const expectNothingStored = () => {
    expect([...harness.s3.objects.keys()]).toEqual([]);
    expect([...harness.s3.uploads.keys()]).toEqual([]);
  };

  it('asks for encryption of small and large objects, and keeps their content type', async () => {
    await harness.store.put('small', sourceOf(10), { contentType: 'application/pdf' });
    await harness.store.put('large', sourceOf(largeBytes), { contentType: 'application/pdf' });
    for (const key of ['tests/small', 'tests/large']) {
      expect(harness.s3.objects.get(key)).toMatchObject({ encryption: 'AES256', contentType: 'application/pdf' });
    }
    expect(countOf('UploadPart')).toBe(3);
  });

  it('asks for encryption with KMS where it is told to, in signed uploads too', async () => {
    await harness.close();
    harness = await startS3Harness({ requiredEncryption: 'aws:kms' });
    const store = s3StoreOn(harness.s3.endpoint, { encryption: 'aws:kms' });
    await store.put('a', sourceOf(10));
    const { url, headers } = await store.signPut('b', { expiresInMs: 60_000, sizeBytes: 1 });
    expect((await fetch(url, { method: 'PUT', body: 'x', headers })).status).toBe(200);
    expect([...harness.s3.objects.values()].map(({ encryption }) => encryption)).toEqual(['aws:kms', 'aws:kms']);
    expect(await rejection(harness.store.put('c', sourceOf(10)))).toMatchObject(unavailable);
  });

  it('does not let a signed upload leave the encryption out', async () => {
    const { url } = await harness.store.signPut('a', { expiresInMs: 60_000, sizeBytes: 1 });
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
    expectNothingStored();
  });

  it.each(['', '/', 'prod', '/prod/deep/'])('stays below the bucket prefix %j', async (prefix) => {
    const store = s3StoreOn(harness.s3.endpoint, { prefix });
    const neighbour = s3StoreOn(harness.s3.endpoint, { prefix: 'prodigy' });
    await neighbour.put('s/d', sourceOf(1));
    await store.put('s/d', sourceOf(2));
    const folder = prefix.split('/').filter(Boolean).join('/');
    expect([...harness.s3.objects.keys()].sort()).toEqual(
      [folder === '' ? 's/d' : `${folder}/s/d`, 'prodigy/s/d'].sort(),
    );
    expect((await collect(store.list('s'))).map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([['s/d', 2]]);
    expect(await store.deletePrefix('s/')).toBe(1);
    expect((await neighbour.stat('s/d')).sizeBytes).toBe(1);
  });

  describe('with a service that stumbles', () => {
    it.each(['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const)(
      'tries %s again after a 500 and after a cut connection',
      async (operation) => {
        harness.s3.fail(operation, { error: 500 });
        harness.s3.fail(operation, operation === 'CreateMultipartUpload' ? { error: 503, code: 'SlowDown' } : 'cut');
        const size = operation === 'PutObject' ? 1_000_000 : largeBytes;
        await harness.store.put('a', sourceOf(size));
        expect((await readAll(await harness.store.get('a'))).equals(await readAll(sourceOf(size)))).toBe(true);
        expect([...harness.s3.uploads.keys()]).toEqual([]);
      },
    );

    it.each([
      ['PutObject', { error: 500 }],
      ['PutObject', 'cut'],
      ['CreateMultipartUpload', { error: 500 }],
      ['UploadPart', { error: 500 }],
      ['UploadPart', 'cut'],
      ['CompleteMultipartUpload', { error: 500 }],
      ['CompleteMultipartUpload', { error: 400, code: 'InvalidPart' }],
    ] as const)('leaves nothing when %s fails for good: %j', async (operation, fault) => {
      harness.s3.fail(operation, fault, 10);
      const size = operation === 'PutObject' ? 1_000_000 : largeBytes;
      const source = sourceOf(size);
      expect(await rejection(harness.store.put('a', source))).toMatchObject(unavailable);
      expectNothingStored();
      expect(source.destroyed).toBe(true);
    });

    it.each(['PutObject', 'UploadPart'] as const)(
      'has S3 refuse bytes that %s changed on the way',
      async (operation) => {
        harness.s3.fail(operation, 'corrupt', 10);
        const size = operation === 'PutObject' ? 1_000_000 : largeBytes;
        expect(await rejection(harness.store.put('a', sourceOf(size)))).toMatchObject(unavailable);
        expectNothingStored();
      },
    );

    it('fails the reader when bytes are changed on the way back', async () => {
      await harness.store.put('a', sourceOf(1_000_000));
      harness.s3.fail('GetObject', 'corrupt');
      expect(await rejection(readAll(await harness.store.get('a')))).toMatchObject(unavailable);
    });

    it('fails the reader when the connection is cut in the middle', async () => {
      await harness.store.put('a', sourceOf(1_000_000));
      harness.s3.fail('GetObject', 'cut');
      expect(await rejection(readAll(await harness.store.get('a')))).toMatchObject(unavailable);
    });

    it('does not wait for ever for a service that does not answer', async () => {
      harness.s3.fail('HeadObject', 'hang', 10);
      const store = s3StoreOn(harness.s3.endpoint, { timeouts: { connectMs: 1_000, idleMs: 200 } });
      expect(await rejection(store.stat('a'))).toMatchObject({
        ...unavailable,
        cause: expect.objectContaining({ name: 'TimeoutError' }),
      });
    });

    it('answers a check as soon as its signal aborts', async () => {
      harness.s3.fail('HeadBucket', 'hang');
      const controller = new AbortController();
      const arrived = harness.s3.arrival('HeadBucket');
      const checked = rejection(harness.store.check(controller.signal));
      await arrived;
      const reason = new Error('Two seconds are over.');
      controller.abort(reason);
      expect(await checked).toBe(reason);
      expect(countOf('HeadBucket')).toBe(1);
    });

    it('says so when some of the objects could not be deleted', async () => {
      await harness.store.put('s/a', sourceOf(1));
      harness.s3.fail('DeleteObjects', 'refuseKeys');
      expect(await rejection(harness.store.deletePrefix('s/'))).toMatchObject(unavailable);
      expect(await harness.store.deletePrefix('s/')).toBe(1);
    });
  });

  describe('an abort', () => {
    it('ends a part that is on its way, and then the multipart upload, before put rejects', async () => {
      harness.s3.fail('UploadPart', 'hang', 10);
      const controller = new AbortController();
      const arrived = harness.s3.arrival('UploadPart');
      const put = rejection(harness.store.put('a', sourceOf(largeBytes), { signal: controller.signal }));
      await arrived;
      const reason = new Error('The user went away.');
      controller.abort(reason);
      expect(await put).toBe(reason);
      expect(countOf('UploadPart')).toBe(1);
      expect(countOf('AbortMultipartUpload')).toBe(1);
      expectNothingStored();
    });

    it.each([
      ['PutObject', 1_000],
      ['CompleteMultipartUpload', largeBytes],
    ] as const)('that comes during %s is too late: the object is there, and put says so', async (operation, size) => {
      const controller = new AbortController();
      const arrived = harness.s3.arrival(operation);
      const put = harness.store.put('a', sourceOf(size), { signal: controller.signal });
      await arrived;
      controller.abort();
      expect(await put).toMatchObject({ sizeBytes: size });
      expect(harness.s3.objects.size).toBe(1);
    });

    it('rejects with its reason even when the multipart upload cannot be ended', async () => {
      harness.s3.fail('AbortMultipartUpload', { error: 500 }, 10);
      const controller = new AbortController();
      const { source, stalled } = stallingSource(largeBytes);
      const put = rejection(harness.store.put('a', source, { signal: controller.signal }));
      await stalled;
      const reason = new Error('The user went away.');
      controller.abort(reason);
      expect(await put).toBe(reason);
    });
  });

  it('lets go of the connection when a reader gives up', async () => {
    const store = s3StoreOn(harness.s3.endpoint, { timeouts: { connectMs: 1_000, idleMs: 60_000 } });
    await store.put('a', sourceOf(largeBytes));
    const body = await store.get('a');
    await once(body, 'readable');
    expect(await harness.s3.openConnections()).toBe(1);
    body.destroy();
    await expect.poll(() => harness.s3.openConnections(), { timeout: 10_000 }).toBe(0);
  });

  it.each([
    { why: 'a wrong secret', changes: { credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'wrong' } } },
    { why: 'an unknown key', changes: { credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'wrong' } } },
    { why: 'another region', changes: { region: 'us-east-1' } },
    { why: 'a bucket that does not exist', changes: { bucket: 'missing' } },
  ])('takes $why for a failure of the store, never for a missing object', async ({ changes }) => {
    const store = s3StoreOn(harness.s3.endpoint, changes);
    expect(await rejection(store.get('a'))).toMatchObject(unavailable);
    expect(await rejection(store.check())).toMatchObject(unavailable);
    expect(await rejection(store.put('a', sourceOf(1)))).toMatchObject(unavailable);
    expectNothingStored();
  });
});
