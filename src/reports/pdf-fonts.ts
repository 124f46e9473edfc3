import { chooseFonts } from './pdf-font-choice.ts';
import type { Weight } from './pdf-font-files.ts';

/** A stretch of text, and the name under which the font for it is registered. */
export type FontPart = { readonly text: string; readonly font: string };

export type Fonts = {
  /** The text as it can be shown, in the fonts that show it. */
  partsOf(text: string, weight: Weight): readonly FontPart[];
};

/**
 * Makes the fonts that texts are set in, and those of the report's own words.
 *
 * A character that no font has is shown as its number in brackets, [U+1D518]: a reader sees that something stands there, and what.
 * Characters of no width are left out, as are those that turn the direction of text, so that what is read is what was written. A letter and
 * the marks on it are set in one font where one has them all.
 */
export async function prepareFonts(
  texts: readonly string[],
  register: (name: string, font: Buffer) => void,
): Promise<Fonts> {
  const characters = new Set([ownWords, ...texts].flatMap((text) => [...new Set(compose(text))]));
  const { sliceFor, shownBy, fonts } = await chooseFonts(characters);
  for (const { slice, weight, bytes } of fonts) register(`${slice}-${weight}`, bytes);

  const toShowable = (text: string): string =>
    Array.from(text, (character) => (sliceFor.has(character) ? character : substitute(character))).join('');

  /** Looks for marks first: without any, no letter needs to be looked at together with what follows it. */
  function* slicesOf(text: string): Generator<readonly [text: string, slice: string]> {
    if (!/\p{M}/u.test(text)) {
      for (const [stretch] of text.matchAll(plainOrNot)) {
        if (plain.test(stretch)) yield [stretch, latin];
        else for (const character of toShowable(stretch)) yield [character, sliceFor.get(character) ?? latin];
      }
      return;
    }
    for (const { segment } of graphemes.segment(toShowable(text))) {
      const [base = '', ...marks] = segment;
      const slice = sliceFor.get(base) ?? latin;
      if (marks.every((mark) => shownBy.get(slice)?.has(mark))) yield [segment, slice];
      else for (const character of segment) yield [character, sliceFor.get(character) ?? latin];
    }
  }

  return {
    partsOf(text, weight) {
      const composed = compose(text);
      if (plain.test(composed)) return composed === '' ? [] : [{ text: composed, font: `${latin}-${weight}` }];
      const parts: FontPart[] = [];
      for (const [part, slice] of slicesOf(composed)) {
        const font = `${slice}-${weight}`;
        const last = parts.at(-1);
        if (last?.font === font) parts[parts.length - 1] = { text: last.text + part, font };
        else parts.push({ text: part, font });
      }
      return parts;
    },
  };
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const latin = 'noto-sans-latin';

/** What is in the Latin slice, and in nearly every text. */
const plainClass = String.raw`\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u20ac`;
const plain = new RegExp(`^[${plainClass}]*$`);
const plainOrNot = new RegExp(`[${plainClass}]+|[^${plainClass}]+`, 'g');
const ascii = String.fromCodePoint(...Array.from({ length: 95 }, (_, index) => 0x20 + index));
const ownWords = `${ascii}\u00a0\ufffd·×–—‘’“”•…`;

const compose = (text: string): string => text.normalize('NFC').replaceAll(invisible, '');

/** Characters of no width, and marks of direction: those that Unicode says to leave out where they are not understood. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

const substitute = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
