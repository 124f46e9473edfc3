import { open } from 'node:fs/promises';
import { describeCompoundFile } from './detect-compound-file.ts';
import { looksLikeText, sniffTextFormat } from './detect-text.ts';
import { identifyZip } from './detect-zip.ts';
import { DocumentError, type DocumentFormat } from './document-types.ts';
import { unsupportedFormat } from './unsupported-format.ts';

/** As much of a file as is looked at for telling what it is. */
export const headBytes = 64 * 1024;

/** PDF readers accept some bytes before the signature. */
const pdfHeaderBytes = 1024;

/**
 * What a file is by its content. A supported format under another format's name is read as what it is; the name only decides between
 * text formats, which have no signature.
 * @throws DocumentError for what is not supported, damaged or empty; the message names a content that does not fit the name.
 */
export async function detectFormat(source: { path: string; filename: string }): Promise<DocumentFormat> {
  const kind = await sniffHead(await readHead(source.path), source.filename);
  const extension = extensionOf(source.filename);
  if (kind === 'COMPOUND_FILE') throw await describeCompoundFile(source.path, extension);
  if (kind !== 'ZIP') return kind;
  const content = await identifyZip(source.path);
  if (content === 'DOCX') return 'DOCX';
  throw unsupportedFormat(extension, content);
}

/**
 * What the first `headBytes` of a file say it is. A zip archive or an Office compound file has to be looked at as a whole.
 * @throws DocumentError for what is not supported or empty; the message names a content that does not fit the name.
 */
export async function sniffHead(head: Buffer, filename: string): Promise<DocumentFormat | 'ZIP' | 'COMPOUND_FILE'> {
  if (head.length === 0)
    throw new DocumentError('UNREADABLE_DOCUMENT', 'The file is empty. Upload the document again.');
  const extension = extensionOf(filename);
  if (head.subarray(0, 4).equals(zipSignature) || head.subarray(0, 4).equals(emptyZipSignature)) return 'ZIP';
  if (head.subarray(0, 8).equals(compoundFileSignature)) return 'COMPOUND_FILE';
  if (isPdf(head)) return 'PDF';
  if (!looksLikeText(head)) throw unsupportedFormat(extension, await describeBinary(head));
  const format = sniffTextFormat(head, extension);
  if (typeof format === 'string') return format;
  throw unsupportedFormat(extension, format.content);
}

const zipSignature = Buffer.from('PK\x03\x04', 'latin1');
const emptyZipSignature = Buffer.from('PK\x05\x06', 'latin1');
const compoundFileSignature = Buffer.from('d0cf11e0a1b11ae1', 'hex');

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headBytes), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** In lower case without the dot; empty when there is none. Short and harmless, whatever the name holds. */
function extensionOf(filename: string): string {
  return /\.([a-z0-9]{1,8})\s*$/i.exec(filename.slice(-16))?.[1]?.toLowerCase() ?? '';
}

function isPdf(head: Buffer): boolean {
  const place = head.subarray(0, pdfHeaderBytes).indexOf('%PDF-');
  // A text may speak of the signature; nothing but white space stands before it then.
  return place === 0 || (place > 0 && (!looksLikeText(head) || head.toString('utf8', 0, place).trim() === ''));
}

/** Imported only when it is needed: no document that can be read is told by it. */
async function describeBinary(head: Buffer): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  const type = await fileTypeFromBuffer(head).catch(() => undefined);
  if (!type) return 'binary data of an unknown kind';
  return `${nouns[type.mime.split('/')[0] ?? ''] ?? 'a file of type'} ${type.ext.toUpperCase()}`;
}

const nouns: Readonly<Record<string, string>> = {
  image: 'an image,',
  audio: 'an audio recording,',
  video: 'a video,',
  font: 'a font,',
};
