import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { headBytes, sniffHead } from '../documents/detect-format.ts';
import { DocumentError, type DocumentFormat } from '../documents/document-types.ts';
import { AppError } from '../errors.ts';

export type Measured = {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The first bytes, as many as are needed to see what it is. */
  readonly head: Buffer;
};

/** Counts and hashes what passes; fails with PAYLOAD_TOO_LARGE as soon as it is more than `limitBytes`. */
export function createMeter(limitBytes: number): { stream: Transform; result: () => Measured } {
  const hash = createHash('sha256');
  const first: Buffer[] = [];
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        done(tooLarge(limitBytes));
        return;
      }
      if (sizeBytes - chunk.length < headBytes) first.push(chunk);
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const head = (): Buffer => Buffer.concat(first).subarray(0, headBytes);
  return { stream, result: () => ({ sizeBytes, sha256: hash.digest('hex'), head: head() }) };
}

export const tooLarge = (limitBytes: number): AppError =>
  new AppError(
    'PAYLOAD_TOO_LARGE',
    `The file is larger than ${Math.round((limitBytes / 1024 / 1024) * 10) / 10} MB, the largest that is taken.`,
  );

export const emptyFile = (): AppError =>
  new AppError('UNREADABLE_DOCUMENT', 'The file is empty. Upload a file with content.');

/**
 * What a file is by its first bytes, so that a wrong one is refused before its row is made. What only the whole file can tell (a zip that is
 * no .docx, a document with a password) shows when it is parsed.
 */
export async function formatOf({ head }: Measured, filename: string): Promise<DocumentFormat> {
  try {
    const kind = await sniffHead(head, filename);
    return kind === 'ZIP' || kind === 'COMPOUND_FILE' ? 'DOCX' : kind;
  } catch (error) {
    throw error instanceof DocumentError ? new AppError(error.code, error.message) : error;
  }
}

/** The last part of a path, without control characters, at most 255 characters. Throws BAD_USER_INPUT when nothing is left. */
export function cleanFilename(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const cleaned = base.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
  if (cleaned === '') throw new AppError('BAD_USER_INPUT', 'The file has no name. Send it with a file name.');
  if (cleaned.length <= 255) return cleaned;
  const extension = /\.[^.]{1,10}$/.exec(cleaned)?.[0] ?? '';
  // The cut may leave half of a surrogate pair.
  return cleaned.slice(0, 255 - extension.length).toWellFormed() + extension;
}
