import { AppError } from '../errors.ts';

/** Before the first entry of any log. */
export const logStart = '0-0';

/** Negative, zero or positive as `a` is before, at or behind `b`; ids are `<number>-<number>`. */
export function compareIds(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('-').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('-').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

export type Cursor = {
  /** Id of the entry that was delivered last. */
  readonly id: string;
  /** That entry ended its log: there is nothing behind it. */
  readonly isEnd: boolean;
};

// A cursor names its log by the end of the subject's id, so that one taken from another subject is recognised.
const tag = (subjectId: string): string => subjectId.slice(-6);

/** What clients get: opaque, and valid for the log of `subjectId` alone. */
export const encodeCursor = (subjectId: string, cursor: Cursor): string =>
  Buffer.from(`${tag(subjectId)} ${cursor.id}${cursor.isEnd ? ' end' : ''}`).toString('base64url');

/** Throws BAD_USER_INPUT for anything that `encodeCursor` did not make for this subject. */
export function decodeCursor(subjectId: string, text: string): Cursor {
  const decoded = Buffer.from(text, 'base64url').toString('latin1');
  const match = /^(\w{6}) (\d{1,16}-\d{1,16})( end)?$/.exec(decoded);
  if (!match?.[2] || match[1] !== tag(subjectId)) {
    throw new AppError(
      'BAD_USER_INPUT',
      `"${text.slice(0, 60)}" is not a cursor of ${subjectId}. Pass a cursor from one of its events or from its eventsCursor, or leave it out to replay from the start.`,
    );
  }
  return { id: match[2], isEnd: match[3] !== undefined };
}
