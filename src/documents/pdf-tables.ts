import { toLine, type Line, type Region, type Segment } from './pdf-lines.ts';

/**
 * Lines of a region that has no columns of prose. Cells beside each other become one line with tabs between them. Where the rows
 * of a table are set apart, the lines of a wrapped cell are put together first, so that a row reads cell by cell.
 */
export function toTableLines(rows: readonly Segment[][], page: number, region: Region): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < rows.length;) {
    const to = endOfTable(rows, from);
    const [single] = to === from + 1 ? rows.slice(from, to) : [];
    if (single !== undefined) {
      lines.push(toLine(single, page, region));
      from = to;
      continue;
    }
    const groups = to - from > 2 ? groupByGaps(rows.slice(from, to)) : undefined;
    for (const group of groups ?? rows.slice(from, to).map((row) => [row])) {
      const cells = group.length > 1 ? toCells(group.flat()) : undefined;
      for (const line of cells === undefined ? group : [cells]) lines.push(toLine(line, page, region));
    }
    from = to;
  }
  return lines;
}

/** A table goes on as long as lines have several cells, or one that stands in the columns of the line before. */
function endOfTable(rows: readonly Segment[][], from: number): number {
  if ((rows[from]?.length ?? 0) < 2) return from + 1;
  let to = from + 1;
  for (; to < rows.length; to += 1) {
    const row = rows[to] ?? [];
    const isCell = row.length === 1 && rows[to - 1]?.some((above) => isUnder(row[0], above)) === true;
    if (row.length < 2 && !isCell) break;
  }
  return to;
}

const isUnder = (segment: Segment | undefined, above: Segment): boolean =>
  segment !== undefined &&
  Math.abs(segment.x0 - above.x0) < 0.5 * segment.size &&
  segment.x1 <= above.x1 + 6 * segment.size;

/** Rows of a table have more space between them than the lines in a cell; where all gaps are alike, nothing can be told. */
function groupByGaps(rows: readonly Segment[][]): Segment[][][] | undefined {
  const pitches = rows.slice(1).map((row, index) => (baseline(rows[index]) ?? 0) - (baseline(row) ?? 0));
  const smallest = pitches.reduce((a, b) => Math.min(a, b));
  const isSetTight = smallest <= 1.6 * (rows[0]?.[0]?.size ?? 0);
  if (!isSetTight || pitches.reduce((a, b) => Math.max(a, b)) < 1.3 * smallest) return undefined;
  const groups: Segment[][][] = [[rows[0] ?? []]];
  for (const [index, pitch] of pitches.entries()) {
    const row = rows[index + 1] ?? [];
    if (pitch > 1.2 * smallest) groups.push([row]);
    else groups.at(-1)?.push(row);
  }
  const wrapped = groups.filter((group) => group.length > 1);
  return wrapped.every((group) => (group[0]?.length ?? 0) > 1 && isOfOneKind(group.flat())) ? groups : undefined;
}

/** Not an index or a table of contents, whose lines are as tight as those in a cell. */
const isOfOneKind = (segments: readonly Segment[]): boolean =>
  segments.every(({ size }) => Math.abs(size - (segments[0]?.size ?? 0)) < 0.1 * size) &&
  !segments.some(({ fragments }) => fragments.some(({ text }) => leaders.test(text)));
const leaders = /(?:[.…·]\s?){4}/;

const baseline = (row: readonly Segment[] | undefined): number | undefined => row?.[0]?.y;

/** The cells of one row of a table, each with its lines in order; undefined where they overlap. */
function toCells(segments: readonly Segment[]): Segment[] | undefined {
  const cells: Segment[] = [];
  for (const segment of [...segments].sort((a, b) => a.x0 - b.x0 || b.y - a.y)) {
    const cell = cells.at(-1);
    if (cell === undefined || segment.x0 >= cell.x1) cells.push({ ...segment, fragments: [...segment.fragments] });
    else if (segment.x0 < cell.x0 + 2 * cell.size) {
      for (const fragment of segment.fragments) cell.fragments.push(fragment);
      cell.x1 = Math.max(cell.x1, segment.x1);
    } else return undefined;
  }
  return cells;
}
