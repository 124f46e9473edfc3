import { deflateSync } from 'node:zlib';
import { contractClauses, feeTable, hasTable, type Clause } from './contract-clauses.ts';

/*
 * A long contract as word processors print it: A4, one column of justified lines that are drawn word by word with their spacing, bold
 * numbered titles, tables, running headers and footers, compressed pages, neither outline nor structure tree. So its headings have to be
 * told by their looks, which is the dearest way.
 */

/** Of Helvetica's characters from the space to the tilde, in thousandths of its size. */
const widths =
  '278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584'
    .split(' ')
    .map(Number);
const widthOf = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + (widths[(character.codePointAt(0) ?? 0) - 32] ?? 556), 0) / 1000;

const page = { width: 595, height: 842, left: 72, right: 523, top: 770, bottom: 72 };
const textSize = 10.5;
const leading = 14;

/** Draws the clauses from the first on until the pages are full. */
export function makePdf(pageCount: number): Buffer {
  const pages: string[] = [];
  let content = '';
  let y = page.top;
  const room = (height: number): void => {
    if (y - height >= page.bottom) return;
    pages.push(content + margins(pages.length + 1, pageCount));
    content = '';
    y = page.top;
  };
  for (const clause of contractClauses(pageCount * 6)) {
    room(4 * leading);
    content += draw('Bold', 12, page.left, y, `${clause.number}. ${clause.title}`);
    y -= 1.6 * leading;
    for (const paragraph of clause.paragraphs) {
      for (const line of breakLines(paragraph)) {
        room(leading);
        content += drawJustified(line, y);
        y -= leading;
      }
      y -= 0.6 * leading;
    }
    if (hasTable(clause)) {
      room(6 * leading);
      content += drawTable(clause, y);
      y -= 6 * leading;
    }
    if (pages.length >= pageCount) break;
  }
  return serialise(pages.slice(0, pageCount));
}

const escape = (text: string): string => text.replace(/[\\()]/g, String.raw`\$&`);
const draw = (font: 'Regular' | 'Bold', size: number, x: number, y: number, text: string): string =>
  `BT /${font} ${size} Tf 1 0 0 1 ${x} ${y.toFixed(2)} Tm (${escape(text)}) Tj ET\n`;

const margins = (number: number, count: number): string =>
  draw('Regular', 8, page.left, 800, 'Master Services Agreement') +
  draw('Regular', 8, 470, 800, 'Confidential') +
  draw('Regular', 8, 280, 40, `Page ${number} of ${count}`);

type TextLine = { readonly words: readonly string[]; readonly isLast: boolean };

function breakLines(paragraph: string): TextLine[] {
  const lines: { words: string[]; isLast: boolean }[] = [];
  let words: string[] = [];
  for (const word of paragraph.split(/\s+/)) {
    if (widthOf([...words, word].join(' ')) * textSize > page.right - page.left) {
      lines.push({ words, isLast: false });
      words = [];
    }
    words.push(word);
  }
  return [...lines, { words, isLast: true }];
}

function drawJustified({ words, isLast }: TextLine, y: number): string {
  const natural = widthOf(words.join(' ')) * textSize;
  const extra = isLast ? 0 : (page.right - page.left - natural) / Math.max(1, words.length - 1);
  const gap = Math.round(-1000 * (widthOf(' ') + extra / textSize));
  const runs = words.map((word) => `(${escape(word)})`).join(gap.toString());
  return `BT /Regular ${textSize} Tf 1 0 0 1 ${page.left} ${y.toFixed(2)} Tm [${runs}] TJ ET\n`;
}

const drawTable = (clause: Clause, y: number): string =>
  feeTable(clause)
    .flatMap((row, line) =>
      row.map((cell, column) =>
        draw(line === 0 ? 'Bold' : 'Regular', textSize, page.left + column * 115, y - line * leading, cell),
      ),
    )
    .join('');

function serialise(pages: readonly string[]): Buffer {
  const pageNumbers = pages.map((_, index) => 5 + 2 * index);
  const font = (name: string): string =>
    `<</Type/Font/Subtype/Type1/BaseFont/${name}/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[${widths.join(' ')}]>>`;
  const bodies: Buffer[] = [
    Buffer.from('<</Type/Catalog/Pages 2 0 R>>'),
    Buffer.from(
      `<</Type/Pages/Count ${pages.length}/Kids[${pageNumbers.map((number) => `${number} 0 R`).join(' ')}]/MediaBox[0 0 ${page.width} ${page.height}]/Resources<</Font<</Regular 3 0 R/Bold 4 0 R>>>>>>`,
    ),
    Buffer.from(font('Helvetica')),
    Buffer.from(font('Helvetica-Bold')),
    ...pages.flatMap((content, index) => {
      const packed = deflateSync(Buffer.from(content, 'latin1'));
      return [
        Buffer.from(`<</Type/Page/Parent 2 0 R/Contents ${6 + 2 * index} 0 R>>`),
        Buffer.concat([
          Buffer.from(`<</Filter/FlateDecode/Length ${packed.length}>>\nstream\n`),
          packed,
          Buffer.from('\nendstream'),
        ]),
      ];
    }),
  ];
  const chunks = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let length = chunks[0]?.length ?? 0;
  const rows = ['0000000000 65535 f \n'];
  for (const [index, body] of bodies.entries()) {
    rows.push(`${String(length).padStart(10, '0')} 00000 n \n`);
    const object = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    chunks.push(object);
    length += object.length;
  }
  const end = `xref\n0 ${rows.length}\n${rows.join('')}trailer\n<</Size ${rows.length}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([...chunks, Buffer.from(end)]);
}
