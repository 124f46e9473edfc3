import type { PdfHeading } from './pdf-assemble.ts';
import { toBlocks, type Block } from './pdf-heading-blocks.ts';
import type { Line } from './pdf-lines.ts';
import { isTableOfContents, type BodyStyle, type Link } from './pdf-paragraphs.ts';
import { isAllCaps, isTitleCase, numberingLevels, parseNumbering, type Numbering } from './text-numbering.ts';

type Candidate = Block & {
  readonly numbering: Numbering | undefined;
  readonly isCaps: boolean;
  readonly title: string;
  readonly runsIn: boolean;
};

type StyleInput = {
  readonly lines: readonly Line[];
  readonly links: readonly Link[];
  readonly body: BodyStyle;
  readonly boldFonts: ReadonlySet<string>;
  readonly pageCount: number;
};

/** Type this much larger than the text is a heading's. */
const bigRatio = 1.15;

/**
 * Headings by what they look like: larger or bold type, capitals, a number, and standing alone. Numbered clauses whose title runs
 * into their text ("6.6 Taxes. Each Party …") count as well. The title of the document on the first page does not: all else would
 * be inside it.
 */
export function styleHeadings({ lines, links, body, boldFonts, pageCount }: StyleInput): PdfHeading[] {
  const blocks = toBlocks(lines, links, boldFonts);
  const candidates: Candidate[] = [];
  for (const block of blocks) {
    const candidate = judge(block, lines, body);
    if (candidate !== undefined) candidates.push(candidate);
  }
  const headings = withoutTitle(candidates, lines, pageCount);
  const levels = levelsOf(headings);
  return headings.map(({ from, to, title, runsIn }, index) => ({ from, to, title, runsIn, level: levels[index] ?? 1 }));
}

const bullet = /^(?:[•●○▪■◦‣*–—-]|o|\([a-z0-9]{1,4}\))\s/i;
const signature = /^(?:by|name|title|signature|signed|date|its)\s*:/i;

function judge(block: Block, lines: readonly Line[], body: BodyStyle): Candidate | undefined {
  // Nearly all blocks are paragraphs in plain type: only those with a number can have a title, one that runs into their text.
  const isParagraph = block.isLong || (block.size < bigRatio * body.size && !block.isBold && !isAllCaps(block.text));
  if (isParagraph && parseNumbering(block.text) === undefined) return undefined;
  const title = block.text.replace(/\s+/g, ' ').trim();
  if (!/\p{L}/u.test(title) || isTableOfContents(block.text) || bullet.test(title)) return undefined;
  const numbering = parseNumbering(title);
  const candidate = { ...block, numbering, isCaps: isAllCaps(title), title, runsIn: false };
  if (isStandingTitle(candidate, body)) return signature.test(lines[block.to + 1]?.text ?? '') ? undefined : candidate;
  const runIn = runInTitle(block, numbering);
  return runIn === undefined ? undefined : { ...candidate, to: block.from, isCaps: false, title: runIn, runsIn: true };
}

function isStandingTitle(candidate: Candidate, body: BodyStyle): boolean {
  if (!hasFormOfTitle(candidate)) return false;
  const { size, isBold, isCaps, isCentred, numbering, title } = candidate;
  if (size >= bigRatio * body.size || isBold) return true;
  return (isCaps && (numbering !== undefined || isCentred)) || isPlainNumbered(numbering, title);
}

const wordCount = (text: string): number => text.split(/\s+/).length;

/** Short, not broken off, not a form's "Name: value", and not a row of cells. */
function hasFormOfTitle({ title, text, numbering, isCaps, isLong }: Candidate): boolean {
  if (isLong || title.length > 220 || wordCount(title) > 30 || /[,;]$|^[[(]/.test(title)) return false;
  if (numbering === undefined) {
    if (text.includes('\t') || /[^\s:]:\s+\S/.test(title)) return false;
    if (/[.!?]$/.test(title) && wordCount(title) > 10 && !isCaps) return false;
  }
  return !/[.!?]["”]?\s+["“]?\p{Lu}\p{Ll}+\s+\p{Ll}+\s+\p{Ll}+\s/u.test(title);
}

/** A number that only headings have, before words with capitals, such as "3.1 Development and Registration". */
function isPlainNumbered(numbering: Numbering | undefined, title: string): boolean {
  if (numbering === undefined || wordCount(title) > 14) return false;
  const { kind, depth, rest } = numbering;
  const isHeadingKind = ['part', 'chapter', 'article', 'section', 'attachment'].includes(kind);
  if (!isHeadingKind && (kind !== 'decimal' || depth < 2)) return false;
  return rest === '' ? isHeadingKind : isTitleCase(rest) && /\p{L}{2}/u.test(rest);
}

const runInRest = /^([^.:“”"]{2,80}?)([.:])\s+["“(]?[\p{Lu}\d]/u;

/** "6.6 Taxes." of "6.6 Taxes. Each Party shall …": numbered, with capitals like a title, and a sentence behind it. */
function runInTitle({ text, leadBold }: Block, numbering: Numbering | undefined): string | undefined {
  if (numbering === undefined) return undefined;
  const flat = numbering.rest.replace(/\s+/g, ' ');
  const [, words, mark] = runInRest.exec(flat) ?? [];
  if (words === undefined || mark === undefined || wordCount(words) > 12 || flat.length < words.length + 12)
    return undefined;
  const isDeep = numbering.kind === 'decimal' ? numbering.depth > 1 : ['article', 'section'].includes(numbering.kind);
  const label = text
    .slice(0, text.length - numbering.rest.length)
    .replace(/\s+/g, ' ')
    .trim();
  const isBoldTitle = leadBold >= label.length + words.length && leadBold < text.length - 8;
  return isBoldTitle || (isDeep && isTitleCase(words)) ? `${label} ${words}${mark}` : undefined;
}

/** On the first page, the largest lines without a number, if no other page has the like, are the title of the document. */
function withoutTitle(
  candidates: readonly Candidate[],
  lines: readonly Line[],
  pageCount: number,
): readonly Candidate[] {
  const pageOf = (candidate: Candidate): number => lines[candidate.from]?.page ?? 0;
  const first = candidates.filter((candidate) => pageOf(candidate) === 0 && candidate.numbering === undefined);
  const isElsewhere = ({ size, isBold }: Candidate): boolean =>
    candidates.some((other) => pageOf(other) > 0 && other.isBold === isBold && isAlike(other.size, size));
  const largest = first.reduce((most, { size }) => Math.max(most, size), 0);
  const others = candidates.filter((candidate) => !isAlike(candidate.size, largest));
  const titles = new Set(
    first.filter(
      (candidate) =>
        !isElsewhere(candidate) && (pageCount > 2 || (isAlike(candidate.size, largest) && others.length > 1)),
    ),
  );
  return titles.size < candidates.length ? candidates.filter((candidate) => !titles.has(candidate)) : candidates;
}

const isAlike = (a: number, b: number): boolean => Math.abs(a - b) <= 0.05 * Math.max(a, b);

/** Numbers decide among numbered headings, sizes (and within a size bold capitals, bold, the rest) among the others. */
function levelsOf(headings: readonly Candidate[]): number[] {
  const sizes: number[] = [];
  for (const size of headings.map((heading) => heading.size).sort((a, b) => b - a)) {
    if (!isAlike(sizes.at(-1) ?? 0, size)) sizes.push(size);
  }
  const rankOf = ({ size }: Candidate): number => sizes.findIndex((other) => isAlike(other, size));
  const numbered = headings.filter(({ numbering }) => numbering !== undefined);
  const outermost = numbered.reduce((least, heading) => Math.min(least, rankOf(heading)), sizes.length);
  const byNumber = numberingLevels(headings.map(({ numbering }) => numbering));
  const styles = new Set(
    headings
      .filter(({ numbering }) => numbering === undefined)
      .map((heading) => `${rankOf(heading)} ${weightOf(heading)}`),
  );
  return headings.map((heading, index) => {
    const rank = rankOf(heading);
    if (heading.numbering !== undefined) return (numbered.length > 0 ? outermost : 0) + (byNumber[index] ?? 1);
    const isBesideNumbers = numbered.some((other) => rankOf(other) === rank);
    const heavier = [0, 1, 2].filter((weight) => weight < weightOf(heading) && styles.has(`${rank} ${weight}`)).length;
    return 1 + rank + (isBesideNumbers ? 0 : heavier);
  });
}

const weightOf = ({ isBold, isCaps }: Candidate): number => (isBold && isCaps ? 0 : isBold ? 1 : isCaps ? 2 : 3);
