import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { BlobStore } from './blob-store.ts';
import { createFolderStore } from './folder-store.ts';
import { createS3Store } from './s3-store.ts';
import { loadOrCreateSecret } from './signing-secret.ts';

/** The path under which the API serves the folder store's signed links. */
export const signedFilesPath = '/files';

/** S3 when a bucket is configured, otherwise a folder, whose signed links need the secret. */
export async function createStore(
  config: Config,
  clock: Clock,
): Promise<{ storage: BlobStore; secret: string | null }> {
  if (config.bucketName !== null) {
    const storage = createS3Store({
      bucket: config.bucketName,
      prefix: config.bucketPrefix,
      region: config.awsRegion,
      encryption: config.storageEncryption,
      clock,
      ...(config.s3Endpoint === null ? {} : { endpoint: config.s3Endpoint }),
    });
    return { storage, secret: null };
  }
  const root = join(config.dataDir, 'storage');
  const secret = await loadOrCreateSecret(join(root, 'signing-secret'));
  const baseUrl = `${config.publicUrl ?? `http://${config.host}:${config.port}`}${signedFilesPath}`;
  return { storage: createFolderStore({ root, baseUrl: () => baseUrl, secret, clock }), secret };
}
