import { rightToLeft } from './pdf-bidi.ts';

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
export type PlacedGlyph = Position & {
  readonly x: number;
  readonly code: string;
  /** Part of a letter: it is read with another glyph. */
  readonly isSilent: boolean;
};

/**
 * The glyphs of a word from left to right, with the marks on right-to-left letters behind all of them: who reads the text back finds the
 * letters side by side.
 *
 * The library has one code for a glyph, which is read as what it first stood for. Arabic letters are made of a form that several have in
 * common and dots that tell them apart: there each letter has a code of its own, and its dots are read as nothing. A sign that is shown
 * mirrored has a code of its own, too, and is read as it was written.
 */
export function glyphsOf(font: Font, word: string, shown: string): readonly PlacedGlyph[] {
  const glyphs = shown !== word || rightToLeft.test(word) ? glyphsByLetter(font, word, shown) : null;
  if (glyphs)
    return [...glyphs.filter((glyph) => glyph.xAdvance > 0), ...glyphs.filter((glyph) => glyph.xAdvance <= 0)];
  const [codes, positions] = font.encode(shown);
  let x = 0;
  return positions.map((position, index) => {
    const glyph = placed(position, x, codes[index] ?? '', false);
    x += position.xAdvance;
    return glyph;
  });
}

/** Null where it cannot be told which letter a glyph is. */
function glyphsByLetter(font: Font, word: string, shown: string): readonly PlacedGlyph[] | null {
  const { glyphs, positions } = font.layout(shown);
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
    const known = placed(position, x, codeOf(font, glyph, text), text === '');
    x += position.xAdvance;
    return known;
  });
  return read === 0 && found.every((glyph) => glyph !== null) ? found : null;
}

const placed = (
  { xAdvance, advanceWidth, xOffset, yOffset }: Position,
  x: number,
  code: string,
  isSilent: boolean,
): PlacedGlyph => ({
  xAdvance,
  advanceWidth,
  xOffset,
  yOffset,
  x,
  code,
  isSilent,
});

/** A joiner of no width, which pdf.js leaves out; for a glyph that is read as nothing at all it takes the glyph's code as a character. */
const nothing = '\u200c';

const codes = new WeakMap<Font, Map<string, string>>();

function codeOf(font: Font, { id, advanceWidth }: Glyph, text: string): string {
  const known = codes.get(font) ?? new Map<string, string>();
  codes.set(font, known);
  const key = `${id} ${text}`;
  let code = known.get(key);
  if (code === undefined) {
    const number = font.subset.glyphs.push(id) - 1;
    font.widths[number] = advanceWidth * font.scale;
    font.unicode[number] = Array.from(text || nothing, (character) => character.codePointAt(0) ?? 0);
    known.set(key, (code = number.toString(16).padStart(4, '0')));
  }
  return code;
}
