import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PdfHeading } from './pdf-assemble.ts';
import { turnPoint, type Turn } from './pdf-fragments.ts';
import type { Line } from './pdf-lines.ts';
import { parseNumbering } from './text-numbering.ts';

type OutlineNode = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>[number];

/** An entry of the outline that leads to a page. */
export type OutlineEntry = {
  readonly title: string;
  readonly level: number;
  readonly page: number;
  /** Where on the page it leads, as the PDF counts; undefined where it leads to the page as a whole. */
  readonly x: number | undefined;
  readonly y: number | undefined;
};

const mostEntries = 5000;
const deepestLevel = 12;
const fewestEntries = 3;
const leastFoundShare = 0.6;

/** The entries of the outline (the "bookmarks") that lead somewhere in the document, in order. Call it when all pages are loaded. */
export async function readOutline(pdf: PDFDocumentProxy): Promise<OutlineEntry[]> {
  const nodes: { readonly node: OutlineNode; readonly level: number }[] = [];
  const collect = (siblings: readonly OutlineNode[], level: number): void => {
    for (const node of siblings) {
      if (nodes.length >= mostEntries) return;
      nodes.push({ node, level });
      if (level < deepestLevel) collect(node.items, level + 1);
    }
  };
  collect((await pdf.getOutline()) ?? [], 1);
  if (nodes.length < fewestEntries) return [];
  const entries = await Promise.all(nodes.map(({ node, level }) => toEntry(pdf, node, level)));
  return entries.filter((entry) => entry !== undefined);
}

async function toEntry(
  pdf: PDFDocumentProxy,
  { title, dest }: OutlineNode,
  level: number,
): Promise<OutlineEntry | undefined> {
  try {
    const target: unknown = typeof dest === 'string' ? await pdf.getDestination(dest) : dest;
    if (!Array.isArray(target)) return undefined;
    const [page, mode, first, second]: unknown[] = target;
    const index = typeof page === 'number' ? page : await pageIndex(pdf, page);
    const kind = (mode as { name?: unknown } | null)?.name;
    const y = kind === 'XYZ' ? second : kind === 'FitH' || kind === 'FitBH' ? first : undefined;
    const x = kind === 'XYZ' ? first : undefined;
    return { title, level, page: index, x: asNumber(x), y: asNumber(y) };
  } catch {
    // A destination that leads nowhere; the others may still be good.
    return undefined;
  }
}

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

async function pageIndex(pdf: PDFDocumentProxy, ref: unknown): Promise<number> {
  const reference = ref as Parameters<PDFDocumentProxy['getPageIndex']>[0];
  return (pdf.cachedPageNumber(reference) ?? (await pdf.getPageIndex(reference)) + 1) - 1;
}

/** Finds the outline's entries in the lines of their pages; undefined where there are too few of them to go by. */
export function outlineHeadings(
  entries: readonly OutlineEntry[],
  lines: readonly Line[],
  turns: readonly Turn[],
): PdfHeading[] | undefined {
  if (entries.length < fewestEntries) return undefined;
  const pages = indexLines(lines, new Set(entries.map(({ page }) => page)));
  const taken = new Set<number>();
  const headings: PdfHeading[] = [];
  for (const entry of entries) {
    const heading = findEntry(entry, pages.get(entry.page) ?? [], taken, turns[entry.page] ?? 0);
    if (heading === undefined) continue;
    for (let index = heading.from; index <= heading.to; index += 1) taken.add(index);
    headings.push(heading);
  }
  if (headings.length < fewestEntries || headings.length < leastFoundShare * entries.length) return undefined;
  return headings.sort((a, b) => a.from - b.from);
}

/** With the keys of a line's text, whole and without its number. */
type KeyedLine = { readonly line: Line; readonly index: number; readonly key: string; readonly bareKey: string };

/** No page has more lines that could be headings; it bounds the work on a hostile file. */
const mostLinesOfPage = 1000;

function indexLines(lines: readonly Line[], wanted: ReadonlySet<number>): Map<number, KeyedLine[]> {
  const pages = new Map<number, KeyedLine[]>();
  for (const [index, line] of lines.entries()) {
    const page = pages.get(line.page);
    if (!wanted.has(line.page) || (page !== undefined && page.length >= mostLinesOfPage)) continue;
    const start = line.text.slice(0, 500);
    const keyed = { line, index, key: keyOf(start), bareKey: keyOf(parseNumbering(start)?.rest ?? start) };
    if (page === undefined) pages.set(line.page, [keyed]);
    else page.push(keyed);
  }
  return pages;
}

/** What is left of a title when spaces, punctuation, case and typographic forms do not count. */
const keyOf = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** Titles are wrapped over this many lines at most. */
const mostTitleLines = 5;

function findEntry(
  entry: OutlineEntry,
  page: readonly KeyedLine[],
  taken: ReadonlySet<number>,
  turn: Turn,
): PdfHeading | undefined {
  const whole = keyOf(entry.title);
  const bare = keyOf(parseNumbering(entry.title.trim())?.rest ?? entry.title);
  if (whole === '') return undefined;
  const [, wanted] = turnPoint(turn, entry.x ?? 0, entry.y ?? 0);
  let best: { readonly heading: PdfHeading; readonly cost: number } | undefined;
  for (const [at, { line, index }] of page.entries()) {
    if (taken.has(index)) continue;
    const match = matchAt(page, at, whole, bare);
    if (match === undefined) continue;
    // The destination is the top of the heading, or a little above it.
    const away = entry.y === undefined ? 0 : Math.abs(wanted - line.y) / Math.max(1, line.size);
    const cost = away + (match.runsIn ? 20 : 0) + index * 1e-6;
    if (best === undefined || cost < best.cost) {
      const text = page.slice(at, at + match.lineCount).map((keyed) => keyed.line.text);
      const title = (match.runsIn ? entry.title : text.join(' ')).replace(/\s+/g, ' ').trim();
      best = {
        cost,
        heading: { from: index, to: index + match.lineCount - 1, level: entry.level, title, runsIn: match.runsIn },
      };
    }
  }
  return best?.heading;
}

type Match = { readonly lineCount: number; readonly runsIn: boolean };

/** Whether the lines from here on are the title, with or without its number, alone or with text running on behind it. */
function matchAt(page: readonly KeyedLine[], at: number, whole: string, bare: string): Match | undefined {
  let key = '';
  for (let lineCount = 1; lineCount <= mostTitleLines; lineCount += 1) {
    const next = page[at + lineCount - 1];
    if (next === undefined || (lineCount > 1 && next.index !== (page[at]?.index ?? 0) + lineCount - 1))
      return undefined;
    key += next.key;
    if (key === whole) return { lineCount, runsIn: false };
    if (lineCount === 1 && bare.length > 2 && (key === bare || next.bareKey === bare))
      return { lineCount, runsIn: false };
    if (key.length >= whole.length)
      return lineCount === 1 && runsOn(key, whole) ? { lineCount, runsIn: true } : undefined;
    if (!whole.startsWith(key) && !bare.startsWith(key)) return undefined;
    if (key === bare && bare.length > 2) return { lineCount, runsIn: false };
  }
  return undefined;
}

const runsOn = (key: string, whole: string): boolean => whole.length >= 5 && key.startsWith(whole);
