import { deflateSync } from 'node:zlib';
import { buildPdf, draw, pageObject } from '../pdf-file.ts';

const mb = 1024 * 1024;

/** A page whose content is this stream. */
const withContent = (dictionary: string, data: Buffer): Buffer =>
  buildPdf([{ content: '' }], { objects: { [pageObject(1) + 1]: { dictionary, data } } });

const withPage = (change: (pdf: string) => string): Buffer =>
  Buffer.from(change(buildPdf([{ content: draw(72, 700, 'Plain text.') }]).toString('latin1')), 'latin1');

/** 1 GB of blanks in 5 kB: packed twice, as a PDF may be. */
function packedTwice(): Buffer {
  const block = deflateSync(Buffer.alloc(1024 * mb, ' '), { level: 9 });
  return withContent('/Filter[/FlateDecode/FlateDecode]', deflateSync(block, { level: 9 }));
}

/** LZW as a PDF packs it, with codes that stand for ever longer runs of one byte: 9 bits each, growing to 12. */
function lzwOfBlanks(codes: number): Buffer {
  const bits: number[] = [];
  const put = (code: number, width: number): void => {
    for (let bit = width - 1; bit >= 0; bit -= 1) bits.push((code >> bit) & 1);
  };
  const widthAt = (next: number): number => (next < 511 ? 9 : next < 1023 ? 10 : next < 2047 ? 11 : 12);
  for (let written = 0; written < codes;) {
    put(256, written === 0 ? 9 : 12);
    put(32, 9);
    for (let next = 258; next < 4094; next += 1, written += 1) put(next, widthAt(next));
  }
  put(257, 12);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (bit << (7 - (index & 7)));
  return bytes;
}

/** Documents made to harm their reader; what is to become of each is in the test. */
export const hostilePdfs: Readonly<Record<string, () => Buffer>> = {
  'content packed twice': packedTwice,
  'content packed by LZW': () => withContent('/Filter/LZWDecode', lzwOfBlanks(200_000)),
  'content of 6 million words': () =>
    withContent(
      '/Filter/FlateDecode',
      deflateSync(Buffer.from(`BT /courier 10 Tf ${'(word) Tj '.repeat(6_000_000)}ET`)),
    ),
  'a million arrays inside each other': () =>
    withContent('/Filter/FlateDecode', deflateSync(Buffer.from(`BT ${'['.repeat(1_000_000)} TJ ET`))),
  'a picture of 100,000 by 100,000 points': () =>
    withContent(
      '/Filter/FlateDecode',
      deflateSync(
        Buffer.from(`BI /W 100000 /H 100000 /BPC 8 /CS /G ID ${'x'.repeat(mb)} EI ${draw(72, 700, 'Plain text.')}`),
      ),
    ),
  'a page tree that is its own branch': () => withPage((pdf) => pdf.replace(/\/Kids\[.*?\]/, '/Kids[2 0 R]  ')),
  'a count of a billion pages': () => withPage((pdf) => pdf.replace('/Count 1', '/Count 1000000000')),
  'a cross-reference table that leads back to itself': () => {
    const pdf = buildPdf([{ content: draw(72, 700, 'Plain text.') }]).toString('latin1');
    const start = /startxref\n(\d+)/.exec(pdf)?.[1] ?? '';
    return Buffer.from(pdf.replace('trailer\n<<', `trailer\n<</Prev ${start}`), 'latin1');
  },
  'a cross-reference table of a billion rows': () =>
    withPage((pdf) => pdf.replace(/xref\n0 \d+/, 'xref\n0 1000000000')),
  'a font map of a billion characters': () =>
    buildPdf([{ content: draw(72, 700, 'Plain text.', 'unicode') }], {
      objects: {
        22: {
          dictionary: '',
          data: Buffer.from(
            `begincmap 1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange\n1 beginbfrange <00000000> <3FFFFFFF> <0000> endbfrange endcmap`,
          ),
        },
      },
    }),
  'an outline of 100,000 levels': () =>
    buildPdf([{ content: draw(72, 700, 'Plain text.') }], {
      catalog: '/Outlines 100 0 R',
      objects: Object.fromEntries(
        Array.from({ length: 100_000 }, (_, level) => [
          100 + level,
          `<</Title(Level)/First ${101 + level} 0 R/Dest[${pageObject(1)} 0 R/Fit]>>`,
        ]),
      ),
    }),
  'a form that draws two of the next, 40 times over': () =>
    buildPdf([{ content: '/X0 Do\n', entries: '/Resources<</XObject<</X0 100 0 R>>>>' }], {
      objects: Object.fromEntries(
        Array.from({ length: 40 }, (_, depth) => [
          100 + depth,
          {
            dictionary: `/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X0 ${101 + depth} 0 R>>>>`,
            data: Buffer.from('/X0 Do /X0 Do\n'),
          },
        ]),
      ),
    }),
  'a form field that is its own parent': () =>
    buildPdf([{ content: draw(72, 700, 'Plain text.') }], {
      catalog: '/AcroForm<</Fields[100 0 R]>>',
      objects: { 100: '<</T(a)/FT/Tx/V(x)/Kids[100 0 R]/Parent 100 0 R/Subtype/Widget/Type/Annot/Rect[0 0 9 9]>>' },
    }),
  'an encryption by a key of a billion bits': () =>
    withPage((pdf) =>
      pdf.replace('/Root 1 0 R', '/Root 1 0 R/Encrypt<</Filter/Standard/V 5/R 6/Length 1000000000/P -4/O()/U()>>'),
    ),
};
