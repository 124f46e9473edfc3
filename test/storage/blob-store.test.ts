import { describe } from 'vitest';
import { describeBlobStore } from './blob-store.contract.ts';
import { startFolderHarness, startS3Harness } from './support/harness.ts';

describe.each([
  ['folder', startFolderHarness],
  ['S3', startS3Harness],
] as const)('%s', (name, start) => {
  describeBlobStore(name, start);
});
