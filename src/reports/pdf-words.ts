import { glyphsOf, type Font } from './pdf-glyphs.ts';
import type { Pdf } from './pdf-page.ts';

/** Text laid out in one font. Lengths are thousandths of the size. */
export type LaidOut = {
  readonly width: number;
  /** What is shown one after the other; letters that follow on each other are one stretch. */
  readonly stretches: readonly Stretch[];
};

type Stretch = {
  readonly x: number;
  readonly rise: number;
  /** What the operator that shows text takes. */
  operand: string;
  /** Stands on letters, above or below: nothing follows on it. */
  readonly isMark: boolean;
  /** Part of a letter that is read where the rest of it stands. */
  readonly isSilent: boolean;
};

/** Measures and shows words, each laid out once: reports say the same words again and again. */
export type Words = {
  /** Draws `shown`, which is as long, for the text. */
  layOut(text: string, font: string, shown: string): LaidOut;
  widthOf(text: string, font: string): number;
  /** Shows text that was laid out, from `x` on; a colour is `#rrggbb`. */
  show(laidOut: LaidOut, look: Look, x: number, baseline: number): void;
};

type Look = { readonly font: string; readonly size: number; readonly colour: string };

type Inside = { readonly _font: Font; readonly page: { readonly fonts: Record<string, object> } };

/** The library itself would lay a word out to measure it, again to show it and again to know where it ended, and look for options each time. */
export function createWords(pdf: Pdf): Words {
  const inside = pdf as unknown as Inside;
  const fonts = new Map<string, { readonly font: Font; readonly words: Map<string, LaidOut> }>();

  function fontOf(name: string) {
    let found = fonts.get(name);
    if (!found) {
      pdf.font(name);
      fonts.set(name, (found = { font: inside._font, words: new Map() }));
    }
    return found;
  }

  function wordOf(characters: string, name: string, shown = characters): LaidOut {
    const { font, words } = fontOf(name);
    // Apart at a space, which no longer word has in it.
    const key = shown === characters ? characters : `${characters} ${shown}`;
    let word = words.get(key);
    if (word === undefined) words.set(key, (word = layOutWord(font, characters, shown)));
    return word;
  }

  return {
    layOut(text, name, shown) {
      let width = 0;
      const stretches: Stretch[] = [];
      for (let start = 0, end; start < text.length; start = end) {
        end = endOfWord(text, start);
        const word = wordOf(text.slice(start, end), name, shown.slice(start, end));
        for (const stretch of word.stretches) append(stretches, stretch, width);
        width += word.width;
      }
      return { width, stretches };
    },
    widthOf(text, name) {
      let width = 0;
      for (let start = 0, end; start < text.length; start = end) {
        end = endOfWord(text, start);
        width += wordOf(text.slice(start, end), name).width;
      }
      return width;
    },
    show({ stretches }, { font: name, size, colour }, x, baseline) {
      const { font } = fontOf(name);
      inside.page.fonts[font.id] ??= font.ref();
      const shown = stretches.map((stretch) => {
        const right = rounded(x + (stretch.x * size) / 1_000);
        const down = rounded(baseline - (stretch.rise * size) / 1_000);
        // A page's measure is from its top: letters are turned back up.
        const text = `1 0 0 -1 ${right} ${down} Tm [${stretch.operand.replaceAll('><', '')}] TJ`;
        return stretch.isSilent ? `${beginSilence} ${text} EMC` : text;
      });
      pdf.addContent(`${fillOperator(colour)} BT /${font.id} ${size} Tf ${shown.join(' ')} ET`);
    },
  };
}

/** Marks what reads as no text: poppler would take even a character of no width for the end of a word. */
const beginSilence = '/Span <</ActualText <FEFF>>> BDC';

function append(stretches: Stretch[], stretch: Stretch, start: number): void {
  const last = stretches.at(-1);
  if (!last || last.isMark || stretch.isMark) stretches.push({ ...stretch, x: start + stretch.x });
  else last.operand += stretch.operand;
}

/** Spaces are words, too: the fonts set letters next to them as anywhere, and a word is the same one at the end of a line. */
function endOfWord(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  if (space < 0) return text.length;
  return space === start ? start + 1 : space;
}

function layOutWord(font: Font, characters: string, shown: string): LaidOut {
  let width = 0;
  const stretches: Stretch[] = [];
  for (const { code, isSilent, x, xAdvance, advanceWidth, xOffset, yOffset } of glyphsOf(font, characters, shown)) {
    const isMark = isSilent || yOffset !== 0 || (xAdvance === 0 && xOffset !== 0);
    if (isMark) append(stretches, { x: x + xOffset, rise: yOffset, operand: `<${code}>`, isMark, isSilent }, 0);
    else {
      const before = xOffset === 0 ? '' : rounded(-xOffset);
      const after = xAdvance - xOffset === advanceWidth ? '' : rounded(advanceWidth - xAdvance + xOffset);
      append(stretches, { x, rise: 0, operand: `${before}<${code}>${after}`, isMark, isSilent }, 0);
    }
    width += xAdvance;
  }
  return { width, stretches };
}

/** Of `#rrggbb`. */
const fillOperator = (colour: string): string =>
  `${[1, 3, 5].map((at) => rounded(Number.parseInt(colour.slice(at, at + 2), 16) / 255)).join(' ')} rg`;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
