import { heightOf, type Element, type Page, type Pdf, type Place } from './pdf-page.ts';
import { badges, rule, sheet, textWidth, type } from './pdf-style.ts';
import type { Span, TextStyle } from './pdf-text.ts';
import { toLine, toParagraphs } from './printable.ts';
import { markLabels, type Mark } from './risk-words.ts';

/* What a report is put together from, on a page and in the structure that reads it aloud. */

export const span = (text: string, style: TextStyle = type.body): Span => ({ text: toLine(text), style });

/** The risk in words on its colour. */
export const riskBadge = (mark: Mark): Span => ({
  text: `\u00a0${markLabels[mark].replaceAll(' ', '\u00a0')}\u00a0`,
  style: badges[mark],
});

export const line = (page: Page, parent: Element, spans: readonly Span[], place: Place = {}): void =>
  page.write(parent, 'P', [spans], { after: 5, ...place });

/** The text's own paragraphs and line breaks. */
export function prose(
  page: Page,
  parent: Element,
  text: string,
  place: Place = {},
  style: TextStyle = type.body,
): void {
  for (const lines of toParagraphs(text)) {
    page.write(
      parent,
      'P',
      lines.map((words) => [{ text: words, style }]),
      { after: 5, ...place },
    );
  }
}

export const label = (page: Page, parent: Element, text: string): void =>
  page.write(parent, 'P', [[span(text, type.label)]], { before: 4, after: 1.5, keep: 30 });

type ListItem = { readonly text: string; readonly note?: string | null };

export function bullets(page: Page, parent: Element, items: readonly ListItem[]): void {
  if (items.length === 0) return;
  const list = page.pdf.struct('L');
  parent.add(list);
  for (const { text, note } of items) {
    const item = page.pdf.struct('LI');
    list.add(item);
    const bullet = page.set([[span('•')]], textWidth);
    const height = heightOf(page.set([[span(text)]], textWidth - 14).slice(0, 2));
    page.ensure(height);
    item.add(
      page.pdf.struct('Lbl', {}, () => {
        for (const mark of bullet) page.drawLine(mark, sheet.left + 4, page.y, 10);
      }),
    );
    const body = page.pdf.struct('LBody');
    item.add(body);
    page.write(body, 'P', [[span(text)]], { indent: 14, after: 2.5 });
    if (note) prose(page, body, note, { indent: 14, after: 2.5 });
    body.end();
    item.end();
  }
  list.end();
}

/** Words of the document, set off by a line at their side. */
export function quotation(page: Page, parent: Element, quote: string, note: string): void {
  const block = page.pdf.struct('BlockQuote');
  parent.add(block);
  prose(page, block, quote, { indent: 14, hasBar: true, after: 0, keep: 14 });
  page.write(block, 'P', [[span(note, type.small)]], { indent: 14, hasBar: true, after: 6 });
  block.end();
}

type TableOptions = {
  /** Shares of the text's width. */
  readonly widths: readonly number[];
  /** Without them the first column holds the names of the rows. */
  readonly columns?: readonly string[];
  readonly isNumeric?: boolean;
  /** Shows the last row as the sum of those above it. */
  readonly hasTotal?: boolean;
};

const cellPadding = 4;

/** Lines between rows only. A row does not break over pages: cells hold few words. */
export function table(
  page: Page,
  parent: Element,
  rows: readonly (readonly string[])[],
  { widths, columns, isNumeric = false, hasTotal = false }: TableOptions,
): void {
  const { pdf } = page;
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const cellWidths = widths.map((width) => (width / whole) * textWidth);
  const element = pdf.struct('Table');
  parent.add(element);

  const drawRow = (cells: readonly string[], isHeading: (column: number) => boolean, isStrong: boolean): void => {
    const set = cells.map((text, column) => {
      const style = isHeading(column) || isStrong ? type.strongCell : type.cell;
      return page.set([[span(text, style)]], (cellWidths[column] ?? 0) - 2 * cellPadding);
    });
    const height = Math.max(...set.map(heightOf)) + 2 * cellPadding;
    page.ensure(height);
    const row = pdf.struct('TR');
    element.add(row);
    let x: number = sheet.left;
    for (const [column, lines] of set.entries()) {
      const width = cellWidths[column] ?? 0;
      const draw = (): void => {
        let y = page.y + cellPadding;
        for (const each of lines) {
          const room = width - 2 * cellPadding;
          const shift = isNumeric && column > 0 && !each.isRightToLeft ? room - each.width : 0;
          page.drawLine(each, x + cellPadding + shift, y, room);
          y += heightOf([each]);
        }
      };
      const scope = columns === undefined ? 'Row' : 'Column';
      // The library knows the scope, its types do not.
      const options = isHeading(column) ? ({ scope } as Parameters<Pdf['struct']>[1]) : {};
      row.add(pdf.struct(isHeading(column) ? 'TH' : 'TD', options, draw));
      x += width;
    }
    row.end();
    page.y += height;
    pdf.markContent('Artifact', { type: 'Layout' });
    pdf
      .moveTo(sheet.left, page.y)
      .lineTo(sheet.left + textWidth, page.y)
      .lineWidth(0.6)
      .stroke(rule);
    pdf.endMarkedContent();
  };

  if (columns !== undefined) drawRow(columns, () => true, true);
  for (const [index, cells] of rows.entries()) {
    drawRow(cells, (column) => columns === undefined && column === 0, hasTotal && index === rows.length - 1);
  }
  element.end();
  page.y += 8;
}
