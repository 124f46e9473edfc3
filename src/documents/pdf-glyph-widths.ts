import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { visitFonts, type PageFonts } from './pdf-fonts.ts';

/** How wide the characters of a font are, in thousandths of its size. Characters that it does not tell count as its average. */
export type GlyphWidths = { readonly widthOf: (character: string) => number };

/** Each further page costs as much as reading its text. Fonts that only the rest uses count as equally wide. */
const mostPages = 12;

/** The widths of the fonts that a document's text is in, by the names that pdf.js gives them. */
export async function readGlyphWidths(
  pdf: PDFDocumentProxy,
  pages: readonly PageFonts[],
): Promise<ReadonlyMap<string, GlyphWidths>> {
  const fonts = new Map<string, GlyphWidths>();
  await visitFonts(pdf, pages, mostPages, (name, font) => {
    const widths = toGlyphWidths(font);
    if (widths) fonts.set(name, widths);
  });
  return fonts;
}

function toGlyphWidths(font: { readonly [key: string]: unknown }): GlyphWidths | null {
  const { widths, toUnicode } = font as { widths?: unknown; toUnicode?: { _map?: unknown } };
  const characters = toUnicode?._map;
  // By code: a list, or an object where the font is one that every viewer has.
  if (typeof widths !== 'object' || widths === null || !Array.isArray(characters)) return null;
  const byCharacter = new Map<string, number>();
  let sum = 0;
  for (const [code, character] of characters.entries()) {
    const width = (widths as Readonly<Record<number, unknown>>)[code];
    if (typeof character !== 'string' || typeof width !== 'number' || !(width > 0)) continue;
    byCharacter.set(character, width);
    sum += width;
  }
  if (byCharacter.size === 0) return null;
  const average = sum / byCharacter.size;
  return { widthOf: (character) => byCharacter.get(character) ?? average };
}

/**
 * How far into a run the character at `index` begins, from 0 to 1. What a run is wider or narrower than its letters is in its spaces, as
 * where lines are justified; without any, between all of its letters.
 */
export function fractionAt(
  {
    text,
    glyphs,
    widthInEms,
  }: { readonly text: string; readonly glyphs: GlyphWidths | null; readonly widthInEms: number },
  index: number,
): number {
  if (index <= 0) return 0;
  if (index >= text.length) return 1;
  if (glyphs === null) return index / text.length;
  const [before, spacesBefore] = measure(text.slice(0, index), glyphs);
  const [rest, spacesInRest] = measure(text.slice(index), glyphs);
  const letters = before + rest;
  const spaces = spacesBefore + spacesInRest;
  const stretch = 1000 * widthInEms - letters;
  const isPlausible = spaces > 0 && Math.abs(stretch) < 0.4 * letters;
  return isPlausible ? (before + (stretch * spacesBefore) / spaces) / (letters + stretch) : before / letters;
}

function measure(text: string, { widthOf }: GlyphWidths): [width: number, spaces: number] {
  let [width, spaces] = [0, 0];
  for (const character of text) {
    width += widthOf(character);
    if (character === ' ') spaces += 1;
  }
  return [width, spaces];
}
