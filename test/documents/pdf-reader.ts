import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExtractedDocument } from '../../src/documents/document-types.ts';
import { readPdf } from '../../src/documents/read-pdf.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { buildPdf, type PdfOptions, type PdfPage } from './pdf-file.ts';

/** Reads the bytes of a PDF as an upload would be read. */
export async function readPdfBytes(bytes: Uint8Array): Promise<ExtractedDocument> {
  const path = join(await createTempFolder(), 'document.pdf');
  await writeFile(path, bytes);
  return readPdf({ path, filename: 'document.pdf' }, () => undefined);
}

/** Reads a PDF of pages with these drawing instructions; `entries` go into the dictionary of each page. */
export const readPages = (
  contents: readonly string[],
  options?: PdfOptions,
  entries = '',
): Promise<ExtractedDocument> =>
  readPdfBytes(
    buildPdf(
      contents.map((content): PdfPage => ({ content, entries })),
      options,
    ),
  );

/** Headings as an outline: "1 Title", indented by level; also proves that each begins its own line. */
export const outlineOf = ({ text, headings }: ExtractedDocument): string[] =>
  headings.map(({ offset, level, title }) => {
    const isAtLineStart = offset === 0 || text[offset - 1] === '\n';
    return `${level} ${title}${isAtLineStart ? '' : ' (not at the start of a line)'}`;
  });
