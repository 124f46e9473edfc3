import { AppError } from '../errors.ts';

/** S3 takes 1,024 bytes, of which the bucket prefix needs some; a file name on the usual file systems has 255. */
const maxKeyBytes = 900;
const maxSegmentBytes = 255;
/** Control characters, lone surrogates (they have no UTF-8), and the backslash, which separates folders on Windows. */
const forbiddenCharacter = /[\p{Cc}\p{Cs}\\]/u;

const refuse = (reason: string): never => {
  throw new AppError('BAD_USER_INPUT', `This is not a valid storage key: ${reason}.`);
};

/** Throws BAD_USER_INPUT unless `key` is a relative path without empty, `.` or `..` segments that every adapter can store. */
export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > maxKeyBytes) refuse(`it is longer than ${maxKeyBytes} bytes`);
  if (forbiddenCharacter.test(key)) refuse('it has a control character, a backslash or a broken character');
  for (const segment of key.split('/')) {
    if (segment === '') refuse('it is empty, or has a slash at its start or end or two in a row');
    if (segment === '.' || segment === '..') refuse('"." and ".." are not allowed in it');
    if (Buffer.byteLength(segment) > maxSegmentBytes) refuse(`a part of it is longer than ${maxSegmentBytes} bytes`);
  }
}

/** As `assertKey`, for the beginning of keys: it may end in a slash or in the middle of a name; the empty one means all. */
export function assertListPrefix(prefix: string): void {
  if (prefix !== '') assertKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/** As `assertKey`, for a prefix of which everything goes: it names a folder, so that `doc_1/` never takes `doc_10/` along. */
export function assertDeletePrefix(prefix: string): void {
  if (!prefix.endsWith('/')) refuse('a prefix to delete must end in a slash');
  assertKey(prefix.slice(0, -1));
}

/** The order of S3: by UTF-8 bytes, which differs from that of JavaScript's strings beyond U+FFFF. */
export const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
