import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boxesOf, cornersOf, type PdfBox } from '../../src/documents/pdf-positions.ts';
import { readPdf, readPdfWithPositions } from '../../src/documents/read-pdf.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { buildPdf, draw, drawLines } from './pdf-file.ts';

async function readWithPositions(pages: readonly string[]) {
  const path = join(await createTempFolder(), 'document.pdf');
  await writeFile(path, buildPdf(pages.map((content) => ({ content }))));
  const source = { path, filename: 'document.pdf' };
  const { document, spans } = await readPdfWithPositions(source, () => undefined);
  return { source, document, spans };
}

/** Where the words stand: page, left end and right end in whole points, and the baseline's height. */
async function find(pages: readonly string[], words: string): Promise<string[]> {
  const { document, spans } = await readWithPositions(pages);
  const start = document.text.indexOf(words);
  return boxesOf(spans, start, start + words.length).map(describeBox);
}

function describeBox(box: PdfBox): string {
  const corners = cornersOf(box);
  const extent = (axis: 0 | 1): string => {
    const values = corners.map((corner) => Math.round(corner[axis]));
    return `${Math.min(...values)}-${Math.max(...values)}`;
  };
  return `page ${box.page}: ${extent(0)}, ${extent(1)}`;
}

describe('positions of the extracted text', () => {
  it('cut words out of their line (Courier: 6 points a character)', async () => {
    expect(await find([draw(100, 700, 'pay the fee in full')], 'the fee')).toEqual(['page 0: 124-166, 698-708']);
  });

  it('follow words over the end of a line, a broken word, and a page', async () => {
    const pages = [
      drawLines(72, 100, ['The supplier of the goods keeps to all terms of this agree-']),
      draw(72, 760, 'ment in full.'),
    ];
    expect(await find(pages, 'this agreement in')).toEqual(['page 0: 360-420, 98-108', 'page 1: 72-114, 758-768']);
  });

  it('are right after running headers that were dropped', async () => {
    const pages = ['one', 'two', 'three'].map(
      (word) => draw(72, 800, 'CONFIDENTIAL') + draw(72, 600, `Clause ${word}.`),
    );
    expect(await find(pages, 'two')).toEqual(['page 1: 114-132, 598-608']);
  });

  it('are those of the page even where its text is turned', async () => {
    const page = 'BT /courier 10 Tf 0 1 -1 0 100 200 Tm (pay the fee) Tj ET\n';
    expect(await find([page], 'the')).toEqual(['page 0: 92-102, 224-242']);
  });

  it.each([
    ['up', '0 1 -1 0', 'page 0: 392-402, 324-342'],
    ['upside down', '-1 0 0 -1', 'page 0: 358-376, 292-302'],
    ['down', '0 -1 1 0', 'page 0: 398-408, 258-276'],
  ])('are those of words that run %s on an upright page', async (_, matrix, place) => {
    const stray = `BT /courier 10 Tf ${matrix} 400 300 Tm (pay the fee) Tj ET\n`;
    expect(await find([draw(72, 700, 'A page of upright text') + stray], 'the')).toEqual([place]);
  });

  it('cover the text in order and without overlap, but for what joins the runs', async () => {
    const pages = [
      draw(72, 700, 'A heading', 'helveticaBold', 16) +
        drawLines(72, 670, ['Some text of the agree-', 'ment.', '', 'And more.']),
    ];
    const { source, document, spans } = await readWithPositions(pages);
    let end = 0;
    for (const span of spans) {
      expect(document.text.slice(end, span.start)).toMatch(/^\s*$/);
      expect(span.end).toBeGreaterThan(span.start);
      end = span.end;
    }
    expect(end).toBe(document.text.length);
    expect(await readPdf(source, () => undefined)).toEqual(document);
  });
});
