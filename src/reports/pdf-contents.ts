import { span } from './pdf-blocks.ts';
import { heightOf, type Element, type Page } from './pdf-page.ts';
import { leading, sheet, textWidth, type } from './pdf-style.ts';
import type { Line } from './pdf-text.ts';
import { labels } from './report-words.ts';

export type ContentsEntry = {
  readonly level: 1 | 2;
  readonly text: string;
  /** Name of the place in the document. */
  readonly destination: string;
  /** From 1. */
  readonly pageNumber: number;
};

const rowHeight = type.body.size * leading + 3;
const firstTop = sheet.top + 40;
const rowsOf = (top: number): number => Math.floor((sheet.height - sheet.bottom - top) / rowHeight);

/**
 * Pages that are kept free for the table of contents, and are filled once it is known on which page everything stands. An entry takes one
 * line, however long its title.
 */
export function reserveContents(
  page: Page,
  parent: Element,
  entryCount: number,
): (entries: readonly ContentsEntry[]) => void {
  page.newPage();
  page.write(parent, 'P', [[span(labels.contents, type.h1)]]);
  const element = page.pdf.struct('TOC');
  parent.add(element);
  const firstPage = page.pdf.bufferedPageRange().count - 1;
  for (let left = entryCount - rowsOf(firstTop); left > 0; left -= rowsOf(sheet.top)) page.newPage();

  return (entries) => {
    let pageIndex = firstPage;
    let y = firstTop;
    page.pdf.switchToPage(pageIndex);
    for (const entry of entries) {
      if (y + rowHeight > sheet.height - sheet.bottom) {
        pageIndex += 1;
        page.pdf.switchToPage(pageIndex);
        y = sheet.top;
      }
      drawEntry(page, element, entry, y);
      y += rowHeight;
    }
    element.end();
  };
}

function drawEntry(page: Page, parent: Element, entry: ContentsEntry, y: number): void {
  const { pdf } = page;
  const style = entry.level === 1 ? type.strong : type.body;
  const indent = entry.level === 1 ? 0 : 14;
  const [number] = page.set([[span(String(entry.pageNumber), style)]], 60);
  const room = textWidth - indent - 40;
  const title = fitted(page, entry.text, style, room);
  const item = pdf.struct('TOCI');
  parent.add(item);
  const link = pdf.struct('Link');
  item.add(link);
  link.add(() => {
    if (title) page.drawLine(title, sheet.left + indent, y, room);
    if (number) page.drawLine(number, sheet.left + textWidth - number.width, y, number.width);
  });
  // A string object is written as a string, a plain one as a name.
  const options: object = { structParent: link, Contents: Object(entry.text) as object };
  pdf.goTo(sheet.left + indent, y, textWidth - indent, heightOf(title ? [title] : []), entry.destination, options);
  item.end();
}

/** The first line of the title; with an ellipsis where there are more. */
function fitted(page: Page, text: string, style: (typeof type)['body' | 'strong'], room: number): Line | undefined {
  const [first, second] = page.set([[span(text, style)]], room);
  const [ellipsis] = page.set([[span('…', style)]], room);
  if (!first || !second || !ellipsis) return first;
  const pieces = first.isRightToLeft ? [...ellipsis.pieces, ...first.pieces] : [...first.pieces, ...ellipsis.pieces];
  return { ...first, pieces, width: first.width + ellipsis.width };
}
