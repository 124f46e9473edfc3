import type PdfKit from 'pdfkit';
import { leading, rule, sheet, textWidth } from './pdf-style.ts';
import { createTypesetter, type Line, type Span } from './pdf-text.ts';
import type { Fonts } from './pdf-fonts.ts';
import { createWords } from './pdf-words.ts';

export type Pdf = InstanceType<typeof PdfKit>;
/** Of the structure by which the document is read aloud. */
export type Element = ReturnType<Pdf['struct']>;

export type Place = {
  /** Distance from the left margin. */
  readonly indent?: number;
  /** Space above, left out at the top of a page, and below. */
  readonly before?: number;
  readonly after?: number;
  /** Goes to the next page unless so much fits below it on this one. */
  readonly keep?: number;
  /** Draws a line along the left side. */
  readonly hasBar?: boolean;
};

/** Puts lines on pages from top to bottom; a new page begins by itself. `y` is where the next thing goes. */
export type Page = {
  readonly pdf: Pdf;
  /** Breaks to lines; every item of `paragraph` begins a new one. */
  readonly set: (paragraph: readonly (readonly Span[])[], width: number) => readonly Line[];
  /** Draws lines as one element of the document's structure. */
  write(parent: Element, role: string, paragraph: readonly (readonly Span[])[], place?: Place): void;
  readonly drawLine: (line: Line, x: number, y: number, width: number) => void;
  /** Begins a new page unless `height` fits on this one. */
  ensure(height: number): void;
  newPage(): void;
  y: number;
};

/** The scripts of India and South-East Asia. Those from right to left tell it letter by letter: readers turn round what they find in a span. */
const shaped = /[\u0900-\u0eff]/;

const bottom = sheet.height - sheet.bottom;

export function createPage(pdf: Pdf, fonts: Fonts): Page {
  const words = createWords(pdf);
  const typeset = createTypesetter(fonts, words);
  const page: Page = {
    pdf,
    y: sheet.top,
    set: (paragraph, width) => paragraph.flatMap((spans) => typeset(spans, width)),
    newPage() {
      pdf.addPage();
      page.y = sheet.top;
    },
    ensure(height) {
      if (page.y + height > bottom && page.y > sheet.top) page.newPage();
    },
    write(parent, role, paragraph, { indent = 0, before = 0, after = 0, keep = 0, hasBar = false } = {}) {
      const width = textWidth - indent;
      const lines = page.set(paragraph, width);
      if (lines.length === 0) return;
      if (page.y > sheet.top) page.y += before;
      // Neither the first nor the last line of a paragraph stands alone.
      page.ensure(heightOf(lines.slice(0, lines.length === 3 ? 3 : 2)) + (lines.length < 4 ? keep : 0));
      const draw = (): void => {
        for (const [index, line] of lines.entries()) {
          page.ensure(heightOf(lines.slice(index, lines.length - index === 2 ? index + 2 : index + 1)));
          const height = heightOf([line]);
          if (hasBar) pdf.rect(sheet.left + indent - 9, page.y, 1.5, height).fill(rule);
          page.drawLine(line, sheet.left + indent, page.y, width);
          page.y += height;
        }
      };
      parent.add(pdf.struct(role, {}, draw));
      page.y += after;
    },
    drawLine(line, x, y, width) {
      let at = line.isRightToLeft ? x + width - line.width : x;
      const baseline = y + heightOf([line]) * 0.73;
      for (const { text, laidOut, font, style, width: pieceWidth } of line.pieces) {
        if (style.ground)
          pdf
            .roundedRect(at - 1, baseline - style.size * 1.02, pieceWidth + 2, style.size * 1.38, 2)
            .fill(style.ground);
        // Joined and reordered letters no longer tell what was written.
        const isShaped = shaped.test(text);
        if (isShaped) pdf.markContent('Span', { actual: text });
        words.show(laidOut, { font, size: style.size, colour: style.colour }, at, baseline);
        if (isShaped) pdf.endMarkedContent();
        at += pieceWidth;
      }
    },
  };
  return page;
}

export const heightOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { pieces }) => sum + leading * Math.max(...pieces.map((piece) => piece.style.size)), 0);
