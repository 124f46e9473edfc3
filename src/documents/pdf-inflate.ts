import { inflateSync } from 'node:zlib';
import { documentLimits, megabytes } from './document-limits.ts';
import { DocumentError } from './document-types.ts';

let tooLargeCount = 0;

/**
 * Replaces the web's DecompressionStream, by which pdf.js unpacks what pages draw, for the rest of the process. Node's takes longer for
 * the few kB of a page than pdf.js for reading them, and it has no limit: 100 kB of a PDF can stand for 100 MB.
 */
export function installInflater(): void {
  const Original: unknown = Reflect.get(globalThis, 'DecompressionStream');
  const Inflater = function (format: string): unknown {
    return format === 'deflate' ? createInflater() : Reflect.construct(Original as new () => object, [format]);
  };
  Reflect.set(globalThis, 'DecompressionStream', Inflater);
}

/** As much of the two streams as pdf.js makes use of: it writes once, then reads to the end. */
function createInflater() {
  let packed: Uint8Array = new Uint8Array();
  const writer = {
    ready: Promise.resolve(),
    write: async (bytes: Uint8Array): Promise<void> => void (packed = bytes),
    close: async (): Promise<void> => undefined,
  };
  const readable = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      yield inflate(packed);
    },
  };
  return { readable, writable: { getWriter: () => writer } };
}

/** Empty for what is too large: after an error pdf.js would unpack it by itself, byte by byte. */
function inflate(packed: Uint8Array): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: documentLimits.pdfStreamBytes });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    tooLargeCount += 1;
    return new Uint8Array();
  }
}

/** @returns throws a DocumentError when called after a stream was too large to be unpacked. */
export function watchForLargeStreams(): () => void {
  const before = tooLargeCount;
  return () => {
    if (tooLargeCount === before) return;
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `A page of the PDF unpacks to more than ${megabytes(documentLimits.pdfStreamBytes)} of drawing instructions. Leave out its drawings or print it to a new PDF, and upload that.`,
    );
  };
}
