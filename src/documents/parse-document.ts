import { detectFormat } from './detect-format.ts';
import { documentLimits } from './document-limits.ts';
import { DocumentError } from './document-types.ts';
import type { DocumentFormat, ExtractedDocument, ParsedDocument, ParseProgress } from './document-types.ts';
import { splitSections } from './split-sections.ts';

export type DocumentSource = { readonly path: string; readonly filename: string };

type DocumentReader = (
  source: DocumentSource,
  onProgress: (progress: ParseProgress) => void,
) => Promise<ExtractedDocument>;

/** Loaded at the first document of the format: PDF alone takes 90 ms and 26 MB. */
const loadReader: Readonly<Record<DocumentFormat, () => Promise<DocumentReader>>> = {
  DOCX: async () => (await import('./read-docx.ts')).readDocx,
  PDF: async () => (await import('./read-pdf.ts')).readPdf,
  HTML: async () => (await import('./read-html.ts')).readHtml,
  MARKDOWN: async () => (await import('./read-markdown.ts')).readMarkdown,
  TEXT: async () => (await import('./read-text.ts')).readText,
};

/** Loads what most documents need before the first one comes. */
export async function preloadReaders(): Promise<void> {
  await loadReader.DOCX();
}

/**
 * Reads a file of whatever format into sections. For trusted input only, or inside the jail: see `createDocumentParser`.
 * @throws DocumentError for what is wrong with the document; anything else is a bug, or a file that the system cannot read.
 */
export async function parseDocument(
  source: DocumentSource,
  onProgress: (progress: ParseProgress) => void,
): Promise<ParsedDocument> {
  const format = await detectFormat(source);
  const read = await loadReader[format]();
  const extracted = await read(source, onProgress);
  checkText(extracted.text);
  const sections = splitSections(extracted);
  if (sections.length > documentLimits.sections)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `The document has ${sections.length.toLocaleString('en')} sections; at most ${documentLimits.sections.toLocaleString('en')} are reviewed. Split it and upload its parts.`,
    );
  return {
    format,
    sections,
    pageCount: extracted.pageOffsets.length || null,
    wordCount: sections.reduce((sum, section) => sum + section.wordCount, 0),
  };
}

function checkText(text: string): void {
  if (text.length > documentLimits.textLength)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `The document holds more than ${documentLimits.textLength.toLocaleString('en')} characters of text. Split it and upload its parts.`,
    );
  if (text.trim() === '')
    throw new DocumentError(
      'UNREADABLE_DOCUMENT',
      'The document holds no text to review. If its text is in pictures, run text recognition (OCR) on it and upload the result.',
    );
}
