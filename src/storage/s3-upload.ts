import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  type ServerSideEncryption,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export type UploadTarget = {
  readonly Bucket: string;
  readonly Key: string;
  readonly ServerSideEncryption: ServerSideEncryption;
  readonly ContentType?: string;
};

/** The least that S3 takes for a part that is not the last; 10,000 of them are far above any document. */
const partBytes = 5 * 1024 * 1024;

/**
 * Stores `chunks` as one object and returns its size: by a single PutObject where one part holds it all, else as a multipart upload, part
 * by part. Holds one part in memory. When it fails or `signal` aborts, the multipart upload is ended on S3 before this rejects.
 *
 * The two requests that bring an object into being, PutObject and CompleteMultipartUpload, are not aborted: cut off, they may have
 * succeeded, and an aborted upload would have left an object. An abort that comes so late has no effect.
 *
 * Not lib-storage's Upload (measured, 3.1163): it rejects an aborted upload while its requests still run, so that a small object is stored
 * nevertheless, never ends the multipart upload of a source that has stalled, nor that whose completion failed, and holds several parts.
 */
export async function uploadObject(
  client: S3Client,
  target: UploadTarget,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  let upload: MultipartUpload | undefined;
  let sizeBytes = 0;
  try {
    for await (const { bytes, isLast } of inParts(chunks)) {
      sizeBytes += bytes.length;
      if (isLast && upload === undefined) {
        await client.send(new PutObjectCommand({ ...target, Body: bytes }));
        return sizeBytes;
      }
      upload ??= await beginMultipart(client, target);
      await upload.add(bytes, signal);
    }
    await upload?.complete();
    return sizeBytes;
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

/** Yields the same memory again and again: a part must be done with before the next is asked for. The last one may be empty. */
async function* inParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  const part = Buffer.allocUnsafe(partBytes);
  let filledBytes = 0;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      if (filledBytes === partBytes) {
        yield { bytes: part, isLast: false };
        filledBytes = 0;
      }
      const taken = rest.subarray(0, partBytes - filledBytes);
      part.set(taken, filledBytes);
      filledBytes += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  yield { bytes: part.subarray(0, filledBytes), isLast: true };
}

type MultipartUpload = {
  add(bytes: Buffer, signal: AbortSignal | undefined): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
};

async function beginMultipart(client: S3Client, target: UploadTarget): Promise<MultipartUpload> {
  const { Bucket, Key } = target;
  // Not aborted either: S3 may have begun an upload whose id we would never learn.
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
  const parts: CompletedPart[] = [];
  return {
    async add(bytes, signal) {
      const PartNumber = parts.length + 1;
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: bytes, ChecksumAlgorithm: 'CRC32' }),
        signal ? { abortSignal: signal } : {},
      );
      parts.push({ PartNumber, ETag, ChecksumCRC32 });
    },
    async complete() {
      await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
      );
    },
    async abort() {
      try {
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      } catch {
        // Its retries are used up: the bucket's lifecycle rule has to end it. The failure that brought us here is the one that explains.
      }
    },
  };
}
