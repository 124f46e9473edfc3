import type { Heading } from './document-types.ts';
import { startOf, type Fragment } from './pdf-fragments.ts';
import { fractionAt, type GlyphWidths } from './pdf-glyph-widths.ts';
import { createHyphenJoiner } from './pdf-hyphens.ts';
import { joinsWithoutSpace, type Line } from './pdf-lines.ts';
import type { Link } from './pdf-paragraphs.ts';
import { partOfBox, type PdfSpan } from './pdf-positions.ts';

/** A heading that begins with line `from`; it ends with line `to`, or runs in where text follows on its last line. */
export type PdfHeading = {
  readonly from: number;
  readonly to: number;
  readonly level: number;
  readonly title: string;
  readonly runsIn: boolean;
};

type AssembleInput = {
  readonly lines: readonly Line[];
  /** How each line goes on from the one before. */
  readonly links: readonly Link[];
  /** In order, without overlaps. */
  readonly headings: readonly PdfHeading[];
  readonly pageCount: number;
  /** By font; only spans are in need of them. */
  readonly glyphs: ReadonlyMap<string, GlyphWidths>;
  /** Told where each run of the text stands on its page. */
  readonly onSpan?: ((span: PdfSpan) => void) | undefined;
};

export type AssembledText = { readonly text: string; readonly headings: Heading[]; readonly pageOffsets: number[] };

/** Writes the lines down as text: paragraphs between blank lines, each on one line, words that were broken put together. */
export function assembleText({ lines, links, headings, pageCount, glyphs, onSpan }: AssembleInput): AssembledText {
  const parts: string[] = [];
  let offset = 0;
  const write = (text: string): void => {
    parts.push(text);
    offset += text.length;
  };
  const hyphens = createHyphenJoiner(lines);
  const { starts, within, ends } = headingLines(headings);
  const pageOffsets: number[] = [];
  const found: Heading[] = [];
  // A span is held back until the next line shows whether its last hyphen stays.
  let lastSpan: PdfSpan | undefined;
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1];
    const heading = starts.get(index);
    if (before !== undefined) {
      const isApart = heading !== undefined || ends.has(index - 1);
      const link = isApart ? 'PARAGRAPH' : within.has(index) ? 'JOIN' : (links[index] ?? 'PARAGRAPH');
      const { dropsHyphen, separator } = joint(before.text, line.text, link, hyphens);
      if (dropsHyphen) {
        parts.push((parts.pop() ?? '').slice(0, -1));
        offset -= 1;
        if (lastSpan !== undefined) lastSpan = withoutLastCharacter(lastSpan);
      }
      write(separator);
    }
    while (pageOffsets.length <= line.page) pageOffsets.push(offset);
    if (heading !== undefined) found.push({ offset, level: heading.level, title: heading.title });
    for (const [at, fragment] of line.fragments.entries()) {
      write(line.separators[at] ?? '');
      if (lastSpan !== undefined) onSpan?.(lastSpan);
      lastSpan = onSpan && spanOf(fragment, offset, line.page, glyphs.get(fragment.font));
      write(fragment.text);
    }
  }
  if (lastSpan !== undefined) onSpan?.(lastSpan);
  while (pageOffsets.length < pageCount) pageOffsets.push(offset);
  return { text: parts.join(''), headings: found, pageOffsets };
}

function headingLines(headings: readonly PdfHeading[]) {
  const starts = new Map(headings.map((heading) => [heading.from, heading]));
  const ends = new Set<number>();
  const within = new Set<number>();
  for (const { from, to, runsIn } of headings) {
    if (!runsIn) ends.add(to);
    for (let index = from + 1; index <= to; index += 1) within.add(index);
  }
  return { starts, within, ends };
}

type Joint = { readonly dropsHyphen: boolean; readonly separator: string };

function joint(before: string, after: string, link: Link, hyphens: ReturnType<typeof createHyphenJoiner>): Joint {
  if (link !== 'JOIN') return { dropsHyphen: false, separator: link === 'NEWLINE' ? '\n' : '\n\n' };
  if (!/[-‐\u00ad]$/.test(before))
    return { dropsHyphen: false, separator: joinsWithoutSpace(before, after) ? '' : ' ' };
  if (before.endsWith('\u00ad') || hyphens.isSoft(before, after)) return { dropsHyphen: true, separator: '' };
  const isCompound = /[\p{L}\d][-‐]$/u.test(before.slice(-3)) && /^[\p{L}\d]/u.test(after);
  return { dropsHyphen: false, separator: isCompound ? '' : ' ' };
}

/** How far letters reach below and above the baseline, in ems, in most fonts. */
const descentEms = 0.22;
const ascentEms = 0.8;

function spanOf(fragment: Fragment, start: number, page: number, glyphs: GlyphWidths | undefined): PdfSpan {
  const { text, turn, width, size, rightToLeft } = fragment;
  const [x, baseline] = startOf(fragment);
  const y = baseline - descentEms * size;
  const box = { page, turn, x, y, width, height: (ascentEms + descentEms) * size, rightToLeft };
  return { start, end: start + text.length, box, text, glyphs: glyphs ?? null, widthInEms: width / size };
}

function withoutLastCharacter(span: PdfSpan): PdfSpan | undefined {
  const { start, end, box, text, widthInEms } = span;
  if (end - start === 1) return undefined;
  const kept = fractionAt(span, text.length - 1);
  return {
    ...span,
    end: end - 1,
    box: partOfBox(box, 0, kept),
    text: text.slice(0, -1),
    widthInEms: kept * widthInEms,
  };
}
