/** A font of the PDF library, whose types tell nothing of it. */
export type Font = {
  readonly id: string;
  readonly scale: number;
  ref(): object;
  encode(text: string): readonly [readonly string[], readonly Position[]];
  layout(text: string): { readonly glyphs: readonly Glyph[]; readonly positions: readonly Position[] };
  /** Glyphs in the order of their codes in the document, and for each its width and the characters it is read as. */
  readonly subset: { readonly glyphs: number[] };
  readonly widths: number[];
  readonly unicode: (readonly number[])[];
};

type Glyph = { readonly id: number; readonly advanceWidth: number; readonly codePoints: readonly number[] };
/** Lengths are thousandths of the size. */
type Position = { readonly [key in 'xAdvance' | 'advanceWidth' | 'xOffset' | 'yOffset']: number };

/** A glyph that is written `x` behind the start of its word, with the code by which the document has it, in hexadecimal. */
export type PlacedGlyph = Position & { readonly x: number; readonly code: string };

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * The glyphs of a word from left to right, with the marks on right-to-left letters behind all of them: who reads the text back finds the
 * letters side by side.
 *
 * The library has one code for a glyph, which is read as what it first stood for. Arabic letters are made of a form that several have in
 * common and dots that tell them apart: there each letter has a code of its own, and its dots are read as nothing.
 */
export function glyphsOf(font: Font, word: string): readonly PlacedGlyph[] {
  const glyphs = rightToLeft.test(word) ? rightToLeftGlyphs(font, word) : null;
  if (glyphs)
    return [...glyphs.filter((glyph) => glyph.xAdvance > 0), ...glyphs.filter((glyph) => glyph.xAdvance <= 0)];
  const [codes, positions] = font.encode(word);
  let x = 0;
  return positions.map((position, index) => {
    const glyph = placed(position, x, codes[index] ?? '');
    x += position.xAdvance;
    return glyph;
  });
}

/** Null where it cannot be told which letter a glyph is. */
function rightToLeftGlyphs(font: Font, word: string): readonly PlacedGlyph[] | null {
  const { glyphs, positions } = font.layout(word);
  // Each letter with the marks on it.
  const letters = word.match(/.\p{M}*/gsu) ?? [];
  let read = letters.length;
  let x = 0;
  const found = glyphs.map((glyph, index): PlacedGlyph | null => {
    const position = positions[index];
    if (!position) return null;
    const isLetter = position.advanceWidth > 0;
    const count = isLetter ? Math.max(1, letters.length === glyphs.length ? 1 : glyph.codePoints.length) : 0;
    const text = letters.slice(read - count, read).join('');
    read -= count;
    const known = placed(position, x, codeOf(font, glyph, text));
    x += position.xAdvance;
    return known;
  });
  return read === 0 && found.every((glyph) => glyph !== null) ? found : null;
}

const placed = ({ xAdvance, advanceWidth, xOffset, yOffset }: Position, x: number, code: string): PlacedGlyph => ({
  xAdvance,
  advanceWidth,
  xOffset,
  yOffset,
  x,
  code,
});

const codes = new WeakMap<Font, Map<string, string>>();

function codeOf(font: Font, { id, advanceWidth }: Glyph, text: string): string {
  const known = codes.get(font) ?? new Map<string, string>();
  codes.set(font, known);
  const key = `${id} ${text}`;
  let code = known.get(key);
  if (code === undefined) {
    const number = font.subset.glyphs.push(id) - 1;
    font.widths[number] = advanceWidth * font.scale;
    font.unicode[number] = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    known.set(key, (code = number.toString(16).padStart(4, '0')));
  }
  return code;
}
