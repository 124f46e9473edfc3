import type { Line } from './pdf-lines.ts';

export type HyphenJoiner = {
  /** Whether the hyphen at the end of a line was put there only to break the word, and goes. */
  isSoft(before: string, after: string): boolean;
};

const brokenWord = /([\p{L}\p{M}]+(?:[-‐][\p{L}\p{M}]+)*)[-‐]$/u;
/** Longer ones are not words; it bounds the search on a hostile line. */
const longestWord = 60;
const wordStart = /^[\p{Ll}\p{M}]+/u;

/**
 * Tells "agree-ment" from "long-term" by the document's own words: where it writes the word with a hyphen elsewhere, or both halves
 * as words of their own and never the whole, the hyphen is part of the word.
 */
export function createHyphenJoiner(lines: readonly Line[]): HyphenJoiner {
  let words: Set<string> | undefined;
  return {
    isSoft(before, after) {
      const first = brokenWord.exec(before.slice(-longestWord))?.[1]?.toLowerCase();
      const second = wordStart.exec(after.slice(0, longestWord))?.[0];
      if (first === undefined || second === undefined) return false;
      // Many documents have no hyphen at a line's end at all; the words are collected with the first one.
      words ??= collectWords(lines);
      if (words.has(first + second)) return true;
      if (words.has(`${first}-${second}`)) return false;
      return !(first.length > 2 && second.length > 2 && words.has(first) && words.has(second));
    },
  };
}

/** Words that are whole within a line: the last one may be broken. */
function collectWords(lines: readonly Line[]): Set<string> {
  const words = new Set<string>();
  for (const { text } of lines) {
    const found = text.toLowerCase().split(betweenWords);
    if (/[-‐\u00ad]/.test(text.slice(-1))) found.pop();
    for (const word of found) words.add(word);
  }
  return words;
}

const betweenWords = /[\s.,;:!?()[\]{}“”"‘’'«»„/…—–]+/;
