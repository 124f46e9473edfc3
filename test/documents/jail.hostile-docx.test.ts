import { crc32, createDeflateRaw } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDocx, createFolder, docxParts, paragraph, run, styled, zipParts } from './support/build-docx.ts';
import { runJail, type JailCase, type JailResult } from './support/run-jail.ts';
import { seededBytes, seededRandom } from './support/seeded.ts';
import { compoundFile, writeZip, type ZipEntry } from './support/write-zip.ts';

const folder = await createFolder();
afterAll(folder.remove);

const mb = 1024 * 1024;
const goodSections = 50;
const goodBody = Array.from(
  { length: goodSections },
  (_, index) => styled('Heading1', `Clause ${index}`) + paragraph('Text. '.repeat(40)),
).join('');
const good = buildDocx({ body: goodBody });

const asEntries = (parts: Readonly<Record<string, string>>): ZipEntry[] =>
  Object.entries(parts).map(([name, content]) => ({ name, content }));

/** A Word document whose main part is the given entry. */
const withDocument = (entry: Omit<ZipEntry, 'name'>): Uint8Array =>
  writeZip(
    asEntries(docxParts({ body: '' })).map((part) =>
      part.name === 'word/document.xml' ? { ...entry, name: part.name } : part,
    ),
  );

const withXml = (xml: string): Uint8Array => zipParts({ ...docxParts({ body: '' }), 'word/document.xml': xml });

/** Deflates a block over and over, without ever holding the whole. */
async function packRepeated(block: Buffer, times: number): Promise<NonNullable<ZipEntry['packed']>> {
  const deflate = createDeflateRaw({ level: 1 });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  let sum = 0;
  for (let count = 0; count < times; count++) {
    sum = crc32(block, sum);
    if (!deflate.write(block)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  await new Promise<void>((resolve) => deflate.end(resolve));
  return { bytes: Buffer.concat(chunks), size: block.length * times, sum };
}

const doctype = (subset: string, text: string) =>
  `<?xml version="1.0"?><!DOCTYPE w:document [${subset}]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`;
const laughs = Array.from({ length: 9 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join(
  '',
);
/** Each with an attribute of its own, so that the part is no bomb by its ratio. */
const nested = (tags: readonly string[], count: number) => {
  const random = seededRandom(2);
  const open = () => tags.map((tag) => `<${tag} w:id="${random()}">`).join('');
  const close = tags
    .toReversed()
    .map((tag) => `</${tag}>`)
    .join('');
  return Array.from({ length: count }, open).join('') + close.repeat(count);
};

async function createHostileFiles(): Promise<Record<string, Uint8Array | string>> {
  const spaces = await packRepeated(Buffer.alloc(mb, ' '), 300);
  const random = seededRandom(1);
  const words = () => Array.from({ length: 2_000 }, () => random().toString(36).slice(2)).join(' ');
  const paragraphs = Buffer.from(Array.from({ length: 20_000 }, () => `<w:p w:rsidR="${random()}"/>`).join(''));
  const start =
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>';
  return {
    'a bomb of honest size': withDocument({ content: '', packed: spaces }),
    'a bomb that lies about its size': withDocument({ content: '', packed: spaces, declaredSize: 1000 }),
    'a bomb within the limit of size': withDocument({
      content: `${start}${' '.repeat(60 * mb)}</w:body></w:document>`,
    }),
    'a bomb in a part that is not read': writeZip([
      ...asEntries(docxParts({ body: '' })),
      ...Array.from({ length: 5 }, (_, index) => ({ name: `word/media/${index}.bin`, content: '', packed: spaces })),
    ]),
    'a part that unpacks to less than it says': withDocument({ content: '<x/>', declaredSize: 9_000 }),
    'a part with a wrong checksum': withDocument({
      content: docxParts({ body: '' })['word/document.xml'] ?? '',
      declaredSum: 1,
    }),
    'an unknown compression': withDocument({ content: 'x', method: 99 }),
    '100,000 entries': writeZip([
      ...asEntries(docxParts({ body: '' })),
      ...Array.from({ length: 100_000 }, (_, index) => ({
        name: `x/${index}`,
        content: '',
        packed: { bytes: Buffer.alloc(0), size: 0, sum: 0 },
      })),
    ]),
    'two parts of one name': writeZip([
      ...asEntries(docxParts({ body: '' })),
      { name: 'word/Document.xml', content: 'x' },
    ]),
    'an entry above its folder': writeZip([
      ...asEntries(docxParts({ body: '' })),
      { name: '../../etc/cron.d/x', content: 'x' },
    ]),
    'an entry with an absolute path': writeZip([
      ...asEntries(docxParts({ body: '' })),
      { name: '/etc/passwd', content: 'x' },
    ]),
    'an external entity': withXml(doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;')),
    'billion laughs': withXml(doctype(`<!ENTITY l0 "lol">${laughs}`, '&l9;')),
    'an entity that nobody declared': withXml(doctype('', '&x;').replace(/<!DOCTYPE.*?\]>/, '')),
    '100,000 nested elements': buildDocx({ body: nested(['w:sdt'], 100_000) }),
    '20,000 nested tables': buildDocx({ body: nested(['w:tbl', 'w:tr', 'w:tc'], 20_000) }),
    'styles nested 100,000 deep': buildDocx({
      body: paragraph('x'),
      styles: nested(['w:style'], 100_000),
    }),
    'more text than is read': buildDocx({ body: Array.from({ length: 400 }, () => paragraph(words())).join('') }),
    'one text without end': buildDocx({ body: paragraph(Array.from({ length: 300 }, words).join(' ')) }),
    'a footnote referred to again and again': buildDocx({
      body: paragraph(`${run('x')}${'<w:r><w:footnoteReference w:id="1"/></w:r>'.repeat(20_000)}`),
      footnotes: `<w:footnote w:id="1">${Array.from({ length: 20 }, () => paragraph(words())).join('')}</w:footnote>`,
    }),
    'more sections than are reviewed': buildDocx({ body: styled('Heading1', 'x').repeat(10_001) }),
    'nothing but empty paragraphs': withDocument({
      content: '',
      packed: await packRepeated(paragraphs, 30).then((packed) => wrap(start, packed)),
    }),
    'a document without text': buildDocx({ body: paragraph('') }),
    'an encrypted document': compoundFile('EncryptionInfo', 'EncryptedPackage'),
    'a legacy .doc': compoundFile('1Table', 'WordDocument'),
    'a container that is encrypted': writeZip(
      asEntries(docxParts({ body: '' })).map((part) => ({ ...part, isEncrypted: true })),
    ),
    'a quarter of a document': good.subarray(0, good.length / 4),
    'half of a document': good.subarray(0, good.length / 2),
    'three quarters of a document': good.subarray(0, (good.length * 3) / 4),
    'a document without its last byte': good.subarray(0, good.length - 1),
    'a document without its first byte': good.subarray(1),
    'random bytes': seededBytes(100_000, 5),
    'an empty file': '',
    'another format': Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
  };
}

/** Puts an uncompressed start before packed bytes: a stored block of Deflate. */
function wrap(start: string, packed: NonNullable<ZipEntry['packed']>): NonNullable<ZipEntry['packed']> {
  const bytes = Buffer.from(start);
  const block = Buffer.alloc(5);
  block.writeUInt16LE(bytes.length, 1);
  block.writeUInt16LE(~bytes.length & 0xffff, 3);
  // The checksum of the whole is not known here; a wrong one is only found at the end, when the work is done.
  return { bytes: Buffer.concat([block, bytes, packed.bytes]), size: bytes.length + packed.size, sum: 0 };
}

const expected: readonly (readonly [string, string, string])[] = [
  ['a bomb of honest size', 'PAYLOAD_TOO_LARGE', 'unpacks to 300 MB'],
  ['a bomb that lies about its size', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['a bomb within the limit of size', 'PAYLOAD_TOO_LARGE', 'times its size, as ZIP bombs do'],
  ['a bomb in a part that is not read', 'PAYLOAD_TOO_LARGE', 'more than 1,024 MB'],
  ['a part that unpacks to less than it says', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['a part with a wrong checksum', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['an unknown compression', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['100,000 entries', 'PAYLOAD_TOO_LARGE', '100,004 entries'],
  ['two parts of one name', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['an entry above its folder', 'UNREADABLE_DOCUMENT', 'points outside'],
  ['an entry with an absolute path', 'UNREADABLE_DOCUMENT', 'points outside'],
  ['an external entity', 'UNREADABLE_DOCUMENT', 'DOCTYPE'],
  ['billion laughs', 'UNREADABLE_DOCUMENT', 'DOCTYPE'],
  ['an entity that nobody declared', 'UNREADABLE_DOCUMENT', 'not well-formed'],
  ['100,000 nested elements', 'UNREADABLE_DOCUMENT', 'deeper than 256'],
  ['20,000 nested tables', 'UNREADABLE_DOCUMENT', 'deeper than 256'],
  ['styles nested 100,000 deep', 'UNREADABLE_DOCUMENT', 'deeper than 256'],
  ['more text than is read', 'PAYLOAD_TOO_LARGE', '5,000,000 characters'],
  ['one text without end', 'PAYLOAD_TOO_LARGE', '5,000,000 characters'],
  ['a footnote referred to again and again', 'DOCX', ''],
  ['more sections than are reviewed', 'PAYLOAD_TOO_LARGE', '10,001 sections'],
  ['nothing but empty paragraphs', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['a document without text', 'UNREADABLE_DOCUMENT', 'no text to review'],
  ['an encrypted document', 'UNREADABLE_DOCUMENT', 'protected by a password'],
  ['a legacy .doc', 'UNREADABLE_DOCUMENT', 'legacy .doc'],
  ['a container that is encrypted', 'UNSUPPORTED_FORMAT', 'protected by a password'],
  ['a quarter of a document', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['half of a document', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['three quarters of a document', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['a document without its last byte', 'UNREADABLE_DOCUMENT', 'damaged or incomplete'],
  ['a document without its first byte', 'UNSUPPORTED_FORMAT', 'named .docx but holds binary data'],
  ['random bytes', 'UNSUPPORTED_FORMAT', 'named .docx but holds binary data'],
  ['an empty file', 'UNREADABLE_DOCUMENT', 'is empty'],
  ['another format', 'UNSUPPORTED_FORMAT', 'named .docx but holds an image, PNG'],
  ['a name of 10,000 characters', 'DOCX', ''],
  ['a name of control characters', 'DOCX', ''],
];

describe('the jail, with a good document beside', () => {
  let results: ReadonlyMap<string, JailResult>;

  beforeAll(async () => {
    const cases: JailCase[] = [];
    for (const [name, bytes] of Object.entries(await createHostileFiles()))
      cases.push({ name, path: await folder.save('hostile', bytes), filename: 'contract.docx' });
    const path = await folder.save('good.docx', good);
    cases.push({ name: 'a name of 10,000 characters', path, filename: `${'n'.repeat(10_000)}.docx` });
    cases.push({ name: 'a name of control characters', path, filename: '\u0000\u001b[2J\n../x\u202e.docx' });
    results = await runJail(folder, { path, filename: 'good.docx' }, cases);
  }, 300_000);

  test.each(expected)('survives %s: %s', (name, code, words) => {
    const result = results.get(name);
    expect(result?.outcome).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(result?.ms).toBeLessThan(10_000);
    expect(result?.grownMb).toBeLessThan(20);
    expect(result?.goodSections).toBe(goodSections);
    expect(result?.goodMs).toBeLessThan(15_000);
  });

  test('says nothing of paths, stacks or libraries', () => {
    for (const { outcome } of results.values())
      expect(outcome.message).not.toMatch(/\/tmp|\/etc|node_modules|\n|Error|saxes|yauzl/);
  });
});
