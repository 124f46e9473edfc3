import { joinLabel, toRows, type Line, type Region, type Segment } from './pdf-lines.ts';
import { toTableLines } from './pdf-tables.ts';

/**
 * Orders the text of a page for reading. Columns of prose are read one after the other; what only looks like columns (tables,
 * signature blocks, forms) is read row by row. Text that crosses the gutter, such as a title, divides the page into bands.
 */
export function readingOrder(segments: readonly Segment[], page: number): Line[] {
  if (segments.length === 0) return [];
  const region = { left: leftOf(segments), right: rightOf(segments), isWholePage: true };
  const rows = toRows(segments).map(joinLabel);
  // Most pages have hardly anything side by side, and need no more than this.
  return countBeside(rows) < leastColumnLines
    ? toTableLines(rows, page, region)
    : orderRegion(rows.flat(), page, region, 0);
}

/** How many lines have text beside them, on the same baseline or half a line higher. */
function countBeside(rows: readonly Segment[][]): number {
  let count = 0;
  for (const [index, [segment, second]] of rows.entries()) {
    const below = rows[index + 1]?.[0];
    const isClose = segment && below && segment.y - below.y < 0.9 * Math.max(segment.size, below.size);
    if (second !== undefined || isClose === true) count += 1;
  }
  return count;
}

const leftOf = (segments: readonly Segment[]): number =>
  segments.reduce((least, { x0 }) => Math.min(least, x0), Number.POSITIVE_INFINITY);
const rightOf = (segments: readonly Segment[]): number =>
  segments.reduce((most, { x1 }) => Math.max(most, x1), Number.NEGATIVE_INFINITY);

/** Fewer lines side by side than this make no columns. */
const leastColumnLines = 4;
/** Newspapers have up to six columns; each level of recursion finds one gutter. */
const deepestColumns = 6;

function orderRegion(segments: readonly Segment[], page: number, region: Region, depth: number): Line[] {
  const gutter = depth < deepestColumns ? findGutter(segments) : undefined;
  if (gutter === undefined) return toTableLines(toRows(segments), page, region);
  const bands = toBands(segments, gutter);
  // What stands beside each other only a line or two (the end of an article) is columns if the rest of the page is.
  if (!bands.some((band) => isProse(band, leastColumnLines))) return toTableLines(toRows(segments), page, region);
  const isWholePage = false;
  return bands.flatMap((band) => {
    if (!isProse(band, 1)) return toTableLines(toRows([...band.left, ...band.right]), page, region);
    const left = orderRegion(band.left, page, { left: region.left, right: rightOf(band.left), isWholePage }, depth + 1);
    const right = orderRegion(
      band.right,
      page,
      { left: leftOf(band.right), right: rightOf(segments), isWholePage },
      depth + 1,
    );
    return isRightToLeft(band) ? [...right, ...left] : [...left, ...right];
  });
}

/** How many neighbours above and below are compared at most: it bounds the work on a hostile page. */
const pairWindow = 60;

/** The x at which most lines have a neighbour to the right, if there are enough of them. */
function findGutter(segments: readonly Segment[]): number | undefined {
  const gaps: { x: number; change: 1 | -1 }[] = [];
  const sorted = [...segments].sort((a, b) => b.y - a.y);
  for (const [index, a] of sorted.entries()) {
    const nearest = Math.min(nearestRight(sorted, index, a, -1), nearestRight(sorted, index, a, 1));
    if (nearest < Number.POSITIVE_INFINITY) gaps.push({ x: a.x1, change: 1 }, { x: nearest, change: -1 });
  }
  gaps.sort((a, b) => a.x - b.x || a.change - b.change);
  let count = 0;
  let most = leastColumnLines - 1;
  let gutter: number | undefined;
  for (const [index, gap] of gaps.entries()) {
    count += gap.change;
    if (count > most) {
      most = count;
      gutter = (gap.x + (gaps[index + 1]?.x ?? gap.x)) / 2;
    }
  }
  return gutter;
}

function nearestRight(sorted: readonly Segment[], index: number, a: Segment, step: 1 | -1): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let distance = 1; distance <= pairWindow; distance += 1) {
    const b = sorted[index + distance * step];
    if (b === undefined || Math.abs(a.y - b.y) >= 2 * a.size) break;
    if (Math.abs(a.y - b.y) < Math.max(a.size, b.size) && b.x0 >= a.x1) nearest = Math.min(nearest, b.x0);
  }
  return nearest;
}

type Band = { readonly left: Segment[]; readonly right: Segment[] };

/** A band ends where a line crosses the gutter; such lines are bands of their own, on the left alone. */
function toBands(segments: readonly Segment[], gutter: number): Band[] {
  const bands: Band[] = [];
  let band: Band | undefined;
  let isCrossing = false;
  for (const segment of [...segments].sort((a, b) => b.y - a.y)) {
    const crosses = segment.x0 < gutter - 1 && segment.x1 > gutter + 1;
    if (band === undefined || crosses !== isCrossing) {
      band = { left: [], right: [] };
      bands.push(band);
      isCrossing = crosses;
    }
    (crosses || segment.x0 < gutter ? band.left : band.right).push(segment);
  }
  return bands;
}

const isProse = (band: Band, leastLines: number): boolean =>
  isProseColumn(band.left, leastLines) && isProseColumn(band.right, leastLines);

const endsSentence = /[.:;!?。：；！？]["”’)\]]?$/u;
const startsInMidSentence = /^[\p{Ll}\u2e80-\u9fff]/u;

/**
 * Prose runs on from line to line: enough characters in a line, most lines nearly as wide as the column, or sentences that go on
 * in the next line. Cells of a table are short, and each begins anew.
 */
function isProseColumn(segments: readonly Segment[], leastLines: number): boolean {
  const rows = toRows(segments);
  if (rows.length < leastLines) return false;
  const widths = rows.map((row) => (row.at(-1)?.x1 ?? 0) - (row[0]?.x0 ?? 0));
  const characters = rows.map((row) => row.reduce((sum, { fragments }) => sum + lengthOf(fragments), 0));
  const isWide = average(characters) >= (leastLines === 1 ? 8 : 15);
  const fill = average(widths) / widths.reduce((a, b) => Math.max(a, b), 1);
  let continuing = 0;
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1]?.at(-1)?.fragments.at(-1)?.text;
    const after = row[0]?.fragments[0]?.text ?? '';
    if (before !== undefined && !endsSentence.test(before.slice(-4)) && startsInMidSentence.test(after))
      continuing += 1;
  }
  const flow = continuing / Math.max(1, rows.length - 1);
  return isWide && (leastLines === 1 || (fill >= 0.6 && flow >= 0.25) || (fill >= 0.85 && average(characters) >= 28));
}

const lengthOf = (fragments: readonly { readonly text: string }[]): number =>
  fragments.reduce((sum, { text }) => sum + text.length, 0);
const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const isRightToLeft = (band: Band): boolean => {
  const fragments = [...band.left, ...band.right].flatMap((segment) => segment.fragments);
  return fragments.filter(({ rightToLeft }) => rightToLeft).length * 2 > fragments.length;
};
