import { crc32, deflateRawSync } from 'node:zlib';

export type ZipEntry = {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Already deflated content; `size` and `sum` say what it unpacks to. */
  readonly packed?: { readonly bytes: Uint8Array; readonly size: number; readonly sum: number };
  /** What the container says, when it is to lie. */
  readonly declaredSize?: number;
  readonly declaredSum?: number;
  readonly method?: number;
  readonly isEncrypted?: boolean;
};

/** Writes a ZIP container as it is told to, also one that lies. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { header, name, bytes } = encode(entry);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, Buffer.from(name), bytes]);
    const directory = Buffer.alloc(46);
    directory.write('PK\x01\x02', 'latin1');
    directory.writeUInt16LE(20, 4);
    header.copy(directory, 6);
    directory.writeUInt32LE(offset, 42);
    locals.push(local);
    central.push(directory, Buffer.from(name));
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length % 0x1_0000, 8);
  end.writeUInt16LE(entries.length % 0x1_0000, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  const zip64 = entries.length > 0xffff ? zip64End(entries.length, directory.length, offset) : Buffer.alloc(0);
  return Buffer.concat([...locals, directory, zip64, end]);
}

/** The part that local header and directory share, from the version on. */
function encode(entry: ZipEntry): { header: Buffer; name: string; bytes: Uint8Array } {
  const content = typeof entry.content === 'string' ? Buffer.from(entry.content) : entry.content;
  const packed = entry.packed ?? { bytes: deflateRawSync(content), size: content.length, sum: crc32(content) };
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(entry.isEncrypted ? 1 : 0, 2);
  header.writeUInt16LE(entry.method ?? 8, 4);
  header.writeUInt32LE(entry.declaredSum ?? packed.sum, 10);
  header.writeUInt32LE(packed.bytes.length, 14);
  header.writeUInt32LE(entry.declaredSize ?? packed.size, 18);
  header.writeUInt16LE(Buffer.byteLength(entry.name), 22);
  return { header, name: entry.name, bytes: packed.bytes };
}

/** Above 65,535 entries the count stands in a record of its own. */
function zip64End(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(76);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  record.write('PK\x06\x07', 56, 'latin1');
  record.writeBigUInt64LE(BigInt(offset + size), 64);
  record.writeUInt32LE(1, 72);
  return record;
}

/** Header and one directory sector of a compound file with streams of these names. */
export function compoundFile(...streams: readonly string[]): Uint8Array {
  const header = Buffer.alloc(512);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
  header.writeUInt16LE(9, 0x1e);
  header.writeUInt32LE(0, 0x30);
  const directory = Buffer.alloc(512);
  for (const [index, name] of ['Root Entry', ...streams].entries()) directory.write(name, index * 128, 'utf16le');
  return Buffer.concat([header, directory, Buffer.alloc(2048, 0x5a)]);
}
