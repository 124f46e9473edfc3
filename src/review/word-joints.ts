/**
 * What two neighbouring characters belong to both, if anything. Digits with a separator of decimals or thousands between them are one number.
 * Letters of scripts that write words without spaces between them, or endings onto words (Korean), belong to no word that could be told.
 */
export type Joint = 'word' | 'number' | null;

const numberEnd = /\p{Nd}[.,']?$/u;
const numberStart = /^[.,']?\p{Nd}/u;
const wordEnd = /[\p{L}\p{M}\p{N}]$/u;
const wordStart = /^[\p{L}\p{M}\p{N}]/u;

const unseparated = ['Han', 'Hira', 'Kana', 'Bopo', 'Hang', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt', 'Yiii']
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const unseparatedEnd = new RegExp(`[${unseparated}]$`, 'u');
const unseparatedStart = new RegExp(`^[${unseparated}]`, 'u');

/** Between the characters of a text on both sides of an index. */
export function jointAt(text: string, index: number): Joint {
  const before = text.slice(Math.max(0, index - 2), index);
  const behind = text.slice(index, index + 2);
  if (isNumber(before, behind)) return 'number';
  const isWord = wordEnd.test(before) && wordStart.test(behind);
  return isWord && !unseparatedEnd.test(before) && !unseparatedStart.test(behind) ? 'word' : null;
}

/** The separator stands on one side of the index at most. */
const isNumber = (before: string, behind: string): boolean =>
  (/\p{Nd}$/u.test(before) && numberStart.test(behind)) || (numberEnd.test(before) && /^\p{Nd}/u.test(behind));
