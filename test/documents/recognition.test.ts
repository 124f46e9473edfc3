import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { ParsedDocument } from '../../src/documents/document-types.ts';
import { parseDocument } from '../../src/documents/parse-document.ts';
import { createFolder } from './support/build-docx.ts';
import { recognitionSamples, type Feature } from './support/recognition-samples.ts';
import { sectionOutline } from './support/section-outline.ts';

const folder = await createFolder();
afterAll(folder.remove);

const docs = readFileSync(new URL('../../docs/documents.md', import.meta.url), 'utf8');

/** The rows of the table below a heading of the documentation, each cell trimmed. */
function documentedRows(heading: string): string[] {
  const [, below = ''] = docs.split(`\n### ${heading}\n`);
  const table = /(?:^\|.*\n)+/m.exec(below.split(/\n#/)[0] ?? '')?.[0] ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
      .join(' | '),
  );
}

const textOf = ({ sections }: ParsedDocument): string => sections.map(({ text }) => text).join('');
const outlineOf = ({ sections }: ParsedDocument): string[] => sections.map(({ level, title }) => `${level} ${title}`);

/** "7 of 8", and of headings also those that are none. */
function recognised(document: ParsedDocument, feature: Feature): string {
  const text = textOf(document);
  const share = (wanted: readonly string[], isThere: (one: string) => boolean): string =>
    `${wanted.filter(isThere).length} of ${wanted.length}`;
  if ('headings' in feature) return share(feature.headings, (heading) => outlineOf(document).includes(heading));
  if ('text' in feature) return share(feature.text, (one) => text.includes(one));
  if ('leftOut' in feature) return `left out, ${share(feature.leftOut, (one) => !text.includes(one))}`;
  return `${document.pageCount} of ${feature.pages}`;
}

const parseBytes = async (filename: string, bytes: Uint8Array): Promise<ParsedDocument> =>
  parseDocument({ path: await folder.save(filename, bytes), filename }, () => {});

const samples = await recognitionSamples();

describe('a sample that the tests make', () => {
  test.each(samples.filter(({ name, filename }) => name === filename))(
    '$filename has the sections of its golden outline',
    async ({ filename, bytes }) => {
      const outline = sectionOutline(await parseBytes(filename, bytes));
      await expect(outline).toMatchFileSnapshot(`golden/${filename}.outline.txt`);
    },
  );
});

describe('what the documentation says is recognised', () => {
  test('is what is recognised in the samples that the tests make', async () => {
    const rows: string[] = [];
    for (const { name, filename, bytes, features } of samples) {
      const document = await parseBytes(filename, bytes);
      for (const feature of features) rows.push(`${name} | ${feature.feature} | ${recognised(document, feature)}`);
      const known = features.flatMap((feature) => ('headings' in feature ? feature.headings : []));
      // What stands before the first heading is a section as well.
      const others = outlineOf(document).filter((heading, index) => index > 0 && !known.includes(heading));
      if (known.length > 0) rows.push(`${name} | taken for headings, and none | ${others.length}`);
    }
    expect(documentedRows('Samples that the tests make')).toEqual(rows);
  });
});

const sampleFolder = fileURLToPath(new URL('../../../shared/samples/', import.meta.url));
const isThere = existsSync(sampleFolder);
// oxlint-disable-next-line no-console
if (!isThere) console.warn(`SKIPPED: what is said of real documents needs ${sampleFolder}`);

describe.skipIf(!isThere)('what the documentation says of real documents', () => {
  const read = (filename: string): Promise<ParsedDocument> =>
    parseDocument({ path: `${sampleFolder}${filename}`, filename }, () => {});
  const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

  test('is what is recognised in them', async () => {
    const handbook = await read('handbook-430-pages.docx');
    const numbered = await read('numbered-headings.docx');
    const commented = await read('with-comments.docx');
    const agreement = await read('development-agreement.pdf');
    const request = await read('approval-request.pdf');
    const headings = (document: ParsedDocument, pattern: RegExp): number =>
      outlineOf(document).filter((heading) => pattern.test(heading)).length;
    // What there is was counted in the files, by their styles or by eye.
    expect(documentedRows('Real documents')).toEqual([
      `handbook-430-pages.docx | headings | ${headings(handbook, /./) - 1} of 294`,
      `handbook-430-pages.docx | footnotes | ${count(textOf(handbook), /^\[[1-6]\]/gm)} of 6`,
      `handbook-430-pages.docx | words | ${handbook.wordCount.toLocaleString('en')}`,
      `numbered-headings.docx | headings | ${headings(numbered, /./)} of 9`,
      `numbered-headings.docx | numbers of headings | ${headings(numbered, /^\d \d+\./)} of 7`,
      `with-comments.docx | comments | left out, ${3 - count(textOf(commented), /a sample reviewer|by a different|Anonymous feedback/g)} of 3`,
      `development-agreement.pdf | pages | ${agreement.pageCount} of 23`,
      `development-agreement.pdf | titles of articles | ${headings(agreement, /^1 \d+\. /)} of 15`,
      `development-agreement.pdf | titles of clauses | ${headings(agreement, /^2 \d+\.\d+ /)} of 40`,
      `development-agreement.pdf | running headers and footers, page numbers | left out, ${64 - count(textOf(agreement), /Source: ETON|^CONFIDENTIAL$|^\d{1,2}$/gm)} of 64`,
      `approval-request.pdf | pages | ${request.pageCount} of 2`,
      `approval-request.pdf | numbered headings | ${headings(request, /^1 \d+\. /)} of 11`,
      `approval-request.pdf | items of lists | ${count(textOf(request), /^o /gm)} of 14`,
    ]);
  });
});
