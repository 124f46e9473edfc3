import { readFile } from 'node:fs/promises';
import type { ExtractedDocument, ParseProgress } from './document-types.ts';
import { decodeText } from './text-decode.ts';
import { findTextHeadings } from './text-headings.ts';

type Source = { readonly path: string; readonly filename: string };

/**
 * Reads plain text in whatever encoding, line by line as it is. Headings are those that are clear without markup.
 * @throws DocumentError when the file is binary.
 */
export async function readText(
  { path }: Source,
  onProgress: (progress: ParseProgress) => void,
): Promise<ExtractedDocument> {
  const text = decodeText(await readFile(path));
  const headings = findTextHeadings(text);
  onProgress({ sectionsFound: headings.length, percent: 100 });
  return { text, headings, pageOffsets: [] };
}
