import type { Line } from './pdf-lines.ts';

/** The lines of a page in reading order, and how far the page reaches. */
export type PageLines = { readonly lines: readonly Line[]; readonly top: number; readonly bottom: number };

/** Running headers and footers stand among this many lines at either edge of a page. */
const edgeLineCount = 4;
/** Below the margins, what is repeated at the same height on this share of the pages is running, word for word. */
const repeatedShare = 0.3;
/** The outer part of a page at either end, where the header of one chapter needs only another page to prove it. */
const marginShare = 0.12;

type Edge = {
  readonly line: Line;
  readonly page: number;
  readonly isMargin: boolean;
  /** So few lines that all of them are near an edge. */
  readonly isShortPage: boolean;
  readonly numbers: readonly number[];
};

/**
 * Finds running headers, footers and page numbers: lines at the edges of pages that stand at the same height with the same words
 * on other pages, and numbers that count the pages. Numbers in such a line must stay the same or count along: "Total: 120" at the
 * same place of two pages is content.
 */
export function findRunningLines(pages: readonly PageLines[]): Set<Line> {
  const running = new Set<Line>();
  const slots = new Map<string, Edge[]>();
  for (const [page, lines] of pages.entries()) collectEdges(slots, lines, page);
  const needed = Math.max(3, Math.ceil(pages.length * repeatedShare));
  for (const alike of slots.values()) {
    const isRepeated = alike.length >= needed;
    for (const [index, edge] of alike.entries()) {
      const isTagged = edge.isMargin && edge.line.fragments.every(({ isArtifact }) => isArtifact);
      const isRunning = edge.isMargin
        ? hasTwin(alike, index, true)
        : isRepeated && !edge.isShortPage && hasTwin(alike, index, false);
      if (isTagged || isRunning) running.add(edge.line);
    }
  }
  for (const line of pageNumberLines(pages, running)) running.add(line);
  return running;
}

function collectEdges(slots: Map<string, Edge[]>, { lines, top, bottom }: PageLines, page: number): void {
  const byHeight = [...lines].sort((a, b) => b.y - a.y);
  const isShortPage = byHeight.length <= 2 * edgeLineCount;
  const edges = isShortPage ? byHeight : [...byHeight.slice(0, edgeLineCount), ...byHeight.slice(-edgeLineCount)];
  const margin = (top - bottom) * marginShare;
  for (const line of edges) {
    const words = line.text.replace(/\d+/g, '#').slice(0, 200);
    // Bare numbers are looked at separately: see pageNumberLines.
    if (!/\p{L}/u.test(words)) continue;
    const key = `${Math.round(line.y / 4)} ${Math.round(line.size)} ${words}`;
    const numbers = (line.text.match(/\d+/g) ?? []).map(Number);
    const isMargin = line.y > top - margin || line.y < bottom + margin;
    const slot = slots.get(key);
    if (slot === undefined) slots.set(key, [{ line, page, isMargin, isShortPage, numbers }]);
    else slot.push({ line, page, isMargin, isShortPage, numbers });
  }
}

/** Left and right pages may have headers of their own, so the page after the next counts as well. */
function hasTwin(alike: readonly Edge[], index: number, mayCount: boolean): boolean {
  const edge = alike[index];
  return [index - 2, index - 1, index + 1, index + 2].some((other) => {
    const twin = alike[other];
    if (edge === undefined || twin === undefined) return false;
    const distance = twin.page - edge.page;
    if (distance === 0 || Math.abs(distance) > 2) return false;
    const step = mayCount ? distance : 0;
    return edge.numbers.every((value, at) => twin.numbers[at] === value || twin.numbers[at] === value + step);
  });
}

const pageNumber =
  /^[-–—\s[(]*(?:page|p\.|seite|página|pagina|strona)?\s*(\d{1,4}|[ivxlc]{1,7})\s*(?:(?:of|\/|von|de|di|z)\s*\d{1,4})?[-–—\s\])]*$/i;

/** Page numbers at changing heights, such as right below the text: first or last on their pages, and counting along with them. */
function pageNumberLines(pages: readonly PageLines[], running: ReadonlySet<Line>): Line[] {
  const byOffset = new Map<number, Line[]>();
  for (const [index, { lines }] of pages.entries()) {
    for (const line of outermost(lines, running)) {
      const value = line === undefined || line.text.length > 40 ? undefined : pageNumber.exec(line.text)?.[1];
      if (line === undefined || value === undefined) continue;
      const offset = toNumber(value) - index;
      byOffset.set(offset, [...(byOffset.get(offset) ?? []), line]);
    }
  }
  // Of two pages, both must have one.
  const counting = [...byOffset.values()]
    .filter((lines) => lines.length >= Math.min(3, Math.max(2, pages.length)))
    .flat();
  // A page whose numbering begins anew, or is alone of its kind, still has its number where the others have theirs.
  const heights = new Map<number, number>();
  for (const { y } of [...running, ...counting]) heights.set(Math.round(y), (heights.get(Math.round(y)) ?? 0) + 1);
  const alone = [...byOffset.values()].flat().filter(({ y }) => (heights.get(Math.round(y)) ?? 0) >= 3);
  return [...counting, ...alone];
}

/** The highest and the lowest line of a page that are left. */
function outermost(lines: readonly Line[], running: ReadonlySet<Line>): Set<Line | undefined> {
  let highest: Line | undefined;
  let lowest: Line | undefined;
  for (const line of lines) {
    if (running.has(line)) continue;
    if (highest === undefined || line.y > highest.y) highest = line;
    if (lowest === undefined || line.y <= lowest.y) lowest = line;
  }
  return new Set([highest, lowest]);
}

const romanDigits: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

function toNumber(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const digits = text
    .toLowerCase()
    .split('')
    .map((digit) => romanDigits[digit] ?? 0);
  return digits.reduce((sum, digit, index) => sum + (digit < (digits[index + 1] ?? 0) ? -digit : digit), 0);
}
