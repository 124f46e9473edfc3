import type { Pdf } from './pdf-page.ts';

/** Text laid out in one font. Lengths are thousandths of the size. */
export type LaidOut = {
  readonly width: number;
  /** What the operator that shows text takes. */
  readonly operand: string;
  /** Some of the glyphs stand above, below or beside where writing has come to. */
  readonly isScattered: boolean;
};

/** Measures and shows words, each laid out once: reports say the same words again and again. */
export type Words = {
  layOut(text: string, font: string): LaidOut;
  widthOf(text: string, font: string): number;
  /** Shows text that was laid out, from `x` on; a colour is `#rrggbb`. */
  show(text: string, laidOut: LaidOut, look: Look, x: number, baseline: number): void;
};

type Look = { readonly font: string; readonly size: number; readonly colour: string };

/** Of the library, whose types tell nothing of its fonts. */
type Font = { readonly id: string; ref(): object; encode(text: string): readonly [readonly string[], Position[]] };
type Position = { readonly [key in 'xAdvance' | 'advanceWidth' | 'xOffset' | 'yOffset']: number };
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

  function wordOf(characters: string, name: string): LaidOut {
    const { font, words } = fontOf(name);
    let word = words.get(characters);
    if (word === undefined) words.set(characters, (word = layOutWord(font, characters)));
    return word;
  }

  return {
    layOut(text, name) {
      let [width, operand, isScattered] = [0, '', false];
      for (let start = 0, end; start < text.length; start = end) {
        end = endOfWord(text, start);
        const word = wordOf(text.slice(start, end), name);
        width += word.width;
        operand += word.operand;
        isScattered ||= word.isScattered;
      }
      return { width, operand, isScattered };
    },
    widthOf(text, name) {
      let width = 0;
      for (let start = 0, end; start < text.length; start = end) {
        end = endOfWord(text, start);
        width += wordOf(text.slice(start, end), name).width;
      }
      return width;
    },
    show(text, { operand, isScattered }, { font: name, size, colour }, x, baseline) {
      if (isScattered) {
        const options = { lineBreak: false, baseline: 'alphabetic' } as const;
        pdf.font(name).fontSize(size).fillColor(colour).text(text, x, baseline, options);
        return;
      }
      const { font } = fontOf(name);
      inside.page.fonts[font.id] ??= font.ref();
      // A page's measure is from its top: letters are turned back up.
      const place = `1 0 0 -1 ${rounded(x)} ${rounded(baseline)} Tm`;
      const glyphs = operand.replaceAll('><', '');
      pdf.addContent(`${fillOperator(colour)} BT /${font.id} ${size} Tf ${place} [${glyphs}] TJ ET`);
    },
  };
}

/** Spaces are words, too: the fonts set letters next to them as anywhere, and a word is the same one at the end of a line. */
function endOfWord(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  if (space < 0) return text.length;
  return space === start ? start + 1 : space;
}

function layOutWord(font: Font, characters: string): LaidOut {
  const [glyphs, positions] = font.encode(characters);
  let width = 0;
  let operand = '';
  for (const [index, { xAdvance, advanceWidth }] of positions.entries()) {
    width += xAdvance;
    operand += `<${glyphs[index] ?? ''}>`;
    if (xAdvance !== advanceWidth) operand += rounded(advanceWidth - xAdvance);
  }
  return {
    width,
    operand: operand.replaceAll('><', ''),
    isScattered: positions.some(({ xOffset, yOffset }) => xOffset !== 0 || yOffset !== 0),
  };
}

/** Of `#rrggbb`. */
const fillOperator = (colour: string): string =>
  `${[1, 3, 5].map((at) => rounded(Number.parseInt(colour.slice(at, at + 2), 16) / 255)).join(' ')} rg`;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
