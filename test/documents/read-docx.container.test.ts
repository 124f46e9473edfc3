import { afterAll, describe, expect, test } from 'vitest';
import { readDocx } from '../../src/documents/read-docx.ts';
import { createFolder, docxParts, paragraph, run, styled, style, zipParts } from './support/build-docx.ts';
import { readBuilt } from './support/read-built.ts';
import { seededRandom } from './support/seeded.ts';

const folder = await createFolder();
afterAll(folder.remove);

const readParts = async (parts: Record<string, string | Uint8Array>) =>
  readDocx({ path: await folder.save('built.docx', zipParts(parts)), filename: 'built.docx' }, () => {});

const content = { body: styled('H', 'Scope') + paragraph('Text'), styles: style('H', 'heading 1') };

describe('the container of a Word document', () => {
  test('names its main part freely', async () => {
    const parts = docxParts(content);
    const renamed = Object.fromEntries(
      Object.entries(parts).map(([name, xml]) => [
        name
          .replace('word/document.xml', 'word/document2.xml')
          .replace('rels/document.xml.rels', 'rels/document2.xml.rels'),
        xml.replaceAll('word/document.xml', '/word/document2.xml'),
      ]),
    );
    expect((await readParts(renamed)).headings).toHaveLength(1);
  });

  test('is read by the usual names when its relationships are missing', async () => {
    const { '_rels/.rels': _root, 'word/_rels/document.xml.rels': _document, ...parts } = docxParts(content);
    expect((await readParts(parts)).headings).toHaveLength(1);
  });

  test('may use other prefixes, and the strict namespace', async () => {
    const strict = Object.entries(docxParts(content)).map(([name, xml]) => [
      name,
      name.startsWith('word/') && !name.includes('_rels')
        ? xml
            .replaceAll(
              'http://schemas.openxmlformats.org/wordprocessingml/2006/main',
              'http://purl.oclc.org/ooxml/wordprocessingml/main',
            )
            .replaceAll(/(<\/?| )w:/g, '$1ns0:')
            .replace('xmlns:w=', 'xmlns:ns0=')
        : xml,
    ]);
    const { text, headings } = await readParts(Object.fromEntries(strict) as Record<string, string>);
    expect(text).toBe('Scope\nText\n');
    expect(headings).toHaveLength(1);
  });

  test('may hold parts in UTF-16', async () => {
    const parts = docxParts({ body: paragraph('Gebühr 費用') });
    const xml = (parts['word/document.xml'] ?? '').replace('UTF-8', 'UTF-16');
    const bytes = Buffer.from(`\ufeff${xml}`, 'utf16le');
    expect((await readParts({ ...parts, 'word/document.xml': bytes })).text).toBe('Gebühr 費用\n');
  });

  test('is not followed outside of itself', async () => {
    const parts = docxParts(content);
    const rels = (parts['word/_rels/document.xml.rels'] ?? '').replace(
      'Target="styles.xml"',
      'Target="http://127.0.0.1:9/styles.xml" TargetMode="External"',
    );
    expect((await readParts({ ...parts, 'word/_rels/document.xml.rels': rels })).text).toBe('Scope\nText\n');
  });

  test('that embeds another file as text is refused with what to do', async () => {
    await expect(readBuilt('<w:altChunk r:id="rId9" xmlns:r="x"/>')).rejects.toMatchObject({
      code: 'UNREADABLE_DOCUMENT',
      message: expect.stringContaining('save it as .docx'),
    });
  });

  test('that holds more text than is read is refused before all of it is in memory', async () => {
    const random = seededRandom(1);
    const words = Array.from({ length: 20_000 }, () => random().toString(36)).join(' ');
    await expect(readBuilt(paragraph(run(words)).repeat(30))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('5,000,000 characters'),
    });
  });

  test('reports progress up to 100 percent, with the headings found so far', async () => {
    const progress: { sectionsFound: number; percent: number }[] = [];
    const body = Array.from(
      { length: 3_000 },
      (_, index) => styled('Heading1', `Clause ${index}`) + paragraph(run('x'.repeat(90))),
    ).join('');
    const path = await folder.save('long.docx', zipParts(docxParts({ body })));
    await readDocx({ path, filename: 'long.docx' }, (report) => progress.push(report));
    const percents = progress.map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(progress.some(({ sectionsFound }) => sectionsFound > 0 && sectionsFound < 3_000)).toBe(true);
  });
});
