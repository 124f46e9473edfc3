import { readFile } from 'node:fs/promises';
import MarkdownIt from 'markdown-it';
import type { ExtractedDocument, ParseProgress } from './document-types.ts';
import { createHtmlReader } from './html-text.ts';
import { decodeText } from './text-decode.ts';
import { findTextHeadings } from './text-headings.ts';

type Source = { readonly path: string; readonly filename: string };

/** Blocks inside each other. Beyond it the library leaves out what they hold. */
const deepest = 100;

/**
 * Reads Markdown as it is shown: headings with # or underlined, lists with their numbers, rows of tables with tabs between the cells, links
 * as their text, code as it is, HTML in it as HTML. Metadata at the top is kept as plain lines. Where nothing is marked as a
 * heading, those that are clear from text and bold type are.
 * @throws DocumentError when the file is binary, or the HTML in it is nested beyond reason.
 */
export async function readMarkdown(
  { path }: Source,
  onProgress: (progress: ParseProgress) => void,
): Promise<ExtractedDocument> {
  const document = toDocument(decodeText(await readFile(path)), onProgress);
  onProgress({ sectionsFound: document.headings.length, percent: 100 });
  return document;
}

function toDocument(source: string, onProgress: (progress: ParseProgress) => void): ExtractedDocument {
  const { metadata, body } = splitMetadata(source);
  const markdown = new MarkdownIt({ html: true, maxNesting: deepest });
  const tokens = markdown.parse(body, {});
  // Nothing may be left out: what is nested so deeply is read as the plain text that it also is.
  if (tokens.some(({ nesting, level }) => nesting === 1 && level >= deepest - 1)) {
    return { text: source, headings: findTextHeadings(source), pageOffsets: [] };
  }
  // Parsing is nine tenths of the work.
  onProgress({ sectionsFound: tokens.filter(({ type }) => type === 'heading_open').length, percent: 90 });
  const reader = createHtmlReader();
  reader.write(markdown.renderer.render(tokens, markdown.options, {}));
  const { text, headings: marked, emphasised } = reader.finish();
  const headings = marked.length > 0 ? marked : findTextHeadings(text, emphasised);
  const before = metadata === '' || text === '' ? metadata : `${metadata}\n\n`;
  return {
    text: before + text,
    headings: headings.map((heading) => ({ ...heading, offset: heading.offset + before.length })),
    pageOffsets: [],
  };
}

/**
 * Metadata between lines of dashes at the very start, as generators of websites use it. To Markdown it would be a rule and a heading
 * made of the whole; it is what says who wrote the document and when.
 */
function splitMetadata(source: string): { readonly metadata: string; readonly body: string } {
  const match = /^---[ \t]*\n(?=[\w-]+[ \t]*:)([\s\S]{1,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(source);
  return { metadata: match?.[1]?.trim() ?? '', body: match === null ? source : source.slice(match[0].length) };
}
