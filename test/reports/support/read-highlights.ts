import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { openPdf } from '../../../src/documents/pdf-engine.ts';

/** An annotation as pdf.js, which has no part in writing it, finds it on its page. */
export type FoundAnnotation = {
  readonly page: number;
  readonly ref: string;
  readonly kind: string;
  readonly author: string;
  readonly contents: string;
  readonly quads: readonly Quad[];
  readonly hasAppearance: boolean;
  readonly repliesTo: string | null;
  readonly state: string | null;
  readonly isHidden: boolean;
  /** The letters whose middle is under a highlight, in the order in which the page draws them. Letters of a run count as equally wide. */
  readonly under: string;
};

type Quad = {
  readonly left: number;
  readonly right: number;
  readonly holds: (x: number, y: number) => boolean;
};

export async function readAnnotations(bytes: Uint8Array): Promise<FoundAnnotation[]> {
  const pdf = await openPdf(bytes.slice());
  try {
    const found: FoundAnnotation[] = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      for (const annotation of (await page.getAnnotations()) as Record<string, unknown>[]) {
        const quads = toQuads(annotation['quadPoints'] as ArrayLike<number> | undefined);
        found.push({
          page: number,
          ref: String(annotation['id']),
          kind: String(annotation['subtype']),
          author: (annotation['titleObj'] as { str?: string } | undefined)?.str ?? '',
          contents: (annotation['contentsObj'] as { str?: string } | undefined)?.str ?? '',
          quads,
          hasAppearance: annotation['hasAppearance'] === true,
          repliesTo: (annotation['inReplyTo'] as string | undefined) ?? null,
          state: (annotation['state'] as string | null | undefined) ?? null,
          isHidden: (Number(annotation['annotationFlags']) & 2) !== 0,
          under: await textUnder(page, quads),
        });
      }
    }
    return found;
  } finally {
    await pdf.loadingTask.destroy();
  }
}

function toQuads(points: ArrayLike<number> = []): Quad[] {
  const quads: Quad[] = [];
  for (let at = 0; at + 8 <= points.length; at += 8) {
    const [upperLeft, upperRight, lowerLeft] = [0, 2, 4].map((index): Point => [
      points[at + index] ?? 0,
      points[at + index + 1] ?? 0,
    ]) as [Point, Point, Point];
    const xs = [0, 2, 4, 6].map((index) => points[at + index] ?? 0);
    quads.push({
      left: Math.min(...xs),
      right: Math.max(...xs),
      holds: (x, y) => isBetween([x, y], upperLeft, upperRight) && isBetween([x, y], upperLeft, lowerLeft),
    });
  }
  return quads;
}

type Point = readonly [x: number, y: number];

/** Whether a point is, along the line from `a` to `b`, between the two. */
function isBetween([x, y]: Point, a: Point, b: Point): boolean {
  const [alongX, alongY] = [b[0] - a[0], b[1] - a[1]];
  const part = ((x - a[0]) * alongX + (y - a[1]) * alongY) / (alongX ** 2 + alongY ** 2);
  return part >= 0 && part <= 1;
}

async function textUnder(page: PDFPageProxy, quads: readonly Quad[]): Promise<string> {
  const { items } = await page.getTextContent();
  let under = '';
  for (const item of items) {
    if (!('str' in item) || item.str === '') continue;
    const [a = 0, b = 0, , , x = 0, y = 0] = item.transform as number[];
    const length = Math.hypot(a, b);
    const rise = 0.2 * item.height;
    for (let index = 0; index < item.str.length; index += 1) {
      const along = ((index + 0.5) / item.str.length) * item.width;
      const [atX, atY] = [x + (along * a - rise * b) / length, y + (along * b + rise * a) / length];
      if (quads.some(({ holds }) => holds(atX, atY))) under += item.str.charAt(index);
    }
  }
  return under;
}
