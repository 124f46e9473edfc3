import {
  AlignmentType,
  CommentRangeEnd,
  CommentRangeStart,
  CommentReference,
  DeletedTextRun,
  Document,
  ExternalHyperlink,
  FootnoteReferenceRun,
  HeadingLevel,
  InsertedTextRun,
  LevelFormat,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
} from 'docx';

const date = '2026-01-02T03:04:05Z';
const tracked = (id: number, text: string) => ({ id, author: 'Reviewer', date, text });

const heading = (level: number, text: string) =>
  new Paragraph({
    heading: level === 0 ? HeadingLevel.HEADING_1 : HeadingLevel.HEADING_2,
    numbering: { reference: 'clauses', level },
    children: [new TextRun(text)],
  });
const clause = (text: string) =>
  new Paragraph({ numbering: { reference: 'clauses', level: 2 }, children: [new TextRun(text)] });
const bullet = (text: string) => new Paragraph({ bullet: { level: 0 }, children: [new TextRun(text)] });
const row = (...cells: string[]) =>
  new TableRow({ children: cells.map((text) => new TableCell({ children: [new Paragraph(text)] })) });

/** A services agreement as a word processor's library writes it, with what contracts are made of. Same bytes in every run but for dates. */
export async function contractSample(): Promise<Uint8Array> {
  const level = (index: number, format: (typeof LevelFormat)[keyof typeof LevelFormat], text: string) => ({
    level: index,
    format,
    text,
    alignment: AlignmentType.START,
  });
  const document = new Document({
    creator: 'Tests',
    numbering: {
      config: [
        {
          reference: 'clauses',
          levels: [
            level(0, LevelFormat.DECIMAL, '%1.'),
            level(1, LevelFormat.DECIMAL, '%1.%2'),
            level(2, LevelFormat.LOWER_LETTER, '(%3)'),
          ],
        },
      ],
    },
    footnotes: { 1: { children: [new Paragraph('Net of value added tax.')] } },
    comments: {
      children: [{ id: 0, author: 'Reviewer', date: new Date(date), children: [new Paragraph('Is this agreed?')] }],
    },
    sections: [
      {
        children: [
          new Paragraph({ heading: HeadingLevel.TITLE, children: [new TextRun('Services Agreement')] }),
          new Paragraph('between Example GmbH, Musterstraße 1, and Muster & Söhne KG.'),
          heading(0, 'Services'),
          new Paragraph('The Provider performs the services below.'),
          bullet('Maintenance of the software'),
          bullet('Support on working days'),
          heading(1, 'Standard of care'),
          clause('The services follow the state of the art.'),
          clause('The Provider may use subcontractors.'),
          heading(1, 'Changes'),
          heading(0, 'Fees'),
          new Paragraph({
            children: [
              new CommentRangeStart(0),
              new TextRun('The fee is EUR '),
              new CommentRangeEnd(0),
              new TextRun({ children: [new CommentReference(0)] }),
              new DeletedTextRun(tracked(1, '5,000')),
              new InsertedTextRun(tracked(2, '7,500')),
              new TextRun(' per month'),
              new FootnoteReferenceRun(1),
              new TextRun('.'),
            ],
          }),
          new Table({
            rows: [
              row('Item', 'Amount', 'Due'),
              row('Setup', 'EUR 1,000', 'on signing'),
              row('Monthly', 'EUR 7,500', ''),
            ],
          }),
          heading(1, 'Late payment'),
          clause('Interest accrues at 9 percentage points above the base rate.'),
          heading(0, 'Term'),
          new Paragraph({
            children: [
              new TextRun('Terms are published at '),
              new ExternalHyperlink({
                link: 'https://example.com/terms',
                children: [new TextRun('example.com/terms')],
              }),
              new TextRun('.'),
            ],
          }),
          heading(1, 'Termination'),
          clause('Either party may terminate with three months’ notice.'),
        ],
      },
    ],
  });
  return new Uint8Array(await Packer.toBuffer(document));
}
