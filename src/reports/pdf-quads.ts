import { boxesOf, type PdfBox, type PdfSpan } from '../documents/pdf-positions.ts';
import type { TextRange } from './annotation-places.ts';

/**
 * The boxes to mark for ranges of the text, by page (from 0), in the order of the ranges. Runs that follow each other on a line are one box,
 * with the spaces between them: a PDF often draws each word by itself.
 */
export function boxesByPage(spans: readonly PdfSpan[], ranges: readonly TextRange[]): Map<number, PdfBox[]> {
  const pages = new Map<number, PdfBox[]>();
  for (const { start, end } of ranges) {
    let last: PdfBox | null = null;
    for (const box of boxesOf(spans, start, end)) {
      const boxes: PdfBox[] = pages.get(box.page) ?? [];
      pages.set(box.page, boxes);
      const joined: PdfBox | null = last && isBeside(last, box) ? around(last, box) : null;
      if (joined) boxes[boxes.length - 1] = joined;
      else boxes.push(box);
      last = joined ?? box;
    }
  }
  return pages;
}

/** Wider gaps, in heights of a line, are between cells of a table or columns. */
const widestGap = 1.5;

function isBeside(a: PdfBox, b: PdfBox): boolean {
  if (a.page !== b.page || a.turn !== b.turn) return false;
  const isUpright = a.turn === 90 || a.turn === 270;
  const height = isUpright ? a.width : a.height;
  const offset = isUpright ? a.x - b.x : a.y - b.y;
  const gap = isUpright ? gapBetween(a.y, a.height, b.y, b.height) : gapBetween(a.x, a.width, b.x, b.width);
  const isAlike = Math.abs(height - (isUpright ? b.width : b.height)) < 0.25 * height;
  return isAlike && Math.abs(offset) < 0.25 * height && gap < widestGap * height;
}

const gapBetween = (a: number, aLength: number, b: number, bLength: number): number =>
  a <= b ? b - (a + aLength) : a - (b + bLength);

function around(a: PdfBox, b: PdfBox): PdfBox {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { ...a, x, y, width, height };
}

/** Left, bottom, right and top of what holds all boxes. */
export function rectangleOf(boxes: readonly PdfBox[]): [number, number, number, number] {
  const edges = boxes.map(({ x, y, width, height }) => [x, y, x + width, y + height] as const);
  const least = (index: 0 | 1): number => edges.reduce((value, edge) => Math.min(value, edge[index]), Infinity);
  const most = (index: 2 | 3): number => edges.reduce((value, edge) => Math.max(value, edge[index]), -Infinity);
  return [least(0), least(1), most(2), most(3)];
}

/**
 * The corners of a box as viewers expect them, which is not what the standard says: upper left, upper right, lower left, lower right, as one
 * reads the text.
 */
export function quadPointsOf({ x, y, width, height, turn }: PdfBox): number[] {
  const [left, bottom, right, top] = [x, y, x + width, y + height];
  switch (turn) {
    case 0:
      return [left, top, right, top, left, bottom, right, bottom];
    case 90:
      return [left, bottom, left, top, right, bottom, right, top];
    case 180:
      return [right, bottom, left, bottom, right, top, left, top];
    case 270:
      return [right, top, right, bottom, left, top, left, bottom];
  }
}
