import type { ExtractedDocument } from '../documents/document-types.ts';
import { splitSections } from '../documents/split-sections.ts';
import type { Evidence } from '../review/evidence.ts';
import type { ReportContent, ReportFinding, ReportSection } from './report-content.ts';

/** Half-open, in UTF-16 code units of the extracted text. */
export type TextRange = { readonly start: number; readonly end: number };

export type Quotation = TextRange & { readonly quote: string };

/** A finding, and where in the document it is marked. */
export type PlacedFinding = {
  readonly finding: ReportFinding;
  /** Its quotations that the document has, in the order in which the finding gives them. */
  readonly quoted: readonly Quotation[];
  /** The words of its quotations that the document does not have. */
  readonly unplaced: readonly string[];
  /** The first words of its section: where it is marked when it quotes nothing that can be found. */
  readonly heading: TextRange;
};

/** Places every finding of a report; `document` is the original, read again. */
export function placeFindings(content: ReportContent, document: ExtractedDocument): PlacedFinding[] {
  const headings = sectionHeadings(content.sections, document);
  return content.sections.flatMap((section, index) =>
    section.findings.map((finding) => {
      const placed = finding.evidence.map((evidence) => place(evidence, document.text));
      return {
        finding,
        quoted: placed.filter((quotation) => quotation !== null),
        unplaced: finding.evidence.filter((_, at) => placed[at] === null).map(({ quote }) => quote),
        heading: headings[index] ?? firstLine(document.text, 0),
      };
    }),
  );
}

/** What a comment has to say about the place that it stands on. */
export function placeNotes({ finding, quoted, unplaced }: PlacedFinding): string[] {
  const isQuoted = quoted.length > 0;
  const nothing = finding.evidence.length === 0 ? 'This finding quotes no words; it' : 'It';
  return [
    ...quoted.slice(1).map(({ quote }) => `Also quoted: “${quote}”`),
    ...unplaced.map((quote) => `Quoted, but not found in the document word for word: “${quote}”`),
    ...(isQuoted ? [] : [`${nothing} is marked at the beginning of its section.`]),
  ];
}

/** The document's own first words: where is marked what concerns all of it. */
export const documentStart = ({ text }: ExtractedDocument): TextRange => firstLine(text, 0);

/** Offsets count only as long as the same words stand there: the document may have been read by an earlier version. */
function place({ quote, startOffset, endOffset, verified }: Evidence, text: string): Quotation | null {
  if (!verified || startOffset === null || endOffset === null) return null;
  const isThere = startOffset < endOffset && text.slice(startOffset, endOffset) === quote;
  return isThere ? { quote, start: startOffset, end: endOffset } : null;
}

/** The report's sections are those that the reader finds, in the same order; where they are not, the title tells. */
function sectionHeadings(sections: readonly ReportSection[], document: ExtractedDocument): TextRange[] {
  const drafts = splitSections(document);
  return sections.map(({ title }, index) => {
    const same = drafts[index]?.title === title ? drafts[index] : drafts.find((draft) => draft.title === title);
    return firstLine(document.text, same?.startOffset ?? 0);
  });
}

/** A line can be a whole paragraph; its first words are enough to stand on. */
const longestLine = 80;

/** The first line from `offset` on that is not blank, without white space around it, or its first words. */
function firstLine(text: string, offset: number): TextRange {
  const line = /\S[^\n]*/g;
  line.lastIndex = offset;
  const found = line.exec(text);
  if (!found) return { start: 0, end: text.length };
  const [whole] = found;
  const cut = whole.length > longestLine ? whole.slice(0, longestLine).replace(/\s+\S*$|[\ud800-\udbff]$/, '') : whole;
  return { start: found.index, end: found.index + cut.trimEnd().length };
}
