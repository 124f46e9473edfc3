import { boxesOf, cornersOf, type PdfBox, type PdfSpan } from '../documents/pdf-positions.ts';
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
  const { height } = a;
  const gap = a.x <= b.x ? b.x - (a.x + a.width) : a.x - (b.x + b.width);
  const isAlike = Math.abs(height - b.height) < 0.25 * height;
  return isAlike && Math.abs(a.y - b.y) < 0.25 * height && gap < widestGap * height;
}

function around(a: PdfBox, b: PdfBox): PdfBox {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { ...a, x, y, width, height };
}

/** Left, bottom, right and top of what holds all boxes, on their page. */
export function rectangleOf(boxes: readonly PdfBox[]): [number, number, number, number] {
  const corners = boxes.flatMap(cornersOf);
  const least = (axis: 0 | 1): number => corners.reduce((value, corner) => Math.min(value, corner[axis]), Infinity);
  const most = (axis: 0 | 1): number => corners.reduce((value, corner) => Math.max(value, corner[axis]), -Infinity);
  return [least(0), least(1), most(0), most(1)];
}

/** The corners of a box in the order that viewers expect, which is not what the standard says. */
export const quadPointsOf = (box: PdfBox): readonly number[] => cornersOf(box).flat();
