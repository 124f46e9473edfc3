import { readFile } from 'node:fs/promises';
import type { PDF } from '@libpdf/core';
import { DocumentError } from '../documents/document-types.ts';
import { readPdfWithPositions } from '../documents/read-pdf.ts';
import { describeFinding, describeReport, type Thread } from './annotation-text.ts';
import { documentStart, placeFindings, placeNotes, type PlacedFinding, type TextRange } from './annotation-places.ts';
import type { Colour } from './pdf-annotations.ts';
import { boxesByPage } from './pdf-quads.ts';
import type { ReportContent, ReportDecision, ReportFinding } from './report-content.ts';
import { markOf } from './risk-words.ts';

/**
 * The original PDF with a highlight for every finding on the words that it quotes, the finding as its comment, and a reply for every
 * decision. One highlight on the first words says what concerns all of the document.
 *
 * A finding has one highlight per page with words of it: the page of its first quotation has the comment and the replies, the others refer
 * to it. Where the PDF has none of its words, the first ones of its section are marked, and the comment says so.
 *
 * All of it is appended: the original's bytes are the beginning of the result, so that its pages, its own annotations and what was signed
 * stay as they are. Only a PDF with a damaged table of its objects is written anew. An encrypted one that opens without a password stays
 * encrypted the same way.
 * @throws DocumentError as the reader does, and for a PDF whose owner forbids comments.
 */
export async function annotatePdf(originalPath: string, content: ReportContent): Promise<Uint8Array> {
  const source = { path: originalPath, filename: content.document.filename };
  const { document, spans } = await readPdfWithPositions(source, () => {});
  const pdf = await openForChange(originalPath);
  // It takes a while to load, and is needed for PDFs alone.
  const { addHighlight, addReplies } = await import('./pdf-annotations.ts');

  const drafts = [
    reportDraft(content, documentStart(document), pdf),
    ...placeFindings(content, document).map((placed) => findingDraft(placed, content)),
  ];
  for (const { id, thread, ranges, isQuoted, colour, history } of drafts) {
    const pages = [...boxesByPage(spans, ranges)];
    let isFirst = true;
    for (const [index, boxes] of isQuoted ? pages : pages.slice(0, 1)) {
      const page = pdf.getPage(index);
      if (!page) throw unreadable(new Error(`page ${index + 1} is missing`));
      const remark = isFirst ? thread : { ...thread, lines: ['Goes on from an earlier page.'] };
      const highlight = addHighlight(pdf, page, remark, {
        id: isFirst ? id : `${id}-page-${index + 1}`,
        boxes,
        colour,
      });
      if (isFirst) addReplies(pdf, page, highlight, thread, { id, boxes, history });
      isFirst = false;
    }
  }
  return pdf.save({ incremental: true });
}

type Draft = {
  /** Name of the annotation, the same for the same finding in every report. */
  readonly id: string;
  readonly thread: Thread;
  readonly ranges: readonly TextRange[];
  /** Whether the ranges are the very words; else they are only a place to stand on. */
  readonly isQuoted: boolean;
  readonly colour: Colour;
  readonly history: readonly ReportDecision[];
};

const colours = {
  CRITICAL: [1, 0.6, 0.6],
  HIGH: [1, 0.75, 0.55],
  MEDIUM: [1, 0.9, 0.45],
  LOW: [0.8, 0.9, 1],
  rejected: [0.88, 0.88, 0.88],
  STRENGTH: [0.75, 0.95, 0.75],
  report: [0.8, 0.8, 1],
} as const satisfies Record<string, Colour>;

const colourOf = (finding: ReportFinding): Colour =>
  finding.status === 'REJECTED' ? colours.rejected : colours[markOf(finding)];

function findingDraft(placed: PlacedFinding, content: ReportContent): Draft {
  const { finding, quoted, heading } = placed;
  const isQuoted = quoted.length > 0;
  return {
    id: `ai-prism-${finding.id}`,
    thread: describeFinding(finding, content, placeNotes(placed)),
    ranges: isQuoted ? quoted : [heading],
    isQuoted,
    colour: colourOf(finding),
    history: finding.history,
  };
}

function reportDraft(content: ReportContent, range: TextRange, pdf: PDF): Draft {
  const notes = isSigned(pdf)
    ? ['The original file is signed digitally; these comments were added behind the signature.']
    : [];
  return {
    id: `ai-prism-report-of-${content.document.id}`,
    thread: describeReport(content, notes),
    ranges: [range],
    isQuoted: false,
    colour: colours.report,
    history: [],
  };
}

async function openForChange(path: string): Promise<PDF> {
  const bytes = new Uint8Array(await readFile(path));
  const { PDF: library } = await import('@libpdf/core');
  const pdf = await library.load(bytes).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (pdf.isEncrypted && !pdf.getPermissions().annotate)
    throw new DocumentError(
      'UNREADABLE_DOCUMENT',
      'The owner of the PDF forbids comments in it. Ask for the report in another format, or upload a copy without this restriction.',
    );
  // The library rewrites files that are optimised for the web. Appending to them is allowed, and all that they lose by it is that haste.
  Object.defineProperty(pdf, 'isLinearized', { value: false });
  return pdf;
}

const unreadable = (cause: unknown): DocumentError =>
  new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The PDF can be read, but not changed: it is damaged. Ask for the report in another format, or open the PDF in a viewer, save it anew and upload that file.',
    { cause },
  );

/** The first bit of the form's SigFlags: there are signatures. */
function isSigned(pdf: PDF): boolean {
  const resolve = pdf.getObject.bind(pdf);
  const signatures = pdf.getCatalog().getDict('AcroForm', resolve)?.getNumber('SigFlags', resolve)?.value ?? 0;
  return signatures % 2 === 1;
}
