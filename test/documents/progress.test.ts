import { afterAll, describe, expect, test } from 'vitest';
import type { ParseProgress } from '../../src/documents/document-types.ts';
import { createDocumentParser } from '../../src/documents/parser-pool.ts';
import { buildPdf, draw, drawLines } from './pdf-file.ts';
import { createFolder } from './support/build-docx.ts';

const folder = await createFolder();
const parser = createDocumentParser({ size: 1, heapMb: 256, rssLimitMb: 512, timeoutMs: 60_000 });
afterAll(async () => {
  await parser.close();
  await folder.remove();
});

const line = 'The parties agree on this clause and on all that follows from it.';
/** As word processors write it. */
const spans = line.replace(/\w+/g, (word) => `<span lang="en-GB" style="font-size: 11pt">${word}</span>`);
const count = (length: number, toText: (index: number) => string): string =>
  Array.from({ length }, (_, index) => toText(index)).join('');

/** One that came again within two pages would be a running header. */
const titles = ['Scope', 'Fees', 'Term', 'Notices', 'Law'];

/** Each takes about a second to read. */
const documents: Readonly<Record<string, () => Uint8Array | string>> = {
  'long.pdf': () =>
    buildPdf(
      Array.from({ length: 400 }, (_, page) => ({
        content:
          draw(72, 780, `${page + 1}. ${titles[page % titles.length]}`, 'courierBold') +
          drawLines(
            72,
            750,
            Array.from({ length: 50 }, (_, index) => `${line} ${page} ${index}`),
          ),
      })),
    ),
  'long.html': () =>
    `<html>${count(9_000, (index) => `<h2>${index}. Clause</h2>${`<p>${spans}</p>\n`.repeat(6)}`)}</html>`,
  'long.md': () =>
    count(1_500, (index) => `## ${index}. Clause\n\n${`**The parties** agree, see [there](#x).\n\n`.repeat(25)}`),
};

describe('while a long document is read', () => {
  test.each(Object.entries(documents))('%s tells how far it is', { timeout: 60_000 }, async (filename, make) => {
    const path = await folder.save(filename, make());
    const reports: ParseProgress[] = [];
    const startMs = performance.now();
    const outcome = await parser.parse({ path, filename, onProgress: (progress) => reports.push(progress) });
    const tookMs = performance.now() - startMs;
    expect(outcome.outcome).toBe('parsed');
    const percents = reports.map(({ percent }) => percent);
    expect(percents.length).toBeGreaterThan(0);
    expect(percents.length).toBeLessThanOrEqual(tookMs / 250);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents[0]).toBeGreaterThan(0);
    expect(percents.at(-1)).toBeLessThanOrEqual(100);
    const found = reports.map(({ sectionsFound }) => sectionsFound);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    // The headings of a PDF are found when all of its text is there.
    if (filename !== 'long.pdf') expect(found.at(-1)).toBeGreaterThan(1_000);
  });
});
