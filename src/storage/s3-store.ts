import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { assertDeletePrefix, assertKey, assertListPrefix } from './blob-key.ts';
import type { BlobStat, BlobStore, SignedRequest } from './blob-store.ts';
import { consumeSource, storedBody } from './blob-streams.ts';
import { attachmentDisposition, filenameOfKey } from './content-disposition.ts';
import { createS3Clients, forObject, type S3Connection } from './s3-client.ts';
import { uploadObject } from './s3-upload.ts';
import { assertSigningOptions } from './signing-options.ts';
import { asStorageErrors, storageUnavailable, toStorageError } from './storage-errors.ts';

export type S3StoreOptions = S3Connection & {
  readonly bucket: string;
  /** A folder in the bucket, such as `prod`; '' for the bucket itself. A slash is put behind it. */
  readonly prefix: string;
  readonly encryption: 'AES256' | 'aws:kms';
  readonly clock: Clock;
};

/** S3 lists and deletes at most so many at once. */
const batchSize = 1000;

/**
 * Objects in an S3 bucket, encrypted there, with checksums both ways. Needs s3:GetObject, PutObject, DeleteObject,
 * AbortMultipartUpload and ListBucket: without the last, S3 says "forbidden" of what is merely missing.
 *
 * An upload that fails or is aborted is ended on S3 by `put` itself; only a process that dies in mid-upload leaves parts, which are
 * invisible but cost money: give the bucket a lifecycle rule that ends incomplete multipart uploads after a day. Browsers can use signed
 * links when the bucket's CORS rules allow GET and PUT.
 */
export function createS3Store(options: S3StoreOptions): BlobStore {
  const { bucket: Bucket, encryption: ServerSideEncryption, clock } = options;
  const { client, signer } = createS3Clients(options);
  const folder = options.prefix.replaceAll(/^\/+|\/+$/g, '');
  const prefix = folder === '' ? '' : `${folder}/`;

  const locate = (key: string) => {
    assertKey(key);
    return { Bucket, Key: `${prefix}${key}` };
  };

  /** A page of S3's list at a time. */
  async function* pages(keyPrefix: string): AsyncGenerator<BlobStat[]> {
    let ContinuationToken: string | undefined;
    do {
      const Prefix = `${prefix}${keyPrefix}`;
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: batchSize, ContinuationToken }),
      );
      yield (page.Contents ?? []).map(({ Key = '', Size = 0, LastModified = new Date(0) }) => ({
        key: Key.slice(prefix.length),
        sizeBytes: Size,
        modifiedAt: LastModified,
      }));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  const deleteBatch = async (stats: readonly BlobStat[]): Promise<void> => {
    const Objects = stats.map(({ key }) => ({ Key: `${prefix}${key}` }));
    const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    // S3 answers 200 even when it could not delete some of them.
    if (Errors[0]) throw storageUnavailable(new Error(`${Errors.length} not deleted: ${Errors[0].Code ?? 'unknown'}`));
  };

  /** Whole seconds, as S3 counts; a fraction is granted in full. */
  const sign = async (
    command: GetObjectCommand | PutObjectCommand,
    expiresInMs: number,
    headers: SignedRequest['headers'],
  ): Promise<SignedRequest> => {
    const signedAtMs = Math.floor(clock.now() / 1000) * 1000;
    const expiresIn = Math.ceil(expiresInMs / 1000);
    const url = await getSignedUrl(signer, command, { expiresIn, signingDate: new Date(signedAtMs) });
    return { url, headers, expiresAt: new Date(signedAtMs + expiresIn * 1000) };
  };

  return {
    kind: 's3',

    put: (key, body, { contentType, signal } = {}) =>
      consumeSource(body, signal, async (chunks) => {
        const target = { ...locate(key), ServerSideEncryption };
        const typed = contentType === undefined ? target : { ...target, ContentType: contentType };
        const sizeBytes = await uploadObject(client, typed, chunks, signal);
        return { key, sizeBytes, modifiedAt: new Date(clock.now()) };
      }),

    get: (key, { signal } = {}) =>
      asStorageErrors(async () => {
        const command = new GetObjectCommand(locate(key));
        const { Body } = await forObject(client.send(command, signal ? { abortSignal: signal } : {}));
        if (!(Body instanceof Readable)) throw new Error('S3 answered without a body.');
        return storedBody(Body, signal);
      }, signal),

    stat: (key) =>
      asStorageErrors(async () => {
        const found = await forObject(client.send(new HeadObjectCommand(locate(key))));
        return { key, sizeBytes: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
      }),

    delete: (key) =>
      asStorageErrors(async () => {
        await client.send(new DeleteObjectCommand(locate(key)));
      }),

    deletePrefix: (keyPrefix) =>
      asStorageErrors(async () => {
        assertDeletePrefix(keyPrefix);
        let deleted = 0;
        for await (const stats of pages(keyPrefix)) {
          if (stats.length > 0) await deleteBatch(stats);
          deleted += stats.length;
        }
        return deleted;
      }),

    async *list(keyPrefix) {
      assertListPrefix(keyPrefix);
      try {
        for await (const stats of pages(keyPrefix)) yield* stats;
      } catch (error) {
        throw toStorageError(error);
      }
    },

    signGet: (key, { expiresInMs, filename = filenameOfKey(key), contentType }) =>
      asStorageErrors(async () => {
        assertSigningOptions({ expiresInMs, ...(contentType === undefined ? {} : { contentType }) });
        const command = new GetObjectCommand({
          ...locate(key),
          ResponseContentDisposition: attachmentDisposition(filename),
          ...(contentType === undefined ? {} : { ResponseContentType: contentType }),
        });
        return sign(command, expiresInMs, {});
      }),

    signPut: (key, { expiresInMs, sizeBytes }) =>
      asStorageErrors(async () => {
        assertSigningOptions({ expiresInMs, sizeBytes });
        const command = new PutObjectCommand({ ...locate(key), ServerSideEncryption, ContentLength: sizeBytes });
        // The size is signed as the header content-length, which every client sends by itself and browsers allow nobody to set.
        return sign(command, expiresInMs, { 'x-amz-server-side-encryption': ServerSideEncryption });
      }),

    check: (signal) =>
      asStorageErrors(async () => {
        await client.send(new HeadBucketCommand({ Bucket }), signal ? { abortSignal: signal } : {});
      }, signal),
  };
}
