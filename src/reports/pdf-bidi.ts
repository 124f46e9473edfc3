import bidiFactory from 'bidi-js';

const bidi = bidiFactory();
/** Letters that are read from the right, and marks on them. */
export const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A stretch of a line as it is drawn from left to right; `text` is in the order of reading. */
export type VisualRun = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What is drawn for the text: a bracket that opens to the left looks like the one that closes to the right. */
  readonly shown: string;
};

export type Direction = {
  /** Whether the paragraph reads from the right. */
  readonly isRightToLeft: boolean;
  /** The stretches of a line, from left to right; none goes over one of the borders, which are in rising order. */
  order(start: number, end: number, borders: readonly number[]): readonly VisualRun[];
};

/**
 * The order in which the characters of a paragraph are drawn (UAX #9). The PDF library turns letters of a right-to-left word round itself,
 * but knows only words: what stands between them is put in its place here.
 */
export function directionOf(text: string): Direction {
  if (!rightToLeft.test(text))
    return { isRightToLeft: false, order: (start, end, borders) => inOrder(text, start, end, borders) };
  const levels = bidi.getEmbeddingLevels(text, 'auto');
  return {
    isRightToLeft: (levels.paragraphs[0]?.level ?? 0) % 2 === 1,
    order(start, end, borders) {
      const indices = Array.from({ length: end - start }, (_, index) => start + index);
      for (const [first, last] of bidi.getReorderSegments(text, levels, start, end - 1)) {
        const part = indices.slice(first - start, last - start + 1).reverse();
        indices.splice(first - start, part.length, ...part);
      }
      return group(text, indices, (index) => (levels.levels[index] ?? 0) % 2 === 1, new Set(borders));
    },
  };
}

function inOrder(text: string, start: number, end: number, borders: readonly number[]): readonly VisualRun[] {
  if (start >= end) return [];
  const starts = [start, ...borders];
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? end;
    const words = text.slice(from, to);
    return { start: from, end: to, text: words, shown: words };
  });
}

function group(
  text: string,
  indices: readonly number[],
  isReversed: (index: number) => boolean,
  borders: ReadonlySet<number>,
): readonly VisualRun[] {
  const runs: VisualRun[] = [];
  let at = 0;
  while (at < indices.length) {
    const first = indices[at] ?? 0;
    const reversed = isReversed(first);
    const step = reversed ? -1 : 1;
    const isLetter = (index: number): boolean => /[\p{L}\p{M}]/u.test(text.charAt(index));
    let length = 1;
    for (; at + length < indices.length; length += 1) {
      const next = indices[at + length] ?? 0;
      const previous = indices[at + length - 1] ?? 0;
      const isSurrogate = /[\udc00-\udfff]/.test(text.charAt(Math.max(next, previous)));
      if (next !== previous + step || isReversed(next) !== reversed) break;
      // The font's own, whichever way one comes to it.
      if (borders.has(Math.max(next, previous)) && !isSurrogate) break;
      if (reversed && !isSurrogate && !(isLetter(next) && isLetter(previous))) break;
    }
    const start = Math.min(first, indices[at + length - 1] ?? first);
    const words = text.slice(start, start + length);
    runs.push({
      start,
      end: start + length,
      text: words,
      shown: reversed && length === 1 ? (bidi.getMirroredCharacter(words) ?? words) : words,
    });
    at += length;
  }
  return runs;
}
