import { isUtf8 } from 'node:buffer';
import { analyse } from 'chardet';
import iconv from 'iconv-lite';
import { DocumentError } from './document-types.ts';
import { cleanText } from './text-clean.ts';

/** Marks at the start of a file; UTF-32 before UTF-16, whose mark is the beginning of the other's. */
const byteOrderMarks: readonly (readonly [mark: string, encoding: string])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe0000', 'utf-32le'],
  ['0000feff', 'utf-32be'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];

/** How much is looked at to tell an encoding. */
const sampleBytes = 64 * 1024;

/**
 * Decodes text in an encoding found out from its bytes: byte order mark, UTF-16 without one, UTF-8, what the document declares, then
 * statistics, and windows-1252 where they are not sure. Line ends are \n, and no control character but tab and \n is left.
 *
 * @param declared Finds the encoding that a document names for itself in its first characters; UTF-8 wins over it, since bytes
 * that happen to be valid UTF-8 are it, while what documents declare is often copied from others.
 * @throws DocumentError when the bytes are no text.
 */
export function decodeText(bytes: Buffer, declared: (head: string) => string | undefined = () => undefined): string {
  const text = decodeAs(bytes, findEncoding(bytes, declared));
  refuseBinary(text);
  return cleanText(text);
}

// Not TextDecoder: that of Node 20 takes windows-1252 for Latin-1, and loses its quotation marks and dashes.
const decodeAs = (bytes: Buffer, encoding: string): string =>
  encoding === 'utf-8' ? iconv.decode(bytes, 'utf-8') : iconv.decode(bytes, superset(encoding));

function findEncoding(bytes: Buffer, declared: (head: string) => string | undefined): string {
  const start = bytes.subarray(0, 4).toString('hex');
  const marked = byteOrderMarks.find(([mark]) => start.startsWith(mark));
  if (marked !== undefined) return marked[1];
  const wide = wideWithoutMark(bytes.subarray(0, sampleBytes));
  if (wide !== undefined) return wide;
  const name = declared(bytes.subarray(0, 4096).toString('latin1'));
  // ISO-2022-JP is 7-bit, and so looks like UTF-8; its escapes tell.
  const isEscaped = bytes.subarray(0, sampleBytes).includes('\u001b$');
  if (!isEscaped && isMostlyUtf8(bytes)) return 'utf-8';
  if (name !== undefined && iconv.encodingExists(name) && !/^utf/i.test(name)) return name;
  return byStatistics(bytes);
}

/** UTF-16 of nearly any script has line ends, spaces or digits: zero bytes, and all of them on the same side. */
function wideWithoutMark(sample: Buffer): string | undefined {
  let [even, odd] = [0, 0];
  for (let index = sample.indexOf(0); index !== -1; index = sample.indexOf(0, index + 1)) {
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  const fewest = Math.max(1, sample.length / 200);
  if (odd >= fewest && even <= odd / 20) return 'utf-16le';
  return even >= fewest && odd <= even / 20 ? 'utf-16be' : undefined;
}

/** A character cut off at the end, or a few damaged ones among many good ones, do not make it another encoding. */
function isMostlyUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const text = bytes.toString('utf8');
  const damaged = text.match(/\ufffd/g)?.length ?? 0;
  const good = text.match(/[^\u0000-\u007f\ufffd]/g)?.length ?? 0; // oxlint-disable-line no-control-regex
  return good > 0 && damaged * 20 < good + 1;
}

/** Below this, in percent, chardet is guessing. */
const leastConfidence = 30;

function byStatistics(bytes: Buffer): string {
  // Only what is not ASCII tells anything, and it may begin late.
  const first = bytes.findIndex((byte) => byte >= 0x80);
  const from = Math.max(0, first - 1024);
  const [best] = analyse(bytes.subarray(from, from + sampleBytes));
  const isSure = best !== undefined && best.confidence >= leastConfidence && iconv.encodingExists(best.name);
  return isSure ? best.name : 'windows-1252';
}

/** As browsers do: what is declared as Latin-1 is nearly always its superset from Windows. */
function superset(encoding: string): string {
  const name = encoding.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (['iso88591', 'latin1', 'ascii', 'usascii'].includes(name)) return 'windows-1252';
  if (name === 'iso88599') return 'windows-1254';
  return encoding;
}

/** Text has tabs and line ends, and now and then a stray control character; programs, pictures and archives have them everywhere. */
function refuseBinary(text: string): void {
  const sample = text.slice(0, sampleBytes);
  const strange =
    sample.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f-\u0084\u0086-\u009f\ufffd]/g)?.length ?? 0; // oxlint-disable-line no-control-regex
  if (strange <= 4 || strange < 0.02 * sample.length) return;
  throw new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The file is no text: it holds binary data. Upload a PDF, DOCX, HTML, Markdown or text file.',
  );
}
