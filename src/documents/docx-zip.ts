import { crc32 } from 'node:zlib';
import { getFileNameLowLevel, openPromise, validateFileName, type Entry, type ZipFile } from 'yauzl';
import { documentLimits, megabytes } from './document-limits.ts';
import { DocumentError } from './document-types.ts';

/** A ZIP container, opened for reading single entries. Nothing is unpacked but what `read` is asked for, and nothing goes to disk. */
export type ZipArchive = {
  readonly names: readonly string[];
  /** Some entry is encrypted with a password. */
  readonly isEncrypted: boolean;
  /** Names compare without regard to case, as OPC (the packaging standard under Office files) has it. */
  has(name: string): boolean;
  /** Unpacked size as declared; 0 when there is no such entry. */
  sizeBytes(name: string): number;
  /** The entry's bytes; ends in a DocumentError when it is larger than declared, too large, or damaged (CRC). */
  read(name: string): AsyncGenerator<Buffer>;
  close(): void;
};

const damaged = (cause: unknown): DocumentError =>
  new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The file is damaged or incomplete: its ZIP container cannot be read. Save or export the document again and upload the new file.',
    { cause },
  );

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** What yauzl throws is the document's fault, unless the operating system refused to read the file. */
const asDocumentError = (error: unknown): unknown =>
  error instanceof DocumentError || isSystemError(error) ? error : damaged(error);

/**
 * @throws DocumentError when the container is damaged, has too many entries, declares too large a content, or names an entry outside
 * of itself.
 */
export async function openZip(path: string): Promise<ZipArchive> {
  let zip: ZipFile;
  try {
    // Undecoded names, so that a bad one is told apart from other damage here and not by yauzl's words.
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false });
  } catch (error) {
    throw asDocumentError(error);
  }
  try {
    const entries = await readDirectory(zip);
    return asArchive(zip, entries);
  } catch (error) {
    zip.close();
    throw asDocumentError(error);
  }
}

async function readDirectory(zip: ZipFile): Promise<Map<string, Entry>> {
  const { zipEntries, zipTotalBytes } = documentLimits;
  if (zip.entryCount > zipEntries)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `The file is a ZIP container with ${zip.entryCount.toLocaleString('en')} entries; at most ${zipEntries.toLocaleString('en')} are read.`,
    );
  const entries = new Map<string, Entry>();
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
    if (validateFileName(name) !== null)
      throw new DocumentError(
        'UNREADABLE_DOCUMENT',
        'The file is a ZIP container with an entry whose name points outside of it. No word processor writes such files; it is refused.',
      );
    totalBytes += entry.uncompressedSize;
    if (totalBytes > zipTotalBytes)
      throw new DocumentError(
        'PAYLOAD_TOO_LARGE',
        `The file unpacks to more than ${megabytes(zipTotalBytes)}, which is the limit.`,
      );
    const key = name.toLowerCase();
    // Readers differ in which of two they take: one that was checked must not stand for another that is shown.
    if (entries.has(key)) throw damaged(new Error('an entry is there twice'));
    entries.set(key, entry);
  }
  return entries;
}

function asArchive(zip: ZipFile, entries: ReadonlyMap<string, Entry>): ZipArchive {
  const find = (name: string) => entries.get(name.toLowerCase());
  return {
    names: [...entries.keys()],
    isEncrypted: [...entries.values()].some((entry) => entry.isEncrypted()),
    has: (name) => find(name) !== undefined,
    sizeBytes: (name) => find(name)?.uncompressedSize ?? 0,
    async *read(name) {
      const entry = find(name);
      if (!entry) throw damaged(new Error('a part is missing'));
      checkSize(entry);
      try {
        let sum = 0;
        for await (const chunk of await zip.openReadStreamPromise(entry)) {
          const bytes = chunk as Buffer;
          sum = crc32(bytes, sum);
          yield bytes;
        }
        if (sum !== entry.crc32) throw new Error('checksum of an entry does not match');
      } catch (error) {
        throw asDocumentError(error);
      }
    },
    close: () => zip.close(),
  };
}

/** Declared sizes suffice: yauzl ends a stream that exceeds its own. */
function checkSize({ uncompressedSize, compressedSize }: Entry): void {
  const { zipPartBytes, zipRatio, zipRatioFreeBytes } = documentLimits;
  if (uncompressedSize > zipPartBytes)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `A part of the document unpacks to ${megabytes(uncompressedSize)}; at most ${megabytes(zipPartBytes)} are read. Split the document and upload its parts.`,
    );
  if (uncompressedSize > zipRatioFreeBytes && uncompressedSize > compressedSize * zipRatio)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `A part of the document unpacks to ${Math.round(uncompressedSize / Math.max(1, compressedSize))} times its size, as ZIP bombs do; at most ${zipRatio} times is read.`,
    );
}
