import { readFile } from 'node:fs/promises';
import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { DocumentError, type ExtractedDocument, type ParseProgress } from './document-types.ts';
import { assembleText, type PdfHeading } from './pdf-assemble.ts';
import { readingOrder } from './pdf-columns.ts';
import { fromPdf, openPdf } from './pdf-engine.ts';
import { findBoldFonts, type PageFonts } from './pdf-fonts.ts';
import { fieldFragments, readFormFields } from './pdf-form-fields.ts';
import { toFragments, type Turn } from './pdf-fragments.ts';
import { watchForLargeStreams } from './pdf-inflate.ts';
import { toLine, toSegments, type Line } from './pdf-lines.ts';
import { readGlyphWidths } from './pdf-glyph-widths.ts';
import { outlineHeadings, readOutline } from './pdf-outline.ts';
import { alignRegions, linkBetween, measureBody, type BodyStyle, type Link } from './pdf-paragraphs.ts';
import type { PdfSpan } from './pdf-positions.ts';
import { findRunningLines, type PageLines } from './pdf-running-lines.ts';
import { styleHeadings } from './pdf-style-headings.ts';
import { readTaggedHeadings, taggedHeadings } from './pdf-tags.ts';

type Source = { readonly path: string; readonly filename: string };

/**
 * Reads a PDF: text in reading order without running headers and footers, the offsets of its pages, and headings by outline, else
 * by structure tree, else by their looks. Progress is reported per page.
 * @throws DocumentError when it is protected by a password, damaged, cut off, without pages, or a scan without text.
 */
export const readPdf = (source: Source, onProgress: (progress: ParseProgress) => void): Promise<ExtractedDocument> =>
  extractPdf(source, onProgress);

/** Reads a PDF as {@link readPdf} does, and tells where on its pages the text stands: what an annotation needs. */
export async function readPdfWithPositions(
  source: Source,
  onProgress: (progress: ParseProgress) => void,
): Promise<{ readonly document: ExtractedDocument; readonly spans: readonly PdfSpan[] }> {
  const spans: PdfSpan[] = [];
  const document = await extractPdf(source, onProgress, (span) => spans.push(span));
  return { document, spans };
}

async function extractPdf(
  { path }: Source,
  onProgress: (progress: ParseProgress) => void,
  onSpan?: (span: PdfSpan) => void,
): Promise<ExtractedDocument> {
  const pdf = await openPdf(new Uint8Array(await readFile(path)), { withGlyphWidths: onSpan !== undefined });
  try {
    const { pages, turns, fonts, isTagged } = await readPages(pdf, onProgress);
    const lines = contentLines(pages);
    alignRegions(lines);
    const body = measureBody(lines);
    const links = lines.map((line, index): Link => {
      const before = lines[index - 1];
      return before === undefined ? 'PARAGRAPH' : linkBetween(before, line, body);
    });
    const headings = await findHeadings(pdf, { lines, links, body, turns, fonts, isTagged });
    // Without the widths of its letters the ends of a quotation are a little off; that is no reason to do without its place.
    const glyphs = onSpan && (await readGlyphWidths(pdf, fonts).catch(() => undefined));
    const {
      text,
      headings: found,
      pageOffsets,
    } = assembleText({
      lines,
      links,
      headings,
      pageCount: pages.length,
      glyphs: glyphs ?? new Map(),
      onSpan,
    });
    onProgress({ sectionsFound: found.length, percent: 100 });
    return { text, headings: found, pageOffsets };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** Text that runs another way has no column to fill. */
const strayRegion = { left: 0, right: 0, isWholePage: false };

type ReadPages = {
  readonly pages: readonly PageLines[];
  readonly turns: readonly Turn[];
  readonly fonts: readonly PageFonts[];
  readonly isTagged: boolean;
};

async function readPages(pdf: PDFDocumentProxy, onProgress: (progress: ParseProgress) => void): Promise<ReadPages> {
  const isTagged = (await fromPdf(pdf.getMarkInfo()))?.Marked ?? false;
  const fields = await fromPdf(readFormFields(pdf));
  const pages: PageLines[] = [];
  const turns: Turn[] = [];
  const fonts: PageFonts[] = [];
  const refuseLargeStreams = watchForLargeStreams();
  let reported = 0;
  for (let index = 0; index < pdf.numPages; index += 1) {
    const page = await fromPdf(pdf.getPage(index + 1));
    const content = await fromPdf(page.getTextContent({ includeMarkedContent: isTagged }));
    refuseLargeStreams();
    const { turn, fragments, strays, top, bottom } = toFragments(content, page.view);
    const filledIn = (fields.get(index) ?? []).flatMap((field) => fieldFragments(field, turn));
    const ordered = readingOrder(toSegments([...fragments, ...filledIn]), index);
    const lines = [...ordered, ...toSegments(strays).map((segment) => toLine([segment], index, strayRegion))];
    pages.push({ lines, top, bottom });
    turns.push(turn);
    fonts.push({ fonts: new Set(fragments.map(({ font }) => font)), fragmentCount: fragments.length });
    page.cleanup();
    const percent = Math.floor((99 * (index + 1)) / pdf.numPages);
    if (percent > reported) onProgress({ sectionsFound: 0, percent });
    reported = percent;
  }
  return { pages, turns, fonts, isTagged };
}

/**
 * The lines without running headers and footers.
 * @throws DocumentError when nothing is left on most pages: they are pictures of text.
 */
function contentLines(pages: readonly PageLines[]): Line[] {
  const running = findRunningLines(pages);
  const content = pages.map(({ lines }) => lines.filter((line) => !running.has(line)));
  const withText = content.filter((lines) => lines.length > 0).length;
  if (withText * 2 >= pages.length && withText > 0) return content.flat();
  const share = withText === 0 ? 'has no text' : `has text on only ${withText} of its ${pages.length} pages`;
  throw new DocumentError(
    'UNREADABLE_DOCUMENT',
    `The PDF ${share}: it seems to be a scan. Run text recognition (OCR) on it and upload the result.`,
  );
}

type HeadingInput = Omit<ReadPages, 'pages'> & {
  readonly lines: readonly Line[];
  readonly links: readonly Link[];
  readonly body: BodyStyle;
};

/** The first source that names enough headings: what the author marked is better than what looks like a heading. */
async function findHeadings(pdf: PDFDocumentProxy, input: HeadingInput): Promise<readonly PdfHeading[]> {
  const { lines, links, body, turns, fonts, isTagged } = input;
  // A damaged outline, or tree, or font is no reason to refuse the text.
  const byOutline = outlineHeadings(await readOutline(pdf).catch(() => []), lines, turns);
  if (byOutline !== undefined) return byOutline;
  const byTags = isTagged
    ? taggedHeadings(await readTaggedHeadings(pdf).catch(() => []), lines, pdf.numPages)
    : undefined;
  if (byTags !== undefined) return byTags;
  const boldFonts = await findBoldFonts(pdf, fonts).catch(() => new Set<string>());
  return styleHeadings({ lines, links, body, boldFonts, pageCount: pdf.numPages });
}
