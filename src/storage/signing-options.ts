import { AppError } from '../errors.ts';

/** Both limits are S3's: seven days for a signature, 5 GiB for one PUT. */
const maxExpiresInMs = 7 * 24 * 3_600_000;
const maxPutBytes = 5 * 1024 ** 3;
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\w !#$&^.+-]*"))*$/;

/** Throws BAD_USER_INPUT for what no adapter can sign; among them a content type that would break out of its header. */
export function assertSigningOptions(options: { expiresInMs: number; contentType?: string; sizeBytes?: number }): void {
  const { expiresInMs, contentType, sizeBytes } = options;
  if (!(expiresInMs > 0 && expiresInMs <= maxExpiresInMs)) {
    throw new AppError('BAD_USER_INPUT', 'A signed link is valid for more than 0 ms and at most 7 days.');
  }
  if (contentType !== undefined && !mediaType.test(contentType)) {
    throw new AppError('BAD_USER_INPUT', 'This is not a valid content type; it looks like text/html; charset=utf-8.');
  }
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= maxPutBytes)) {
    throw new AppError('BAD_USER_INPUT', 'The size of an upload is a whole number of bytes, at most 5 GiB.');
  }
}
