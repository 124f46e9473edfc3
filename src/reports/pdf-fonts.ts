import { chooseFonts, type Weight } from './pdf-font-choice.ts';

export type Fonts = {
  /** Text that every part of can be shown, in composed form; see `prepareFonts`. */
  toShowable(text: string): string;
  /** Name under which the font for a grapheme of showable text is registered. */
  fontFor(grapheme: string, weight: Weight): string;
  /** Name of the font of plain Latin text, with no look at the text. */
  latin(weight: Weight): string;
  /** Whether all of the text is in the Latin font, which saves looking at each character. */
  isLatin(text: string): boolean;
};

/**
 * Makes the fonts that texts are set in, and those of the report's own words.
 *
 * A character that no font has is shown as its number in brackets, [U+1D518]: a reader sees that something stands there, and what.
 * Characters that show nothing are left out, as are those that turn the direction of text, so that what is read is what was written.
 */
export async function prepareFonts(
  texts: readonly string[],
  register: (name: string, font: Buffer) => void,
): Promise<Fonts> {
  const characters = new Set([ownWords, ...texts].flatMap((text) => [...new Set(compose(text))]));
  const { sliceFor, fonts } = await chooseFonts(characters);
  for (const { slice, weight, bytes } of fonts) register(`${slice}-${weight}`, bytes);
  return {
    toShowable(text) {
      const composed = compose(text);
      if (plain.test(composed)) return composed;
      return Array.from(composed, (character) => (sliceFor.has(character) ? character : substitute(character))).join(
        '',
      );
    },
    fontFor: (grapheme, weight) => `${sliceFor.get(firstOf(grapheme)) ?? latinSlice}-${weight}`,
    latin: (weight) => `${latinSlice}-${weight}`,
    isLatin: (text) => plain.test(text),
  };
}

const latinSlice = 'noto-sans-latin';

/** What is in the Latin slice, and in nearly every text. */
const plain = /^[\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u20ac]*$/;
const ascii = String.fromCodePoint(...Array.from({ length: 95 }, (_, index) => 0x20 + index));
const ownWords = `${ascii}\u00a0\ufffd·×–—‘’“”•…`;

const compose = (text: string): string => text.normalize('NFC').replaceAll(invisible, '');

/** Characters of no width, and marks of direction. */
const invisible =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

const substitute = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;

const firstOf = (grapheme: string): string => String.fromCodePoint(grapheme.codePointAt(0) ?? 0);
