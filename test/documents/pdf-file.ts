import { createHash } from 'node:crypto';

/** One object of a PDF: a dictionary or array as PDF source, or a stream with the rest of its dictionary. */
type PdfObject = string | { readonly dictionary: string; readonly data: Buffer };

export type PdfPage = {
  /** Drawing instructions; see {@link draw}. */
  readonly content: string;
  /** Further entries of the page's dictionary. */
  readonly entries?: string;
  readonly width?: number;
  readonly height?: number;
};

export type PdfOptions = {
  /** Further entries of the catalog. */
  readonly catalog?: string;
  /** Further objects by their numbers, from 100 on, for others to refer to. */
  readonly objects?: Readonly<Record<number, PdfObject>>;
  /** Owner password only: it opens without one, but is encrypted with RC4. */
  readonly isEncrypted?: boolean;
  /** What its owner allows when it is encrypted, as the bits of /P; everything by default. */
  readonly permissions?: number;
  /** Needs a password that nobody knows. */
  readonly isLocked?: boolean;
};

const fonts = {
  /** Each character of Courier is 0.6 em wide: tests can tell where lines end. */
  courier: '<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>',
  courierBold: '<</Type/Font/Subtype/Type1/BaseFont/Courier-Bold/Encoding/WinAnsiEncoding>>',
  helvetica: '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>',
  helveticaBold: '<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>',
  /** Not embedded and without ToUnicode: only the predefined character maps tell what it says. */
  japanese: '<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/90ms-RKSJ-H/DescendantFonts[20 0 R]>>',
  japaneseVertical: '<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/90ms-RKSJ-V/DescendantFonts[20 0 R]>>',
  /** Codes are UTF-16 code units: any text can be written with it. */
  unicode:
    '<</Type/Font/Subtype/Type0/BaseFont/Anything/Encoding/Identity-H/DescendantFonts[21 0 R]/ToUnicode 22 0 R>>',
} as const;
export type PdfFont = keyof typeof fonts;

const toUnicode = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap end end`;

/** Page n (from 1) is object 30 + 2n - 1, its content the one after it: outlines and structure trees refer to them. */
export const pageObject = (page: number): number => 29 + 2 * page;

/** Draws text with its baseline at x, y (in points from the lower left). */
export function draw(x: number, y: number, text: string, font: PdfFont = 'courier', size = 10): string {
  return `BT /${font} ${size} Tf 1 0 0 1 ${x} ${y} Tm ${encode(text, font)} Tj ET\n`;
}

function encode(text: string, font: PdfFont): string {
  if (font === 'unicode') return `<${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
  if (font.startsWith('japanese')) return `<${Buffer.from(text, 'latin1').toString('hex')}>`;
  const bytes = text.replace(
    /[“”’–]/g,
    (found) => ({ '“': '\x93', '”': '\x94', '’': '\x92', '–': '\x96' })[found] ?? found,
  );
  return `(${bytes.replace(/[\\()]/g, String.raw`\$&`)})`;
}

/** Draws lines below each other, `leading` points apart, from y downwards. */
export const drawLines = (
  x: number,
  y: number,
  lines: readonly string[],
  font: PdfFont = 'courier',
  size = 10,
  leading = 12,
): string => lines.map((line, index) => draw(x, y - index * leading, line, font, size)).join('');

/** Writes a whole PDF by hand: header, objects, cross-reference table, trailer. */
export function buildPdf(pages: readonly PdfPage[], options: PdfOptions = {}): Buffer {
  const objects = new Map<number, PdfObject>();
  const fontNames = Object.entries(fonts);
  objects.set(1, `<</Type/Catalog/Pages 2 0 R${options.catalog ?? ''}>>`);
  objects.set(
    2,
    `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, index) => `${pageObject(index + 1)} 0 R`).join(' ')}]>>`,
  );
  objects.set(3, `<</Font<<${fontNames.map(([name], index) => `/${name} ${4 + index} 0 R`).join('')}>>>>`);
  for (const [index, [, font]] of fontNames.entries()) objects.set(4 + index, font);
  objects.set(
    20,
    '<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/DW 1000/FontDescriptor 23 0 R>>',
  );
  objects.set(
    21,
    '<</Type/Font/Subtype/CIDFontType2/BaseFont/Anything/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600/FontDescriptor 24 0 R>>',
  );
  const metrics = '/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80';
  objects.set(23, `<</Type/FontDescriptor/FontName/HeiseiMin-W3${metrics}>>`);
  objects.set(24, `<</Type/FontDescriptor/FontName/Anything${metrics}>>`);
  objects.set(22, { dictionary: '', data: Buffer.from(toUnicode) });
  for (const [index, { content, entries = '', width = 595, height = 842 }] of pages.entries()) {
    const number = pageObject(index + 1);
    objects.set(
      number,
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${width} ${height}]/Resources 3 0 R/Contents ${number + 1} 0 R${entries}>>`,
    );
    objects.set(number + 1, { dictionary: '', data: Buffer.from(content, 'latin1') });
  }
  for (const [number, object] of Object.entries(options.objects ?? {})) objects.set(Number(number), object);
  return serialise(objects, options);
}

function serialise(
  objects: ReadonlyMap<number, PdfObject>,
  { isEncrypted, isLocked, permissions = -4 }: PdfOptions,
): Buffer {
  const id = Buffer.alloc(16, 7);
  const encryption =
    isEncrypted === true || isLocked === true ? encryptionFor(id, isLocked === true, permissions) : undefined;
  const chunks: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets = new Map<number, number>();
  let length = chunks[0]?.length ?? 0;
  const write = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
  };
  for (const [number, object] of [...objects].sort(([a], [b]) => a - b)) {
    offsets.set(number, length);
    write(Buffer.from(`${number} 0 obj\n`));
    if (typeof object === 'string') write(Buffer.from(object, 'latin1'));
    else {
      const data = encryption?.encrypt(number, object.data) ?? object.data;
      write(Buffer.from(`<<${object.dictionary}/Length ${data.length}>>\nstream\n`, 'latin1'));
      write(data);
      write(Buffer.from('\nendstream'));
    }
    write(Buffer.from('\nendobj\n'));
  }
  const start = length;
  const size = Math.max(...objects.keys()) + 1;
  const rows = Array.from({ length: size }, (_, number) => {
    const offset = offsets.get(number);
    return offset === undefined ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const ids = `/ID[<${id.toString('hex')}><${id.toString('hex')}>]`;
  const trailer = `<</Size ${size}/Root 1 0 R${ids}${encryption?.dictionary ?? ''}>>`;
  write(Buffer.from(`xref\n0 ${size}\n${rows.join('')}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`));
  return Buffer.concat(chunks);
}

const padding = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');

/** The standard security handler, revision 2 (40-bit RC4), with an empty user password or an unknown one. */
function encryptionFor(id: Buffer, isLocked: boolean, allowed: number) {
  const owner = Buffer.alloc(32, 0x41);
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(allowed);
  const key = createHash('md5').update(padding).update(owner).update(permissions).update(id).digest().subarray(0, 5);
  const user = isLocked ? Buffer.alloc(32, 0x42) : rc4(key, padding);
  return {
    dictionary: `/Encrypt<</Filter/Standard/V 1/R 2/P ${allowed}/O<${owner.toString('hex')}>/U<${user.toString('hex')}>>>`,
    encrypt(number: number, data: Buffer): Buffer {
      const salt = Buffer.from([number & 255, (number >> 8) & 255, 0, 0, 0]);
      return rc4(createHash('md5').update(key).update(salt).digest().subarray(0, 10), data);
    },
  };
}

/** OpenSSL 3 no longer has it without its legacy provider. */
function rc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => state[index & 255] ?? 0;
  const swap = (a: number, b: number): void => {
    [state[a], state[b]] = [at(b), at(a)];
  };
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255;
    swap(i, j);
  }
  let [i, j] = [0, 0];
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 255;
      j = (j + at(i)) & 255;
      swap(i, j);
      return byte ^ at(at(i) + at(j));
    }),
  );
}
