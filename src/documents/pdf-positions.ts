import { unturnPoint } from './pdf-fragments.ts';
import { fractionAt, type GlyphWidths } from './pdf-glyph-widths.ts';

/** A stretch of the extracted text and where it stands. */
export type PdfSpan = {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly box: PdfBox;
  readonly text: string;
  /** Of its font; null where they are not known. */
  readonly glyphs: GlyphWidths | null;
  /** Of the box, along the text. */
  readonly widthInEms: number;
};

/** Lengths are in points, in the coordinates of the PDF turned so that the text runs to the right. */
export type PdfBox = {
  /** From 0. */
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Which way the text runs, in degrees against the usual. */
  readonly turn: number;
  readonly rightToLeft: boolean;
};

/**
 * The boxes around `[start, end)` of the extracted text, one per run of text. In a run whose font does not tell the widths of its characters
 * they count as equally wide: the ends of a box may be off by a few points.
 */
export function boxesOf(spans: readonly PdfSpan[], start: number, end: number): PdfBox[] {
  const boxes: PdfBox[] = [];
  for (let index = firstEndingAfter(spans, start); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.start >= end) break;
    boxes.push(partOfBox(span.box, fractionAt(span, start - span.start), fractionAt(span, end - span.start)));
  }
  return boxes;
}

function firstEndingAfter(spans: readonly PdfSpan[], offset: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The part of a box between two fractions of its text. */
export function partOfBox(box: PdfBox, from: number, to: number): PdfBox {
  const [low, high] = box.rightToLeft ? [1 - to, 1 - from] : [from, to];
  return { ...box, x: box.x + low * box.width, width: (high - low) * box.width };
}

export type Point = readonly [x: number, y: number];

/** The corners of a box on its page, as one reads the text: upper left, upper right, lower left, lower right. */
export function cornersOf({ turn, x, y, width, height }: PdfBox): readonly [Point, Point, Point, Point] {
  const [left, bottom, right, top] = [x, y, x + width, y + height];
  return [
    unturnPoint(turn, left, top),
    unturnPoint(turn, right, top),
    unturnPoint(turn, left, bottom),
    unturnPoint(turn, right, bottom),
  ];
}
