import { isLabelled, joinsWithoutSpace, type Line, type Region } from './pdf-lines.ts';

/** How a line goes on from the one before it: in the same paragraph, in a new line of it, or as a new paragraph. */
export type Link = 'JOIN' | 'NEWLINE' | 'PARAGRAPH';

export type BodyStyle = {
  /** The size of most of the text, in points. */
  readonly size: number;
  /** The usual distance of baselines within a paragraph, in ems. */
  readonly leadingEms: number;
  /** Where first lines of paragraphs begin when they are set in, in whole points. */
  readonly firstLineX: ReadonlySet<number>;
};

/** What most of the document looks like, by number of characters. */
export function measureBody(lines: readonly Line[]): BodyStyle {
  const sizes = new Map<number, number>();
  for (const { size, text } of lines) count(sizes, Math.round(size * 2) / 2, text.length);
  const size = mostCommon(sizes) ?? 10;
  const pitches = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1];
    if (next === undefined || next.region !== line.region || Math.abs(line.size - size) > 0.5 || !isWide(line))
      continue;
    const pitch = (line.y - next.y) / line.size;
    if (pitch > 0.8 && pitch < 3) count(pitches, Math.round(pitch * 20) / 20, 1);
  }
  return { size, leadingEms: mostCommon(pitches) ?? 1.3, firstLineX: findFirstLineX(lines) };
}

/** A first line is followed by one further to the left. One-line paragraphs below each other are told apart by that alone. */
function findFirstLineX(lines: readonly Line[]): Set<number> {
  const outdents = new Map<number, number>();
  const goesOn = new Map<number, number>();
  for (const [index, a] of lines.entries()) {
    const b = lines[index + 1];
    if (b === undefined || b.region !== a.region || isRowOfCells(a) || isRowOfCells(b)) continue;
    const isOutdent = a.x0 - b.x0 > 0.8 * a.size;
    if (!isOutdent && Math.abs(a.x0 - b.x0) >= 0.3 * a.size) continue;
    if (!isFull(a, b) || (!isOutdent && endsSentence(a))) continue;
    count(isOutdent ? outdents : goesOn, Math.round(a.x0), 1);
  }
  return new Set([...outdents].filter(([x, times]) => times >= 3 && times > (goesOn.get(x) ?? 0)).map(([x]) => x));
}

/**
 * Gives all pages the right edge that most have. By its own lines alone, a page of short lines would seem to be full of them, and
 * they would be joined.
 */
export function alignRegions(lines: readonly Line[]): void {
  const regions = new Map<Region, number>();
  for (const { region } of lines) if (region.isWholePage) regions.set(region, (regions.get(region) ?? 0) + 1);
  const edges = new Map<number, number>();
  for (const [region, lineCount] of regions) count(edges, Math.ceil(region.right), lineCount);
  const usual = mostCommon(edges) ?? 0;
  for (const region of regions.keys()) region.right = Math.max(region.right, usual);
}

const count = (counts: Map<number, number>, key: number, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by);

function mostCommon(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (const [key, times] of counts) if (times > most) [best, most] = [key, times];
  return best;
}

const isWide = ({ x0, x1, region }: Line): boolean => x1 - x0 > 0.6 * (region.right - region.left);

// Patterns for the end of a text are given its end alone: to find it, they would try every place before.
const sentenceEnd = /[.:;!?。：；！？]["”’)\]]*$/;
const endsSentence = ({ text }: Line): boolean => sentenceEnd.test(text.slice(-4));
const pageReference = /(?:[.…·_]\s?){4}\s*\S{0,8}$|\t\s*(?:\d{1,4}|[ivxlc]{1,7})$/i;
/** Whether a line of a table of contents ends here: in dots, or a wide gap, and a page number. */
export const isTableOfContents = (text: string): boolean =>
  // Asked for every line; most end in a letter that settles it.
  pageReferenceEnd.test(text.slice(-1)) && pageReference.test(text.slice(-20));
const pageReferenceEnd = /[\divxlc.…·_]/i;
const startsLower = /^\p{Ll}/u;

/** How `b` goes on from `a`, the line before it in reading order. */
export function linkBetween(a: Line, b: Line, body: BodyStyle): Link {
  if (isRowOfCells(a) || isRowOfCells(b)) return linkCells(a, b, body);
  if (isTableOfContents(a.text)) return 'NEWLINE';
  if (Math.abs(a.size - b.size) > 0.12 * Math.max(a.size, b.size)) return 'PARAGRAPH';
  const ended = endsSentence(a);
  const runsOn = (startsLower.test(b.text) && !isLabelled(b)) || joinsWithoutSpace(a.text, b.text);
  if (a.region !== b.region || a.page !== b.page || b.y >= a.y) {
    // Over the end of a column or a page there is no distance to go by.
    return isFull(a, b) && !ended && (runsOn || !isLabelled(b)) ? 'JOIN' : 'PARAGRAPH';
  }
  if (a.y - b.y > 1.2 * body.leadingEms * a.size) return 'PARAGRAPH';
  if (!isFull(a, b)) {
    if (runsOn && !ended && isWide(a)) return 'JOIN';
    return ended || isLabelled(b) || isIndented(a, b) ? 'PARAGRAPH' : 'NEWLINE';
  }
  if (isLabelled(b) && (ended || Math.abs(a.x0 - b.x0) > 0.5 * a.size || isNextItem(a, b))) return 'PARAGRAPH';
  if (!runsOn && isSetApart(a, b)) return 'PARAGRAPH';
  if (isIndented(a, b) && (ended || !runsOn)) return 'PARAGRAPH';
  if (ended && !runsOn && body.firstLineX.has(Math.round(b.x0))) return 'PARAGRAPH';
  return isOnTheRight(a) && !isOnTheRight(b) ? 'PARAGRAPH' : 'JOIN';
}

/** One line is all in one font, the next all in another: a heading and its text, close together. */
const isSetApart = (a: Line, b: Line): boolean => {
  const [first, second] = [a.fragments[0]?.font, b.fragments[0]?.font];
  return (
    first !== second &&
    a.fragments.every(({ font }) => font === first) &&
    b.fragments.every(({ font }) => font === second)
  );
};

/** A bullet is always one; a number at the start of a line may be the end of "as agreed in Section" as well. */
const isNextItem = (a: Line, b: Line): boolean =>
  /^[^\p{L}\d(]/u.test(b.text) || /^o\s+\p{Lu}/u.test(b.text) || (isLabelled(a) && !/^\S+\s+\p{Ll}/u.test(b.text));

const isRowOfCells = (line: Line): boolean => line.separators.includes('\t');

function linkCells(a: Line, b: Line, body: BodyStyle): Link {
  // A row with wrapped cells is as high as the highest of them.
  const farthest = isRowOfCells(a) && isRowOfCells(b) ? 12 : 1.6 * body.leadingEms;
  if (a.region !== b.region || a.page !== b.page || a.y - b.y > farthest * a.size) return 'PARAGRAPH';
  const continuesLastCell = isRowOfCells(a) && !isRowOfCells(b) && Math.abs(b.x0 - a.lastCellX) < 0.5 * b.size;
  return continuesLastCell ? 'JOIN' : 'NEWLINE';
}

/** Whether the first word of the next line would not have fitted: then the line was broken only for lack of room. */
function isFull(line: Line, next: Line): boolean {
  const space = next.text.indexOf(' ');
  const firstWord = space === -1 ? next.text.length : space;
  // In scripts without spaces a line is broken anywhere.
  const characters = joinsWithoutSpace(line.text, next.text) ? 2 : firstWord + 1;
  const characterWidth = (next.x1 - next.x0) / Math.max(1, next.text.length);
  const isRightToLeft = line.fragments[0]?.rightToLeft ?? false;
  const room = isRightToLeft ? line.x0 - line.region.left : line.region.right - line.x1;
  return room < characters * characterWidth;
}

/** A first line set in; the text behind a number or bullet hangs, and is not. */
const isIndented = (a: Line, b: Line): boolean =>
  b.x0 - a.x0 > 0.8 * a.size && !(isLabelled(a) && Math.abs(b.x0 - a.lastCellX) < 0.8 * a.size);

/** Such as a date, or the number of an exhibit: what follows on the left is something else. */
const isOnTheRight = ({ x0, region }: Line): boolean => x0 > (region.left + region.right) / 2;
