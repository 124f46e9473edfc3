import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import type { FontSlice, Weight } from './pdf-font-files.ts';

/**
 * A slice as a font that the PDF library takes, which embeds a variable font at its thinnest, and a compressed one with empty glyphs.
 * It has the characters, as far as the slice has them, and maybe more.
 */
export async function openFont(slice: FontSlice, characters: ReadonlySet<string>, wght: Weight): Promise<Buffer> {
  const file = await readFile(slice.pathOf(wght));
  if (!slice.isVariable) return unpackWoff(file);
  // Takes a quarter of a second to load.
  const { default: subsetFont } = await import('subset-font');
  return subsetFont(file, [...characters].sort().join(''), { targetFormat: 'truetype', variationAxes: { wght } });
}

/** WOFF 1.0 is the font's own tables, each packed: https://www.w3.org/TR/WOFF/. */
function unpackWoff(woff: Buffer): Buffer {
  const tableCount = woff.readUInt16BE(12);
  const header = Buffer.alloc(12 + 16 * tableCount);
  header.writeUInt32BE(woff.readUInt32BE(4), 0);
  header.writeUInt16BE(tableCount, 4);
  const exponent = Math.floor(Math.log2(tableCount));
  header.writeUInt16BE(16 << exponent, 6);
  header.writeUInt16BE(exponent, 8);
  header.writeUInt16BE(16 * tableCount - (16 << exponent), 10);

  const parts: Uint8Array[] = [header];
  let end = header.length;
  for (let index = 0; index < tableCount; index += 1) {
    const entry = woff.subarray(44 + 20 * index, 64 + 20 * index);
    const [offset, packedLength, length] = [4, 8, 12].map((at) => entry.readUInt32BE(at)) as [number, number, number];
    const packed = woff.subarray(offset, offset + packedLength);
    const table = packedLength < length ? inflateSync(packed) : packed;
    const record = header.subarray(12 + 16 * index, 28 + 16 * index);
    // Tag and checksum.
    entry.copy(record, 0, 0, 4);
    entry.copy(record, 4, 16, 20);
    record.writeUInt32BE(end, 8);
    record.writeUInt32BE(length, 12);
    const padding = Buffer.alloc(-length & 3);
    parts.push(table, padding);
    end += length + padding.length;
  }
  return Buffer.concat(parts);
}
