/**
 * Words as a word processor counts them: runs of characters without white space, and each character of a script that is written
 * without spaces (Han, Hiragana, Katakana) for itself.
 */
export function countWords(text: string): number {
  let count = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isSpace(code)) inWord = false;
    else if (isUnspaced(code)) {
      count++;
      inWord = false;
    } else if (!inWord && !isLowSurrogate(code)) {
      count++;
      inWord = true;
    }
  }
  return count;
}

const isSpace = (code: number): boolean =>
  code <= 0x20 ||
  code === 0x85 ||
  code === 0xa0 ||
  code === 0x1680 ||
  (code >= 0x2000 && code <= 0x200b) ||
  (code >= 0x2028 && code <= 0x202f) ||
  code === 0x205f ||
  code === 0x3000 ||
  code === 0xfeff;

/** The high surrogates of the planes that hold only Han characters count for them. */
const isUnspaced = (code: number): boolean =>
  (code >= 0x3041 && code <= 0x30ff) ||
  (code >= 0x3400 && code <= 0x9fff) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xd840 && code <= 0xd88d);

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
