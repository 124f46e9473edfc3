import { TextDecoder } from 'node:util';
import type { DocumentFormat } from './document-types.ts';

type TextFormat = Exclude<DocumentFormat, 'DOCX' | 'PDF'>;

const formatOfExtension: ReadonlyMap<string, TextFormat> = new Map<string, TextFormat>([
  ['html', 'HTML'],
  ['htm', 'HTML'],
  ['xhtml', 'HTML'],
  ['md', 'MARKDOWN'],
  ['markdown', 'MARKDOWN'],
  ['mdown', 'MARKDOWN'],
  ['mkd', 'MARKDOWN'],
  ['txt', 'TEXT'],
  ['text', 'TEXT'],
]);

/** Whether a file that begins so is text, in whatever encoding: no zero bytes but those of UTF-16, and hardly a control character. */
export function looksLikeText(head: Buffer): boolean {
  if (utf16EncodingOf(head)) return true;
  let controls = 0;
  for (const byte of head) {
    if (byte === 0) return false;
    if (isControl(byte)) controls++;
  }
  return controls * 200 <= head.length;
}

/** Tab, line ends, form feed, end-of-file mark and escape occur in real text files. */
const isControl = (byte: number): boolean =>
  byte < 0x09 || byte === 0x0b || (byte > 0x0d && byte < 0x20 && byte !== 0x1a && byte !== 0x1b) || byte === 0x7f;

/** By byte order mark, or by the zero bytes that Latin letters leave at every other place. */
function utf16EncodingOf(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const start = head.subarray(0, Math.min(head.length, 4096) & ~1);
  let evenZeros = 0;
  let oddZeros = 0;
  for (let index = 0; index < start.length; index += 2) {
    if (start[index] === 0) evenZeros++;
    if (start[index + 1] === 0) oddZeros++;
  }
  const pairs = start.length / 2;
  if (pairs < 4) return null;
  if (oddZeros > pairs * 0.7 && evenZeros === 0) return 'utf-16le';
  if (evenZeros > pairs * 0.7 && oddZeros === 0) return 'utf-16be';
  return null;
}

/** The text format, or the words for a kind of text that is no document. Markup is ASCII, so that the encoding hardly matters. */
export function sniffTextFormat(head: Buffer, extension: string): TextFormat | { readonly content: string } {
  const encoding = utf16EncodingOf(head);
  const start = (encoding ? new TextDecoder(encoding).decode(head) : head.toString('latin1')).replace(/^ï»¿/, '');
  if (/^\s*\{\\rtf/.test(start)) return { content: 'a rich text document (RTF)' };
  if (start.startsWith('%!PS')) return { content: 'a PostScript document' };
  const markup = skipProlog(start);
  if (/^<(?:!doctype\s+html|html|head|body)[\s>/]/i.test(markup)) return 'HTML';
  const named = formatOfExtension.get(extension);
  if (named) return named;
  if (/^\s*<\?xml\s/.test(start)) return { content: 'an XML file' };
  return looksLikeMarkdown(start) ? 'MARKDOWN' : 'TEXT';
}

/** What follows an XML declaration, comments and white space. */
function skipProlog(start: string): string {
  let rest = start.trimStart();
  for (;;) {
    const end = rest.startsWith('<!--') ? '-->' : rest.startsWith('<?') ? '?>' : null;
    const place = end === null ? -1 : rest.indexOf(end);
    if (end === null || place < 0) return rest.slice(0, 100);
    rest = rest.slice(place + end.length).trimStart();
  }
}

/** Two signs of different kinds, or two headings: a single `#` or `*` line is no proof. */
function looksLikeMarkdown(start: string): boolean {
  const headings = start.match(/^#{1,6} \S/gm)?.length ?? 0;
  const others = [
    /^(?:```|~~~)/m,
    /^[ \t]*[-*+] \S/m,
    /\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)/,
    /\*\*[^*\n]{1,200}\*\*/,
    /^\|.{1,500}\|[ \t]*$/m,
  ];
  return headings >= 2 || (headings === 1 && others.some((sign) => sign.test(start)));
}
