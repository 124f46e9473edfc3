import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { fromBufferPromise, getFileNameLowLevel, type Entry } from 'yauzl';
import { DocumentError } from './document-types.ts';

/** An entry ready to be written: its bytes as they are packed. */
type PackedEntry = {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly time: number;
  readonly date: number;
  readonly sum: number;
  readonly sizeBytes: number;
  readonly packed: Buffer;
  readonly externalAttributes: number;
  readonly comment: Buffer;
};

const deflate = promisify(deflateRaw);

/** 1 January 1980, the first day that ZIP knows: the same document is the same bytes, whenever it is written. */
const firstDay = 0x21;
const isUtf8 = 0x800;
const hasDataDescriptor = 0x8;

/**
 * A copy of a ZIP container in which some entries have another content. All others are taken over packed as they are, so that they
 * are the same byte for byte and cost nothing; replaced ones keep their place, new ones follow. Names compare without regard to case.
 * The container is one that `openZip` has accepted.
 */
export async function rewriteZip(path: string, parts: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const file = await readFile(path);
  const waiting = new Map([...parts].map(([name, bytes]) => [name.toLowerCase(), { name, bytes }]));
  const entries: PackedEntry[] = [];
  const zip = await fromBufferPromise(file, { lazyEntries: true, decodeStrings: false });
  let takenBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
    const replacement = waiting.get(name.toLowerCase());
    waiting.delete(name.toLowerCase());
    entries.push(replacement ? await pack(name, replacement.bytes) : takeOver(name, entry, file));
    takenBytes += replacement ? 0 : entry.compressedSize;
    // Entries that share their data would make the copy larger than any limit.
    if (takenBytes > file.length) throw damaged();
  }
  for (const { name, bytes } of waiting.values()) entries.push(await pack(name, bytes));
  return write(entries);
}

const damaged = (): DocumentError =>
  new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The file is damaged: the directory of its ZIP container does not fit its content. Save or export the document again and upload the new file.',
  );

function takeOver(name: string, entry: Entry, file: Buffer): PackedEntry {
  const header = entry.relativeOffsetOfLocalHeader;
  if (header + 30 > file.length) throw damaged();
  const start = header + 30 + file.readUInt16LE(header + 26) + file.readUInt16LE(header + 28);
  const packed = file.subarray(start, start + entry.compressedSize);
  if (packed.length < entry.compressedSize) throw damaged();
  return {
    name: Buffer.from(name),
    // The sizes are known and go into the header: none follows the data.
    flags: (entry.generalPurposeBitFlag & ~hasDataDescriptor) | isUtf8,
    method: entry.compressionMethod,
    time: entry.lastModFileTime,
    date: entry.lastModFileDate,
    sum: entry.crc32,
    sizeBytes: entry.uncompressedSize,
    packed,
    externalAttributes: entry.externalFileAttributes,
    comment: entry.fileCommentRaw,
  };
}

async function pack(name: string, bytes: Uint8Array): Promise<PackedEntry> {
  return {
    name: Buffer.from(name),
    flags: isUtf8,
    method: 8,
    time: 0,
    date: firstDay,
    sum: crc32(bytes),
    sizeBytes: bytes.length,
    packed: await deflate(bytes),
    externalAttributes: 0,
    comment: Buffer.alloc(0),
  };
}

function write(entries: readonly PackedEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const shared = sharedHeader(entry);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), shared, entry.name, entry.packed];
    const rest = Buffer.alloc(14);
    rest.writeUInt16LE(entry.comment.length, 0);
    rest.writeUInt32LE(entry.externalAttributes, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), shared, rest, entry.name, entry.comment);
    locals.push(...local);
    for (const { length } of local) offset += length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

/** What the header before the data and the one in the directory have in common: 26 bytes, without extra fields. */
function sharedHeader({ name, flags, method, time, date, sum, sizeBytes, packed }: PackedEntry): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(flags, 2);
  header.writeUInt16LE(method, 4);
  header.writeUInt16LE(time, 6);
  header.writeUInt16LE(date, 8);
  header.writeUInt32LE(sum, 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(sizeBytes, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}
