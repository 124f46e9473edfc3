import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { cleanText } from './text-clean.ts';

/**
 * Which way text runs on a page, in degrees against the usual. Fragments are turned so that their text runs to the right and lines
 * follow each other downwards: a landscape table and vertical Japanese then read like anything else.
 */
export type Turn = 0 | 90 | 180 | 270;

/** A run of text in one font as the PDF draws it. Lengths are in points; x grows along the text, y against the order of lines. */
export type Fragment = {
  readonly text: string;
  /** Which way it runs; a slanted one, whose turn is none of a page, is placed as if it were not turned. */
  readonly turn: number;
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly width: number;
  /** Of the font. */
  readonly size: number;
  readonly font: string;
  readonly rightToLeft: boolean;
  /** The PDF has a space between this fragment and the one drawn before it. */
  readonly spaceBefore: boolean;
  /** Ties the fragment to the structure tree of a tagged PDF. */
  readonly contentId: string | undefined;
  /** Marked by a tagged PDF as not part of the content, such as a page number. */
  readonly isArtifact: boolean;
};

export type PageFragments = {
  readonly turn: Turn;
  /** In the order in which the PDF draws them. */
  readonly fragments: readonly Fragment[];
  /** Text that runs another way than most of the page: a watermark, a stamp at the margin. */
  readonly strays: readonly Fragment[];
  /** Of the page, in the fragments' own direction. */
  readonly top: number;
  readonly bottom: number;
};

type TextContent = Awaited<ReturnType<PDFPageProxy['getTextContent']>>;
type Item = TextContent['items'][number];

/** Bullets of Word's symbol fonts, which have no Unicode of their own. */
const symbolBullets = /[\uf0b7\uf0a7\uf0d8\uf0a8\uf076\uf0fc]/g;

/** A quick look before the thorough one. */
const notPlain = /[^ -~]| {2}/;
/** Whether {@link tidy} would change anything, which is seldom. */
const untidy =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u00a0\u2000-\u200f\u2028-\u202f\u3000\ud800-\udfff\uf000-\uf0ff\ufeff\ufffe\uffff]| {2}/;
const tidy = (text: string): string => cleanText(text).replace(symbolBullets, '•').replace(/\s+/g, ' ');

/** Turns what pdf.js says about a page into fragments without blanks, empty runs or control characters. */
export function toFragments(content: TextContent, view: readonly number[]): PageFragments {
  const turned: Fragment[] = [];
  const marks = createMarks();
  let isSpacePending = false;
  for (const item of content.items) {
    if (!('str' in item)) {
      marks.apply(item);
      continue;
    }
    const text = notPlain.test(item.str) && untidy.test(item.str) ? tidy(item.str) : item.str;
    const trimmed = text.trim();
    if (trimmed !== '') {
      const spaceBefore = isSpacePending || text.startsWith(' ');
      turned.push(toFragment(item, trimmed, spaceBefore, content.styles[item.fontName]?.vertical ?? false, marks));
    }
    isSpacePending = trimmed === '' ? isSpacePending || text !== '' || item.hasEOL : text.endsWith(' ') || item.hasEOL;
  }
  return splitByTurn(turned, view);
}

function toFragment(
  item: Extract<Item, { str: string }>,
  text: string,
  spaceBefore: boolean,
  isVertical: boolean,
  marks: Marks,
): Fragment {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = item.transform as number[];
  const turn = isVertical ? 270 : turnOf(a, b);
  const [x, y] = turnPoint(isStraight(turn) ? turn : 0, e, f);
  return {
    text,
    turn,
    x,
    y,
    width: isVertical ? item.height : item.width,
    size: (isVertical ? Math.hypot(a, b) : Math.hypot(c, d)) || 1,
    font: item.fontName,
    rightToLeft: item.dir === 'rtl',
    spaceBefore,
    contentId: marks.contentId(),
    isArtifact: marks.isArtifact(),
  };
}

/** The direction of a run by the first column of its matrix; in tenths of a degree where it is slanted. */
function turnOf(a: number, b: number): number {
  const slack = 0.05;
  if (Math.abs(b) <= slack * Math.abs(a)) return a >= 0 ? 0 : 180;
  if (Math.abs(a) <= slack * Math.abs(b)) return b > 0 ? 90 : 270;
  return Math.round((Math.atan2(b, a) * 1800) / Math.PI) / 10;
}

const isStraight = (turn: number): turn is Turn => turn % 90 === 0;

/** From the page's coordinates into those in which text of this turn runs to the right. */
export function turnPoint(turn: number, x: number, y: number): [number, number] {
  if (turn === 0) return [x, y];
  if (turn === 90) return [y, -x];
  if (turn === 180) return [-x, -y];
  if (turn === 270) return [-y, x];
  const [cosine, sine] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  return [x * cosine + y * sine, y * cosine - x * sine];
}

/** The way back from {@link turnPoint}. */
export function unturnPoint(turn: number, x: number, y: number): [number, number] {
  return turnPoint((360 - turn) % 360, x, y);
}

/** Where the baseline of a fragment begins, in coordinates turned as it is itself. */
export function startOf({ turn, x, y }: Fragment): [number, number] {
  return isStraight(turn) ? [x, y] : turnPoint(turn, x, y);
}

function splitByTurn(turned: readonly Fragment[], view: readonly number[]): PageFragments {
  const counts = new Map<Turn, number>();
  for (const { turn, text } of turned) {
    if (isStraight(turn)) counts.set(turn, (counts.get(turn) ?? 0) + text.length);
  }
  const turn = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
  const [left = 0, low = 0, right = 0, high = 0] = view;
  const [, y1] = turnPoint(turn, left, low);
  const [, y2] = turnPoint(turn, right, high);
  const strays = turned.filter((fragment) => fragment.turn !== turn);
  return {
    turn,
    fragments: strays.length === 0 ? turned : turned.filter((fragment) => fragment.turn === turn),
    strays,
    top: Math.max(y1, y2),
    bottom: Math.min(y1, y2),
  };
}

type Marks = ReturnType<typeof createMarks>;

/** Follows the nesting of marked content, which says what of a tagged PDF a run belongs to. */
function createMarks() {
  const open: { readonly id: string | undefined; readonly isArtifact: boolean }[] = [];
  return {
    apply(item: Exclude<Item, { str: string }> & { tag?: string | null; id?: string | null }): void {
      if (item.type === 'endMarkedContent') open.pop();
      else
        open.push({
          id: item.id ?? open.at(-1)?.id,
          isArtifact: item.tag === 'Artifact' || (open.at(-1)?.isArtifact ?? false),
        });
    },
    contentId: () => open.at(-1)?.id,
    isArtifact: () => open.at(-1)?.isArtifact ?? false,
  };
}
