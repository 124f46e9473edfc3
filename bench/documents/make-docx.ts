import {
  Document,
  HeadingLevel,
  LevelFormat,
  AlignmentType,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
} from 'docx';
import { contractClauses, feeTable, hasTable, type Clause } from './contract-clauses.ts';

/** A contract of `clauseCount` numbered clauses, as a word processor's library writes it; about three clauses a page. */
export function makeDocx(clauseCount: number): Promise<Buffer> {
  const level = { level: 0, format: LevelFormat.DECIMAL, text: '%1.', alignment: AlignmentType.START };
  return Packer.toBuffer(
    new Document({
      numbering: { config: [{ reference: 'clauses', levels: [level] }] },
      sections: [{ children: contractClauses(clauseCount).flatMap(toBlocks) }],
    }),
  );
}

const toBlocks = (clause: Clause): (Paragraph | Table)[] => [
  new Paragraph({
    heading: HeadingLevel.HEADING_1,
    numbering: { reference: 'clauses', level: 0 },
    children: [new TextRun(clause.title)],
  }),
  ...clause.paragraphs.map((text) => new Paragraph({ children: toRuns(text) })),
  ...(hasTable(clause) ? [toTable(clause)] : []),
];

/** A run for each sentence: word processors break text into far more. */
const toRuns = (text: string): TextRun[] =>
  text.split(/(?<=\. )/).map((sentence, index) => new TextRun({ text: sentence, bold: index === 0 }));

const toTable = (clause: Clause): Table =>
  new Table({
    rows: feeTable(clause).map(
      (row) => new TableRow({ children: row.map((text) => new TableCell({ children: [new Paragraph(text)] })) }),
    ),
  });
