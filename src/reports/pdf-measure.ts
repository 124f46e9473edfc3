import type { Pdf } from './pdf-page.ts';
import type { Measure } from './pdf-text.ts';

/** Widths by font and word, measured once: reports say the same words again and again. */
export function createMeasure(pdf: Pdf): Measure {
  const known = new Map<string, Map<string, number>>();
  const unit = 1_000;

  return (text, font, size) => {
    let words = known.get(font);
    if (!words) known.set(font, (words = new Map<string, number>()));
    let width = 0;
    for (let start = 0; start < text.length;) {
      // A word with the space behind it, as the PDF library lays out text.
      const space = text.indexOf(' ', start);
      const end = space < 0 ? text.length : space + 1;
      const word = text.slice(start, end);
      let wordWidth = words.get(word);
      if (wordWidth === undefined) words.set(word, (wordWidth = pdf.font(font).fontSize(unit).widthOfString(word)));
      width += wordWidth;
      start = end;
    }
    return (width * size) / unit;
  };
}
