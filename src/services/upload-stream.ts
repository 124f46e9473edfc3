import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { AppError } from '../errors.ts';

export type Measured = { readonly sizeBytes: number; readonly sha256: string };

/** Counts and hashes what passes; fails with PAYLOAD_TOO_LARGE as soon as it is more than `limitBytes`. */
export function createMeter(limitBytes: number): { stream: Transform; result: () => Measured } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        done(tooLarge(limitBytes));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}

export const tooLarge = (limitBytes: number): AppError =>
  new AppError(
    'PAYLOAD_TOO_LARGE',
    `The file is larger than ${Math.round((limitBytes / 1024 / 1024) * 10) / 10} MB, the largest that is taken.`,
  );

export const emptyFile = (): AppError =>
  new AppError('UNREADABLE_DOCUMENT', 'The file is empty. Upload a file with content.');

/** The last part of a path, without control characters, at most 255 characters. Throws BAD_USER_INPUT when nothing is left. */
export function cleanFilename(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const cleaned = base.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
  if (cleaned === '') throw new AppError('BAD_USER_INPUT', 'The file has no name. Send it with a file name.');
  if (cleaned.length <= 255) return cleaned;
  const extension = /\.[^.]{1,10}$/.exec(cleaned)?.[0] ?? '';
  return cleaned.slice(0, 255 - extension.length) + extension;
}
