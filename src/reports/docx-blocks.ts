import {
  BorderStyle,
  HeadingLevel,
  Paragraph,
  ShadingType,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  WidthType,
  AlignmentType,
  type IParagraphOptions,
  type IRunOptions,
} from 'docx';
import { faint, riskColours, rule } from './docx-style.ts';
import { toLine, toParagraphs } from './printable.ts';
import { markLabels, type Mark } from './risk-words.ts';
import { readingOf } from './text-direction.ts';

/** Width of the text on A4 between margins of an inch, in twentieths of a point. */
const textWidth = 9_026;

const headingLevels = { 1: HeadingLevel.HEADING_1, 2: HeadingLevel.HEADING_2, 3: HeadingLevel.HEADING_3 } as const;

/** Words of one format, before it is known in which direction they read. */
type Piece = IRunOptions & { readonly text: string };

/** One run of one line. */
export const run = (text: string, options: IRunOptions = {}): Piece => ({ ...options, text: toLine(text) });

/** Word does not look at the letters: it has to be told of a paragraph, and of each run, that it reads from the right. */
export function paragraph(options: IParagraphOptions, ...pieces: readonly Piece[]): Paragraph {
  const { isRightToLeft, split } = readingOf(pieces.map(({ text }) => text).join(''));
  const children: TextRun[] = [];
  let start = 0;
  for (const { text, break: lineBreaks, ...format } of pieces) {
    const stretches = split(start, start + text.length);
    start += text.length;
    for (const [index, stretch] of stretches.entries())
      children.push(
        new TextRun({
          ...format,
          text: stretch.text,
          ...(index === 0 && lineBreaks !== undefined && { break: lineBreaks }),
          ...(stretch.isRightToLeft && { rightToLeft: true }),
        }),
      );
  }
  return new Paragraph({ ...options, ...(isRightToLeft && { bidirectional: true }), children });
}

export const heading = (level: 1 | 2 | 3, text: string): Paragraph =>
  paragraph({ heading: headingLevels[level] }, run(text));

export const line = (style: string, ...pieces: readonly Piece[]): Paragraph => paragraph({ style }, ...pieces);

/** A paragraph for each of the text's, with its line breaks. */
export const prose = (text: string, options: IParagraphOptions = {}): Paragraph[] =>
  toParagraphs(text).map((lines) =>
    paragraph(options, ...lines.map((words, index) => ({ text: words, ...(index > 0 && { break: 1 }) }))),
  );

export const bullets = (texts: readonly string[]): Paragraph[] =>
  texts.map((text) => paragraph({ numbering: { reference: 'bullets', level: 0 } }, run(text)));

/** The risk in words on its colour. */
export function riskBadge(mark: Mark): Piece {
  const { ground, words } = riskColours[mark];
  return {
    text: `\u00a0${markLabels[mark]}\u00a0`,
    bold: true,
    color: words,
    shading: { type: ShadingType.CLEAR, fill: ground, color: 'auto' },
  };
}

/** Words of the document, set off by a line at their side. */
export const quotation = (quote: string, note: string): Paragraph[] => [
  ...prose(quote, { style: 'Quotation', keepNext: true, border: { left: quotationBorder } }),
  paragraph({ style: 'Quotation', border: { left: quotationBorder } }, run(note, { size: 18, color: faint })),
];

const quotationBorder = { style: BorderStyle.SINGLE, size: 12, space: 8, color: rule };

type TableOptions = {
  /** Shares of the text's width. */
  readonly widths: readonly number[];
  /** Repeated on every page; without it the first column holds the names of the rows. */
  readonly columns?: readonly string[];
  readonly isNumeric?: boolean;
  /** Shows the last row as the sum of those above it. */
  readonly hasTotal?: boolean;
};

/** Lines between rows only. */
export function table(rows: readonly (readonly string[])[], options: TableOptions): Table {
  const { widths, columns, isNumeric = false, hasTotal = false } = options;
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const columnWidths = widths.map((width) => Math.floor((width / whole) * textWidth));
  const toRow = (cells: readonly string[], isStrong: (column: number) => boolean, isHeader: boolean): TableRow =>
    new TableRow({
      cantSplit: true,
      tableHeader: isHeader,
      children: cells.map(
        (text, column) =>
          new TableCell({
            width: { size: columnWidths[column] ?? 0, type: WidthType.DXA },
            margins: { top: 50, bottom: 50, left: 60, right: 60 },
            children: [
              paragraph(
                { spacing: { after: 0 }, alignment: isNumeric && column > 0 ? AlignmentType.END : AlignmentType.START },
                run(text, { size: 19, bold: isStrong(column) }),
              ),
            ],
          }),
      ),
    });
  const none = { style: BorderStyle.NONE, size: 0, color: 'auto' };
  const thin = { style: BorderStyle.SINGLE, size: 4, color: rule };
  return new Table({
    layout: TableLayoutType.FIXED,
    width: { size: textWidth, type: WidthType.DXA },
    columnWidths,
    borders: { top: thin, bottom: thin, left: none, right: none, insideHorizontal: thin, insideVertical: none },
    rows: [
      ...(columns === undefined ? [] : [toRow(columns, () => true, true)]),
      ...rows.map((cells, index) =>
        toRow(
          cells,
          (column) => (columns === undefined && column === 0) || (hasTotal && index === rows.length - 1),
          false,
        ),
      ),
    ],
  });
}
