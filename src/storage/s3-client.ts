import { S3Client, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { missingObject } from './storage-errors.ts';

export type S3Connection = {
  readonly region: string;
  /** Another S3-compatible service; it is addressed with the bucket in the path. */
  readonly endpoint?: string;
  /** By default where the AWS SDK finds them: environment, profile, role. */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
  /** How long a connection may take to be made, default 5 s, and may be silent, default 20 s. A call is tried three times. */
  readonly timeouts?: { readonly connectMs: number; readonly idleMs: number };
};

/**
 * Two clients: one that talks, one that only signs. The SDK would sign the checksum of an empty body into every presigned PUT, and S3 then
 * refuses all other bytes; what is stored by ourselves shall have its checksum.
 */
export function createS3Clients(connection: S3Connection): { client: S3Client; signer: S3Client } {
  const { region, endpoint, credentials, timeouts = { connectMs: 5_000, idleMs: 20_000 } } = connection;
  const shared = {
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestHandler: new NodeHttpHandler({ connectionTimeout: timeouts.connectMs, socketTimeout: timeouts.idleMs }),
  };
  const client = new S3Client({ ...shared, ...(credentials === undefined ? {} : { credentials }), maxAttempts: 3 });
  const signer = new S3Client({
    ...shared,
    credentials: client.config.credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return { client, signer };
}

/** HEAD answers without a body, so that its 404 has no better name than NotFound. */
const missingNames: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound']);

/** To put around a request for one object: there, a 404 means that this object is missing. A missing bucket has another name. */
export async function forObject<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException && missingNames.has(error.name)) throw missingObject(error);
    throw error;
  }
}
