import { isLabelled, type Line } from './pdf-lines.ts';
import type { Link } from './pdf-paragraphs.ts';
import { isAllCaps, parseNumbering } from './text-numbering.ts';

/** Lines that would make one heading if they make one: a paragraph, or short lines of the same style below each other. */
export type Block = {
  readonly from: number;
  readonly to: number;
  /** Of its first lines, if there are more than a heading has. */
  readonly text: string;
  readonly isLong: boolean;
  readonly size: number;
  readonly isBold: boolean;
  /** How many characters from its start on are bold. */
  readonly leadBold: number;
  readonly isCentred: boolean;
};

/** Longer paragraphs are no headings; of those only the start is looked at, for a title that runs into the text. */
const mostLines = 4;

/** The blocks that could hold a heading. Where most of the text is bold, bold means nothing and no block is. */
export function toBlocks(lines: readonly Line[], links: readonly Link[], boldFonts: ReadonlySet<string>): Block[] {
  const bold = boldMeter(lines, boldFonts);
  const blocks: Block[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to + 1 < lines.length && (links[to + 1] === 'JOIN' || belongsTogether(lines, from, to, links, bold)))
      to += 1;
    const start = from;
    from = to + 1;
    // Long paragraphs without a number are most of a document, and cannot be headings.
    if (to - start >= mostLines && parseNumbering(lines[start]?.text ?? '') === undefined) continue;
    const shown = lines.slice(start, Math.min(to + 1, start + mostLines));
    const text = shown.map((line) => line.text).join(' ');
    const share = shown.reduce((sum, line) => sum + bold.count(line), 0) / Math.max(1, text.length - shown.length + 1);
    blocks.push({
      from: start,
      to,
      text,
      isLong: to - start >= mostLines,
      size: Math.max(...shown.map(({ size }) => size)),
      isBold: share > 0.85,
      leadBold: bold.lead(lines[start]),
      isCentred: shown.every(isCentred),
    });
  }
  return blocks;
}

type BoldMeter = ReturnType<typeof boldMeter>;

function boldMeter(lines: readonly Line[], boldFonts: ReadonlySet<string>) {
  const countIn = (line: Line): number =>
    line.fragments.reduce(
      (sum, { font, text }, at) => sum + (boldFonts.has(font) ? text.length + (line.separators[at]?.length ?? 0) : 0),
      0,
    );
  let [all, inBold] = [0, 0];
  for (const line of boldFonts.size > 0 ? lines : []) {
    all += line.text.length;
    inBold += countIn(line);
  }
  const isMeaningful = inBold < 0.5 * all;
  return {
    count: (line: Line): number => (isMeaningful ? countIn(line) : 0),
    lead(line: Line | undefined): number {
      let length = 0;
      for (const [at, { font, text }] of (isMeaningful && line ? line.fragments : []).entries()) {
        if (!boldFonts.has(font)) break;
        length += text.length + (line?.separators[at]?.length ?? 0);
      }
      return length;
    },
  };
}

/** Whether a line goes on with the heading before it, though it is not joined to it. */
function belongsTogether(
  lines: readonly Line[],
  from: number,
  to: number,
  links: readonly Link[],
  bold: BoldMeter,
): boolean {
  const [first, line, next] = [lines[from], lines[to], lines[to + 1]];
  if (first === undefined || line === undefined || next === undefined) return false;
  const isNear =
    line.region === next.region && line.page === next.page && line.y - next.y < 2.2 * Math.max(line.size, next.size);
  if (!isNear || to - from + 1 >= mostLines || isLabelled(next) || parseNumbering(next.text) !== undefined)
    return false;
  const isLabelAlone = to === from && parseNumbering(first.text)?.rest === '';
  if (isLabelAlone) return isCentred(next) || isAllCaps(next.text) || bold.count(next) === next.text.length;
  const isSameStyle =
    Math.abs(line.size - next.size) < 0.03 * line.size &&
    isBold(line, bold) === isBold(next, bold) &&
    isAllCaps(line.text) === isAllCaps(next.text);
  return isSameStyle && links[to + 1] === 'NEWLINE' && (isBold(line, bold) || (isCentred(line) && isCentred(next)));
}

const isBold = (line: Line, bold: BoldMeter): boolean => bold.count(line) > 0.85 * line.text.length;

function isCentred({ x0, x1, region, size }: Line): boolean {
  const [left, right] = [x0 - region.left, region.right - x1];
  return left > 2 * size && right > 2 * size && Math.abs(left - right) < 3 * size;
}
