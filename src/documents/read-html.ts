import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExtractedDocument, ParseProgress } from './document-types.ts';
import { createHtmlReader } from './html-text.ts';
import { decodeText } from './text-decode.ts';
import { findTextHeadings } from './text-headings.ts';

type Source = { readonly path: string; readonly filename: string };

/** About 50 ms of work. */
const chunkLength = 1024 * 1024;

/**
 * Reads HTML as a browser shows it, without what it hides: text with headings (h1 to h6 and role="heading"), lists with their numbers,
 * and rows of tables with tabs between the cells. Where no element is a heading, those that are clear from text and bold type are.
 * @throws DocumentError when the file is binary, or nested beyond reason.
 */
export async function readHtml(
  { path }: Source,
  onProgress: (progress: ParseProgress) => void,
): Promise<ExtractedDocument> {
  const html = decodeText(await readFile(path), declaredEncoding);
  const reader = createHtmlReader();
  for (let from = 0; from < html.length;) {
    const to = chunkEnd(html, from + chunkLength);
    reader.write(html.slice(from, to));
    from = to;
    if (from >= html.length) break;
    onProgress({ sectionsFound: reader.headingCount(), percent: Math.floor((99 * from) / html.length) });
    // Lets the report out before the next chunk.
    await nextTurn();
  }
  const { text, headings: marked, emphasised } = reader.finish();
  const headings = marked.length > 0 ? marked : findTextHeadings(text, emphasised);
  onProgress({ sectionsFound: headings.length, percent: 100 });
  return { text, headings, pageOffsets: [] };
}

/** Not between the two halves of a character. */
const chunkEnd = (html: string, end: number): number => (/[\ud800-\udbff]/.test(html.charAt(end - 1)) ? end + 1 : end);

/** `<meta charset="…">`, `<meta http-equiv … content="text/html; charset=…">`, or the encoding of an XML declaration. */
const declaredEncoding = (head: string): string | undefined =>
  /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]{2,40})/i.exec(head)?.[1] ??
  /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]{2,40})/i.exec(head)?.[1];
