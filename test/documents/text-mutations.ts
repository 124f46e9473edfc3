import type { ExtractedDocument } from '../../src/documents/document-types.ts';

/** What is wrong with a document by the contract of the readers; '' when nothing is. */
export function fault({ text, headings, pageOffsets }: ExtractedDocument): string {
  const offsets = headings.map(({ offset }) => offset);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b-\u001f\u007f]|\p{Cs}/u.test(text)) return 'characters that cannot be stored';
  if (offsets.some((offset, index) => offset >= text.length || offset <= (offsets[index - 1] ?? -1)))
    return 'headings out of order';
  if (headings.some(({ title, level }) => title === '' || title.length > 300 || level < 1))
    return 'a heading without title or level';
  if (offsets.some((offset) => offset > 0 && text[offset - 1] !== '\n')) return 'a heading within a line';
  if (pageOffsets.some((offset, index) => offset > text.length || offset < (pageOffsets[index - 1] ?? 0)))
    return 'pages out of order';
  return pageOffsets.length > 0 && pageOffsets[0] !== 0 ? 'a first page that is not at the start' : '';
}

/**
 * Damaged copies of a file: bytes changed, removed, doubled, or its end cut off. The same ones in every run.
 */
export function* mutations(sample: Buffer, count: number): Generator<Buffer> {
  let seed = 20_261_123;
  /** The minimal standard generator: enough for choosing places. */
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % Math.max(1, below);
  };
  for (let made = 0; made < count; made += 1) {
    let bytes = Buffer.from(sample);
    for (let changes = 1 + random(8); changes > 0; changes -= 1) {
      const at = random(bytes.length);
      const length = 1 + random(40);
      const kind = random(6);
      if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
      else if (kind === 2)
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, random(256)), bytes.subarray(at)]);
      else if (kind === 3 && made % 10 === 0) bytes = bytes.subarray(0, at);
      else if (at < bytes.length) bytes[at] = random(256);
    }
    yield bytes;
  }
}
