import * as fc from 'fast-check';
import PdfKit from 'pdfkit';
import { expect, test } from 'vitest';
import { prepareFonts } from '../../src/reports/pdf-fonts.ts';
import { heightOf } from '../../src/reports/pdf-page.ts';
import { type as styles } from '../../src/reports/pdf-style.ts';
import { createTypesetter } from '../../src/reports/pdf-text.ts';
import { createWords } from '../../src/reports/pdf-words.ts';

const pdf = new PdfKit({ font: '' });
const fonts = await prepareFonts(['שלום'], (name, font) => pdf.registerFont(name, font));
const typeset = createTypesetter(fonts, createWords(pdf));

const blanks = fc
  .tuple(fc.constantFrom(' ', '\u00a0', '    '), fc.nat(300))
  .map(([blank, count]) => blank.repeat(count));
const words = fc.oneof(fc.stringMatching(/^[a-zA-Z(),.-]{0,60}$/), fc.constant('שלום'));

test('lines of any white space and words all have words on them, and lose none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(blanks, words), { maxLength: 8 }),
      fc.integer({ min: 40, max: 500 }),
      (parts, width) => {
        const text = parts.join('');
        const lines = typeset([{ text, style: styles.body }], width);
        for (const line of lines) expect(heightOf([line])).toBeGreaterThan(0);
        const shown = lines.flatMap(({ pieces }) => pieces.map((piece) => piece.text)).join('');
        const letters = (of: string): string[] => of.replaceAll(/\s/g, '').split('').sort();
        expect(letters(shown)).toEqual(letters(text));
      },
    ),
    { numRuns: 300, seed: 5 },
  );
});
