import bidiFactory from 'bidi-js';

const bidi = bidiFactory();
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Characters in a row that read in one direction. */
export type Stretch = { readonly text: string; readonly isRightToLeft: boolean };

export type Reading = {
  /** Whether the paragraph reads from the right: its first letter decides, as with `dir="auto"` in HTML. */
  readonly isRightToLeft: boolean;
  /** The stretches between two offsets, in the order of reading. */
  readonly split: (start: number, end: number) => readonly Stretch[];
};

/**
 * How a paragraph reads (UAX #9), for formats that want it said of each run. Signs and spaces belong to the letters around them, else to
 * the paragraph; numbers to the right-to-left letters that they follow, since there they are written in the same run.
 */
export function readingOf(text: string): Reading {
  if (!rightToLeft.test(text))
    return {
      isRightToLeft: false,
      split: (start, end) => (start < end ? [{ text: text.slice(start, end), isRightToLeft: false }] : []),
    };
  const { levels, paragraphs } = bidi.getEmbeddingLevels(withoutPairs(text), 'auto');
  const stretches = directions(text, levels);
  return {
    isRightToLeft: isOdd(paragraphs[0]?.level),
    split: (start, end) =>
      stretches
        .map((stretch) => ({ ...stretch, start: Math.max(start, stretch.start), end: Math.min(end, stretch.end) }))
        .filter((stretch) => stretch.start < stretch.end)
        .map((stretch) => ({ text: text.slice(stretch.start, stretch.end), isRightToLeft: stretch.isRightToLeft })),
  };
}

/** The library takes each half of a pair for a Latin letter: others of the same kind stand in for them. */
const withoutPairs = (text: string): string =>
  text.replace(/[\u{10000}-\u{10ffff}]/gu, (pair) => {
    if (rightToLeft.test(pair)) return '\u05d0\u05d0';
    return /\p{L}/u.test(pair) ? 'aa' : '\u2600\u2600';
  });

const isOdd = (level = 0): boolean => level % 2 === 1;

function directions(text: string, levels: Uint8Array) {
  const found: { start: number; end: number; isRightToLeft: boolean }[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    const level = levels[start];
    while (end < text.length && levels[end] === level) end += 1;
    const isNumber = level !== 0 && !/\p{L}/u.test(text.slice(start, end));
    const isRightToLeft = isOdd(level) || isNumber;
    const last = found.at(-1);
    if (last?.isRightToLeft === isRightToLeft) last.end = end;
    else found.push({ start, end, isRightToLeft });
  }
  return found;
}
