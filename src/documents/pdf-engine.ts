import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type * as Library from 'pdfjs-dist/legacy/build/pdf.mjs';
import { DocumentError } from './document-types.ts';
import { installInflater } from './pdf-inflate.ts';

type Pdfjs = typeof Library;

let pdfjs: Promise<Pdfjs> | undefined;

/** Once per process: it takes about 100 ms. */
const loadPdfjs = (): Promise<Pdfjs> => (pdfjs ??= importPdfjs());

/**
 * pdf.js wants three drawing classes when it is imported, and takes them from the optional @napi-rs/canvas: 20 MB of native code, which
 * has no business in the jail. Text extraction never draws, so it gets empty classes, and does not get at the package. With FontFace it
 * is the same: where it seems to be supported, pdf.js leaves the outlines of letters alone, which saves two thirds of the time to look
 * at fonts.
 */
async function importPdfjs(): Promise<Pdfjs> {
  const globals: Record<string, unknown> = globalThis;
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D', 'FontFace']) globals[name] ??= function Unused() {};
  installInflater();
  // Its build for old engines finds fault with Node 20's push, on arrays of 2^32 elements, and replaces it by one in JavaScript that makes
  // a long document a tenth slower.
  const push = Object.getOwnPropertyDescriptor(Array.prototype, 'push') ?? {};
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const { warn } = console;
  process.getBuiltinModule = () => undefined;
  // It warns by console.warn, and can be told to be quiet only with the first document: too late for this one warning.
  // oxlint-disable-next-line no-console
  console.warn = (...args: unknown[]) => {
    if (!String(args[0]).includes('`require`')) warn(...args);
  };
  try {
    // In Node the "worker" runs in this very thread; importing it here makes it part of the same start-up.
    const workerModule = 'pdfjs-dist/legacy/build/pdf.worker.mjs';
    const [library] = await Promise.all([import('pdfjs-dist/legacy/build/pdf.mjs'), import(workerModule)]);
    process.on('unhandledRejection', ignoreStrayRejection);
    return library;
  } finally {
    // oxlint-disable-next-line no-console
    console.warn = warn;
    process.getBuiltinModule = getBuiltinModule;
    // oxlint-disable-next-line no-extend-native
    Object.defineProperty(Array.prototype, 'push', push);
  }
}

/** What pdf.js calls its exceptions; its own errors in damaged data, such as a TypeError, do not come by this way. */
const strayNames = /^(?:XRef\w+|FormatError|MissingData|ParserEOF|InvalidPDF|UnknownError|Abort)(?:Exception)?$/;

/**
 * pdf.js fetches the entries of pages before they are asked for, and leaves it unhandled when a page has none: one missing page would
 * end the process. Whoever asks for the page gets the error; what others leave unhandled still ends the process, as Node would.
 */
function ignoreStrayRejection(reason: unknown): void {
  if (!(reason instanceof Error && strayNames.test(reason.name))) throw reason;
}

/**
 * Opens a PDF for reading text. The caller calls `loadingTask.destroy()` of what it gets.
 * @throws DocumentError when it is no PDF, cut off, damaged beyond repair, protected by a password, or has no pages.
 */
export async function openPdf(
  bytes: Uint8Array,
  { withGlyphWidths = false }: { readonly withGlyphWidths?: boolean } = {},
): Promise<Library.PDFDocumentProxy> {
  refuseCutOff(bytes);
  const library = await loadPdfjs();
  const packageFolder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const task = library.getDocument({
    data: bytes,
    cMapUrl: `${packageFolder}${sep}cmaps${sep}`,
    cMapPacked: true,
    standardFontDataUrl: `${packageFolder}${sep}standard_fonts${sep}`,
    isEvalSupported: false,
    enableXfa: false,
    useSystemFonts: false,
    disableFontFace: false,
    fontExtraProperties: withGlyphWidths,
    ownerDocument: { fonts: new Set() } as never,
    useWasm: false,
    // No image is ever decoded: they are only met when a page's fonts are looked at.
    maxImageSize: 0,
    verbosity: library.VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await fromPdf(task.promise);
    if (pdf.numPages < 1) throw new DocumentError('UNREADABLE_DOCUMENT', 'The PDF has no pages.');
    return pdf;
  } catch (error) {
    await task.destroy();
    throw error;
  }
}

/** What pdf.js makes of a document; whatever it throws is the document's fault. */
export async function fromPdf<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toDocumentError(error);
  }
}

function toDocumentError(error: unknown): DocumentError {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') {
    return new DocumentError(
      'UNREADABLE_DOCUMENT',
      'The PDF is password-protected. Remove the password and upload it again.',
      { cause: error },
    );
  }
  return new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The PDF is damaged or not a PDF at all. Open it in a PDF viewer, save it anew and upload that file.',
    { cause: error },
  );
}

/** How far from the end of the file its end mark may be; some servers append a few bytes of their own. */
const endMarkWithinBytes = 4096;

/**
 * pdf.js repairs what it can, so of a PDF that was cut off it would quietly give the pages that are left. Half a contract is worse
 * than none: a file without its end mark is refused.
 */
function refuseCutOff(bytes: Uint8Array): void {
  let end = bytes.length;
  while (end > 0 && isPadding(bytes[end - 1])) end -= 1;
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, end).subarray(-endMarkWithinBytes).toString('latin1');
  if (tail.includes('%%EOF') || tail.includes('startxref')) return;
  throw new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The PDF is incomplete: its end is missing, or it is not a PDF at all. Upload the whole file again.',
  );
}

const isPadding = (byte: number | undefined): boolean => byte === 0 || byte === 10 || byte === 13 || byte === 32;
