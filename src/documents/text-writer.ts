import { cleanText } from './text-clean.ts';

/** Where something begins in what has been written. */
export type TextMark = { readonly offset: number; readonly part: number };

/** A row of more breaks, or more text, is laid out with a table rather than one of data. */
const mostBreaksInRow = 12;
const longestRow = 2000;

/** Most texts need nothing of {@link collapse}; one test is much cheaper than three replacements. */
const collapsible = /[\t\n\f\r\u00a0\u00ad\u200b]| {2}/;
const collapse = (text: string): string =>
  collapsible.test(text)
    ? text
        .replace(/[\t\n\f\r ]+/g, ' ')
        .replace(/\u00a0/g, ' ')
        .replace(/[\u00ad\u200b]/g, '')
    : text;

type Row = { cells: number; filled: number; readonly start: number; readonly breaks: number[]; isLayout: boolean };

/**
 * Writes text as a browser shows it: white space collapses, blocks stand on lines of their own, cells of a row between tabs. What
 * separates is held back until text follows, so that nothing is written twice and nothing at either end.
 *
 * @param emphasis Called with the offset of each line that was written with emphasis from its start to its end.
 */
export function createTextWriter(emphasis: (offset: number) => void = () => undefined) {
  const parts: string[] = [];
  const rows: Row[] = [];
  let length = 0;
  let breaks = 0;
  let tabs = 0;
  let isSpaced = false;
  let marker = '';
  let lineStart = 0;
  let isLineEmphasised = true;
  let last: TextMark = { offset: 0, part: 0 };

  const push = (text: string): void => {
    parts.push(text);
    length += text.length;
  };
  const endLine = (): void => {
    if (isLineEmphasised && length > lineStart && rows.length === 0) emphasis(lineStart);
    isLineEmphasised = true;
  };
  const separate = (): void => {
    if (length > 0 && breaks > 0) {
      endLine();
      const row = rows.at(-1);
      if (row !== undefined && length > row.start) row.breaks.push(parts.length);
      push(breaks === 1 ? '\n' : '\n\n');
      lineStart = length;
    } else if (length > 0 && isSpaced && tabs === 0) push(' ');
    if (length > 0 && tabs > 0) push('\t'.repeat(tabs));
    breaks = 0;
    tabs = 0;
    isSpaced = false;
  };
  const put = (text: string, isEmphasised: boolean): void => {
    separate();
    last = { offset: length, part: parts.length };
    if (marker !== '') push(marker);
    else if (!isEmphasised) isLineEmphasised = false;
    marker = '';
    push(text);
  };
  const row = (): Row | undefined => rows.at(-1);

  return {
    length: () => length,
    /** Where the text that was written last begins, its marker included. */
    last: () => last,
    textFrom: ({ part }: TextMark): string => parts.slice(part).join(''),
    finish(): string {
      endLine();
      return parts.join('');
    },
    /** Text in which white space collapses. */
    text(raw: string, isEmphasised = false): void {
      const collapsed = collapse(cleanText(raw));
      const start = collapsed.startsWith(' ') ? 1 : 0;
      const end = collapsed.length > start && collapsed.endsWith(' ') ? collapsed.length - 1 : collapsed.length;
      if (start === 1) isSpaced = true;
      if (end <= start) return;
      put(collapsed.slice(start, end), isEmphasised);
      isSpaced = end < collapsed.length;
    },
    /** Text in which white space counts; line ends at either end become a break. */
    preformatted(raw: string): void {
      const text = cleanText(raw);
      const from = text.search(/[^\n]/);
      if (from === -1) breaks = Math.max(breaks, Math.min(2, text.length));
      if (from === -1) return;
      let to = text.length;
      while (text[to - 1] === '\n') to -= 1;
      if (from > 0) breaks = Math.max(breaks, Math.min(2, from));
      put(text.slice(from, to), false);
      breaks = Math.min(2, text.length - to);
    },
    /** Ends the line (1), or the paragraph (2). At the start of a cell it means nothing, unless forced. */
    break(count: 1 | 2, isForced = false): void {
      if (tabs > 0 && !isForced) return;
      if (isForced) tabs = 0;
      breaks = Math.max(breaks, count);
    },
    /** One line further; twice is a paragraph. */
    newLine(): void {
      if (tabs === 0) breaks = Math.min(2, breaks + 1);
    },
    /** What stands before the text of a list's item. */
    mark(text: string): void {
      marker = text;
    },
    startRow(): void {
      breaks = Math.max(breaks, 1);
      tabs = 0;
      for (const outer of rows) outer.isLayout = true;
      rows.push({ cells: 0, filled: 0, start: length, breaks: [], isLayout: false });
    },
    startCell(): void {
      const current = row();
      if (current === undefined) return;
      if (current.cells > 0) {
        tabs += 1;
        if (length > current.start) breaks = 0;
      }
      current.cells += 1;
    },
    endCell(wasFilled: boolean): void {
      const current = row();
      if (current !== undefined && wasFilled) current.filled += 1;
    },
    /** In a row of data, a cell of several paragraphs is put on one line. */
    endRow(): void {
      const current = rows.pop();
      breaks = Math.max(breaks, 1);
      tabs = 0;
      if (current === undefined || current.isLayout || current.filled < 2) return;
      if (current.breaks.length > mostBreaksInRow || length - current.start > longestRow) return;
      for (const part of current.breaks) {
        length -= (parts[part]?.length ?? 1) - 1;
        parts[part] = ' ';
      }
      isLineEmphasised = false;
    },
    /** What this row holds must keep its lines: a heading or a list. */
    keepLines(): void {
      const current = row();
      if (current !== undefined) current.isLayout = true;
    },
  };
}
