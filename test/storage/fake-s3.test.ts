import {
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeS3, startFakeS3 } from './support/fake-s3.ts';
import { rejection, sourceOf, testBucket } from './support/harness.ts';

/** The test server is worth only as much as what it refuses. */
describe('the S3 test server', () => {
  const Bucket = testBucket.bucket;
  let s3: FakeS3;
  let client: S3Client;
  beforeEach(async () => {
    s3 = await startFakeS3(testBucket);
    const { endpoint } = s3;
    client = new S3Client({ endpoint, region: testBucket.region, credentials: testBucket.keys, forcePathStyle: true });
  });
  afterEach(async () => {
    client.destroy();
    await s3.close();
  });

  const streamed = () =>
    new PutObjectCommand({
      Bucket,
      Key: 'a',
      Body: sourceOf(200_000),
      ContentLength: 200_000,
      ServerSideEncryption: 'AES256',
    });

  it('decodes aws-chunked bodies and verifies the checksum in their trailer', async () => {
    const { ServerSideEncryption, ChecksumCRC32 } = await client.send(streamed());
    expect(ServerSideEncryption).toBe('AES256');
    expect(s3.objects.get('a')).toMatchObject({ sizeBytes: 200_000, crc32: ChecksumCRC32, hasChecksum: true });
  });

  it('refuses an aws-chunked body that was changed on the way', async () => {
    s3.fail('PutObject', 'corrupt', 10);
    expect(await rejection(client.send(streamed()))).toMatchObject({ name: 'BadDigest' });
    expect(s3.objects.size).toBe(0);
  });

  it('refuses a body that is not the signed one', async () => {
    client.middlewareStack.add(
      (next) => (args) => next({ ...args, request: Object.assign(args.request as object, { body: 'other' }) }),
      { step: 'finalizeRequest', priority: 'low' },
    );
    const put = new PutObjectCommand({ Bucket, Key: 'a', Body: 'bytes', ServerSideEncryption: 'AES256' });
    expect(await rejection(client.send(put))).toMatchObject({ name: 'BadDigest' });
  });

  it('refuses a header that was changed after signing', async () => {
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: Record<string, string> }).headers, {
          'x-amz-server-side-encryption': 'aws:kms',
        });
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const put = new PutObjectCommand({ Bucket, Key: 'a', Body: 'bytes', ServerSideEncryption: 'AES256' });
    expect(await rejection(client.send(put))).toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('refuses a header that was added after signing', async () => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a' }));
    expect((await fetch(url, { headers: { 'x-amz-request-payer': 'requester' } })).status).toBe(403);
  });

  it('refuses anonymous requests', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      expect((await fetch(`${s3.endpoint}/${Bucket}/a`, { method })).status).toBe(403);
    }
  });

  it('refuses puts without encryption, whether in one or in parts', async () => {
    const put = client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
    expect(await rejection(put)).toMatchObject({ name: 'AccessDenied' });
    const create = client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }));
    expect(await rejection(create)).toMatchObject({ name: 'AccessDenied' });
  });

  it('refuses the checksum of an empty body that the SDK signs into a presigned put by default', async () => {
    const put = new PutObjectCommand({ Bucket, Key: 'a', ServerSideEncryption: 'AES256' });
    const url = await getSignedUrl(client, put);
    const headers = { 'x-amz-server-side-encryption': 'AES256' };
    const response = await fetch(url, { method: 'PUT', body: 'x', headers });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BadDigest')]);
  });

  it('refuses deletions without a checksum', async () => {
    const url = await getSignedUrl(client, new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }] } }), {
      unsignableHeaders: new Set(['x-amz-checksum-crc32']),
    });
    const bare = new URL(url);
    const response = await fetch(bare, { method: 'POST', body: '<Delete><Object><Key>a</Key></Object></Delete>' });
    expect(response.ok).toBe(false);
  });

  it('refuses parts that are too small, in disorder, or not those that were sent', async () => {
    const target = { Bucket, Key: 'a' };
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...target, ServerSideEncryption: 'AES256', ChecksumAlgorithm: 'CRC32' }),
    );
    const parts = await Promise.all(
      [1, 2].map(async (PartNumber) => {
        const sent = await client.send(
          new UploadPartCommand({ ...target, UploadId, PartNumber, Body: `part ${PartNumber}` }),
        );
        return { PartNumber, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 };
      }),
    );
    const complete = (Parts: typeof parts) =>
      rejection(client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } })));
    expect(await complete(parts)).toMatchObject({ name: 'EntityTooSmall' });
    expect(await complete(parts.toReversed())).toMatchObject({ name: 'InvalidPartOrder' });
    expect(await complete(parts.map((part) => ({ ...part, ETag: '"0"' })))).toMatchObject({ name: 'InvalidPart' });
    expect(await complete(parts.map((part) => ({ ...part, PartNumber: part.PartNumber + 7 })))).toMatchObject({
      name: 'InvalidPart',
    });
  });
});
