import type { Heading } from './document-types.ts';
import { toTitle } from './section-title.ts';
import { isAllCaps, isTitleCase, numberingLevels, parseNumbering, type Numbering } from './text-numbering.ts';

type Line = { readonly offset: number; readonly text: string };
type Found = { readonly line: Line; readonly numbering: Numbering | undefined; readonly level?: number };

/**
 * Headings of a text without markup, where they are clear: numbered titles ("1. DEFINITIONS", "2.3 Term", "Article 5 Payment"), short
 * lines of capitals, and underlined ones; each alone between blank lines. What is unsure is not a heading: a section too few is
 * better than a sentence taken apart.
 *
 * @param emphasised Where lines begin that are bold as a whole, if the format tells: these need no capitals and no number.
 */
export function findTextHeadings(text: string, emphasised: ReadonlySet<number> = new Set()): Heading[] {
  const lines = toLines(text);
  const found: Found[] = [];
  for (const [index, line] of lines.entries()) {
    const heading =
      judge(line, lines[index - 1], lines[index + 1], nextText(lines, index)) ??
      (emphasised.has(line.offset) ? judgeEmphasised(line) : undefined);
    if (heading !== undefined) found.push(heading);
  }
  const levels = numberingLevels(found.map(({ numbering }) => numbering));
  return found.map(({ line, level }, index) => ({
    offset: line.offset,
    level: level ?? levels[index] ?? 1,
    title: toTitle(line.text),
  }));
}

function toLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let offset = 0; offset <= text.length;) {
    const end = text.indexOf('\n', offset);
    const next = end === -1 ? text.length : end;
    // Long lines are no headings; their text need not be looked at.
    lines.push({ offset, text: next - offset > 200 ? '…' : text.slice(offset, next).trimEnd() });
    offset = next + 1;
  }
  return lines;
}

const nextText = (lines: readonly Line[], index: number): string => {
  for (let next = index + 1; next < Math.min(lines.length, index + 6); next += 1) {
    const text = lines[next]?.text.trim() ?? '';
    if (text !== '') return text;
  }
  return '';
};

const isBlank = (line: Line | undefined): boolean => line === undefined || line.text.trim() === '';
const underline = /^(?:={3,}|-{3,})$/;

function judge(line: Line, before: Line | undefined, after: Line | undefined, following: string): Found | undefined {
  const text = line.text.trim();
  if (text === '' || text === '…' || text.length > 120 || !isBlank(before)) return undefined;
  if (
    after !== undefined &&
    underline.test(after.text.trim()) &&
    Math.abs(after.text.trim().length - text.length) <= 3
  ) {
    return { line, numbering: parseNumbering(text), level: after.text.includes('=') ? 1 : 2 };
  }
  if (!isBlank(after) || /[,;]$|(?:[.…·_]\s?){4,}/.test(text) || !/\p{L}{2}/u.test(text)) return undefined;
  const numbering = parseNumbering(text);
  if (numbering === undefined) return isCapsTitle(text) ? { line, numbering } : undefined;
  return isNumberedTitle(numbering, text, following) ? { line, numbering } : undefined;
}

/** Bold and short, and neither a sentence nor a form's "Name: value". */
function judgeEmphasised(line: Line): Found | undefined {
  const text = line.text.trim();
  const isTitle = /\p{L}{2}/u.test(text) && text.length <= 120 && text.split(/\s+/).length <= 15;
  if (!isTitle || /[,;]$|[.!?]\s|:\s+\S|\t|^[[(•]/.test(text)) return undefined;
  return { line, numbering: parseNumbering(text) };
}

/** Not a form's "NAME: value", an address with its number, or a shout. */
const isCapsTitle = (text: string): boolean =>
  isAllCaps(text) && text.length <= 80 && text.split(/\s+/).length <= 12 && !/\d|[!?]$|:\s+\S|^[-*•[(]/.test(text);

function isNumberedTitle({ kind, depth, rest }: Numbering, text: string, following: string): boolean {
  const title = rest.replace(/[.:]$/, '');
  // "1. Yes." and the like: a sentence has a full stop, a title seldom, unless in capitals.
  if (rest.endsWith('.') && !isAllCaps(title) && depth < 2) return false;
  if (title === '') return ['part', 'chapter', 'article', 'attachment'].includes(kind);
  if (/[.!?]\s/.test(title) || text.split(/\s+/).length > 15 || !isTitleCase(title)) return false;
  if (isAllCaps(title) || kind !== 'decimal' || depth > 1) return true;
  // Items of a list follow each other; below a title there is text.
  const next = parseNumbering(following);
  return /^\d+\./.test(text) && following !== '' && (next?.kind !== 'decimal' || next.depth > depth);
}
