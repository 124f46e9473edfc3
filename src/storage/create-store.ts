import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { BlobStore } from './blob-store.ts';
import { createFolderStore, type FolderStore } from './folder-store.ts';
import { loadOrCreateSecret } from './signing-secret.ts';

/** The path under which the API serves the folder store's signed links. */
export const signedFilesPath = '/files';

/** The folder store's links are served by the API itself, which needs the store and the secret that they are signed with. */
export type SignedFiles = { readonly store: FolderStore; readonly secret: string };

/** S3 when a bucket is configured, otherwise a folder. `baseUrl` is where clients reach the API. */
export async function createStore(
  config: Config,
  clock: Clock,
  baseUrl: () => string,
): Promise<{ storage: BlobStore; signedFiles: SignedFiles | null }> {
  if (config.bucketName !== null) {
    // The S3 client is loaded only where it is used: it takes 10 MB.
    const { createS3Store } = await import('./s3-store.ts');
    const storage = createS3Store({
      bucket: config.bucketName,
      prefix: config.bucketPrefix,
      region: config.awsRegion,
      encryption: config.storageEncryption,
      clock,
      ...(config.s3Endpoint === null ? {} : { endpoint: config.s3Endpoint }),
    });
    return { storage, signedFiles: null };
  }
  const root = join(config.dataDir, 'storage');
  const secret = await loadOrCreateSecret(join(root, 'signing-secret'));
  const store = createFolderStore({ root, baseUrl: () => `${baseUrl()}${signedFilesPath}`, secret, clock });
  return { storage: store, signedFiles: { store, secret } };
}
