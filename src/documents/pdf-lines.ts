import type { Fragment } from './pdf-fragments.ts';

/** Fragments next to each other on one baseline, as far as no wide gap interrupts them. */
export type Segment = {
  readonly fragments: Fragment[];
  x0: number;
  x1: number;
  /** Baseline and size of its largest fragment: a raised footnote mark does not move a line. */
  y: number;
  size: number;
};

/** The column, or the width of the page, that a line belongs to. */
export type Region = {
  readonly left: number;
  right: number;
  /** Not one of several columns. */
  readonly isWholePage: boolean;
};

type Separator = '' | ' ' | '\t';

export type Line = {
  readonly page: number;
  readonly region: Region;
  readonly fragments: readonly Fragment[];
  /** What stands before each fragment; '' before the first. */
  readonly separators: readonly Separator[];
  readonly text: string;
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
  readonly size: number;
  /** Where the last cell of a table row begins, or the text behind a number or bullet: a continuation is aligned with it. */
  readonly lastCellX: number;
};

/** Wider gaps separate cells or columns. In ems. */
const cellGapEms = 1.2;
/** Narrower ones are kerning. In ems. */
const spaceGapEms = 0.16;

/** What can be the number or bullet of a paragraph: "1.", "2.3", "(a)", "iv)", "•". */
const label =
  /^(?:\(?[a-z]{1,4}\)|\(?\d{1,3}\)|\d{1,3}(?:\.\d{1,3})*\.|\d{1,3}(?:\.\d{1,3})+|[a-z]\.|[ivxlc]{1,5}\.|[•●○▪■◦‣–—\-*o§])$/i;
const wordStart = /^[\p{L}“"'(‘«[]/u;
const unspaced = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/;

/** Whether a line begins with the number or bullet of a paragraph. */
export const isLabelled = ({ text }: { readonly text: string }): boolean => {
  const end = text.indexOf(' ');
  // Asked for every line; most begin with a word, which ends in a letter.
  return end > 0 && end < 12 && labelEnd.test(text.charAt(end - 1)) && label.test(text.slice(0, end));
};
const labelEnd = /[^a-np-z]/i;

/** Whether a script without spaces meets itself here, as in Chinese and Japanese. */
export const joinsWithoutSpace = (before: string, after: string): boolean =>
  unspaced.test(before.slice(-1)) && unspaced.test(after.slice(0, 1)) && !/[\uac00-\ud7af]/.test(before.slice(-1));

/** Collects fragments into segments, in the order in which the PDF draws them: nearly always the order of reading within a line. */
export function toSegments(fragments: readonly Fragment[]): Segment[] {
  const segments: Segment[] = [];
  for (const fragment of fragments) {
    const current = segments.at(-1);
    if (current !== undefined && isNextTo(current, fragment)) extend(current, fragment);
    else segments.push(segmentOf(fragment));
  }
  return segments;
}

const segmentOf = (fragment: Fragment): Segment => ({
  fragments: [fragment],
  x0: fragment.x,
  x1: fragment.x + fragment.width,
  y: fragment.y,
  size: fragment.size,
});

function isNextTo(segment: Segment, { x, y, width, size, rightToLeft }: Fragment): boolean {
  if (!isSameBaseline(segment, { y, size })) return false;
  const em = Math.max(size, segment.size);
  const gap = rightToLeft && x < segment.x0 ? segment.x0 - (x + width) : x - segment.x1;
  return gap > -0.5 * em && gap < cellGapEms * em;
}

/** Raised and lowered marks are off by up to half a line, the next line by at least a whole one. */
const isSameBaseline = (a: { y: number; size: number }, b: { y: number; size: number }): boolean =>
  Math.abs(a.y - b.y) < 0.45 * Math.max(a.size, b.size);

function extend(segment: Segment, fragment: Fragment): void {
  segment.fragments.push(fragment);
  segment.x0 = Math.min(segment.x0, fragment.x);
  segment.x1 = Math.max(segment.x1, fragment.x + fragment.width);
  if (fragment.size > segment.size * 1.05) {
    segment.y = fragment.y;
    segment.size = fragment.size;
  }
}

/** Segments by baseline from top to bottom; within a baseline from left to right. */
export function toRows(segments: readonly Segment[]): Segment[][] {
  const rows: Segment[][] = [];
  let largest: Segment | undefined;
  for (const segment of [...segments].sort((a, b) => b.y - a.y)) {
    const row = rows.at(-1);
    if (row !== undefined && largest !== undefined && isSameBaseline(largest, segment)) {
      row.push(segment);
      if (segment.size > largest.size) largest = segment;
    } else {
      rows.push([segment]);
      largest = segment;
    }
  }
  for (const row of rows) if (row.length > 1) row.sort((a, b) => a.x0 - b.x0);
  return rows;
}

/**
 * Joins a number or bullet with the text it belongs to, however wide the tab between them, so that it is not taken for a column or
 * a cell. Changes and returns the row.
 */
export function joinLabel(row: Segment[]): Segment[] {
  const [first, second] = row;
  if (first === undefined || second === undefined) return row;
  const isLabel = first.fragments.length <= 2 && label.test(first.fragments.map(({ text }) => text).join(''));
  const isNear = second.x0 - first.x1 < 7 * second.size;
  if (!isLabel || !isNear || !wordStart.test(second.fragments[0]?.text ?? '')) return row;
  row.splice(0, 2, { ...second, x0: first.x0, fragments: [...first.fragments, ...second.fragments] });
  return row;
}

/** Makes one line of segments on the same baseline (or of a table's row of cells), sorted by the direction of their script. */
export function toLine(segments: readonly Segment[], page: number, region: Region): Line {
  const rightToLeft = isRightToLeft(segments);
  const ordered = rightToLeft ? [...segments].reverse() : segments;
  const fragments: Fragment[] = [];
  const separators: Separator[] = [];
  let text = '';
  let lastCellX = ordered[0]?.x0 ?? 0;
  for (const segment of ordered) {
    // Hebrew and Arabic are often drawn in the order of the eye, from left to right.
    const sequence = rightToLeft ? [...segment.fragments].sort((a, b) => b.x - a.x) : segment.fragments;
    for (const [index, fragment] of sequence.entries()) {
      const previous = fragments.at(-1);
      if (previous !== undefined && isDrawnTwice(previous, fragment)) continue;
      const separator = previous === undefined ? '' : separatorBetween(previous, fragment, index === 0);
      if (separator === '\t' || isLabelEnd(text, fragments.length)) lastCellX = fragment.x;
      fragments.push(fragment);
      separators.push(separator);
      text += separator + fragment.text;
    }
  }
  const largest = segments.reduce((a, b) => (weight(b) > weight(a) ? b : a));
  return {
    page,
    region,
    // Copies have no spare room: what has grown by push keeps space for 17, which all lines together feel.
    fragments: fragments.slice(),
    separators: separators.slice(),
    text,
    x0: segments.reduce((least, { x0 }) => Math.min(least, x0), Number.POSITIVE_INFINITY),
    x1: segments.reduce((most, { x1 }) => Math.max(most, x1), Number.NEGATIVE_INFINITY),
    y: largest.y,
    size: dominantSize(fragments),
    lastCellX,
  };
}

const isRightToLeft = (segments: readonly Segment[]): boolean => {
  let balance = 0;
  for (const { fragments } of segments) {
    for (const { rightToLeft, text } of fragments) balance += rightToLeft ? text.length : -text.length;
  }
  return balance > 0;
};

const isLabelEnd = (text: string, fragmentCount: number): boolean =>
  fragmentCount > 0 && fragmentCount <= 2 && label.test(text);

const weight = ({ x0, x1, size }: Segment): number => (x1 - x0) * size;

/** Bold type is sometimes made by drawing the same words twice, a hair apart. */
const isDrawnTwice = (a: Fragment, b: Fragment): boolean =>
  a.text === b.text && Math.abs(a.x - b.x) < 0.25 * a.size && Math.abs(a.y - b.y) < 0.25 * a.size;

function separatorBetween(before: Fragment, after: Fragment, isNewSegment: boolean): Separator {
  const em = Math.max(before.size, after.size);
  if (!isSameBaseline(before, after)) {
    if (isNewSegment) return '\t';
    return joinsWithoutSpace(before.text, after.text) ? '' : ' ';
  }
  const [left, right] = after.x >= before.x ? [before, after] : [after, before];
  const gap = right.x - (left.x + left.width);
  const isLabel = label.test(before.text) && wordStart.test(after.text);
  if (isNewSegment && gap >= cellGapEms * em) return isLabel ? ' ' : '\t';
  if (joinsWithoutSpace(before.text, after.text)) return gap > 0.6 * em ? ' ' : '';
  return after.spaceBefore || gap > spaceGapEms * em ? ' ' : '';
}

function dominantSize(fragments: readonly Fragment[]): number {
  if (fragments.length === 1) return fragments[0]?.size ?? 1;
  const counts = new Map<number, number>();
  for (const { size, text } of fragments) counts.set(size, (counts.get(size) ?? 0) + text.length);
  let [best, most] = [1, -1];
  for (const [size, count] of counts) if (count > most) [best, most] = [size, count];
  return best;
}
