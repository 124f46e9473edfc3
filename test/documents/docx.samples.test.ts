import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { ParsedDocument } from '../../src/documents/document-types.ts';
import { parseDocument } from '../../src/documents/parse-document.ts';
import { contractSample } from './support/contract-sample.ts';
import { createFolder } from './support/build-docx.ts';

const folder = await createFolder();
afterAll(folder.remove);

const parse = (path: string) => parseDocument({ path, filename: 'sample.docx' }, () => {});

/** One line per section: level, title, range, words. */
const outline = ({ format, sections, pageCount, wordCount }: ParsedDocument) =>
  [
    `${format}, ${sections.length} sections, ${wordCount} words, ${pageCount ?? 'no'} pages`,
    ...sections.map(
      ({ level, title, startOffset, endOffset, wordCount: words }) =>
        `${'  '.repeat(level)}${title} [${startOffset}, ${endOffset}) ${words}`,
    ),
    '',
  ].join('\n');

describe('the contract that the tests make', () => {
  test('has the sections and the text of its golden outline', async () => {
    const document = await parse(await folder.save('contract.docx', await contractSample()));
    await expect(outline(document)).toMatchFileSnapshot('golden/contract.docx.outline.txt');
    await expect(document.sections.map(({ text }) => text).join('')).toMatchFileSnapshot('golden/contract.docx.txt');
  });
});

const sampleFolder = fileURLToPath(new URL('../../../shared/samples/', import.meta.url));
const isThere = existsSync(sampleFolder);
// oxlint-disable-next-line no-console
if (!isThere) console.warn(`Skipped: the tests of real documents need ${sampleFolder}`);

describe.skipIf(!isThere)('real documents', () => {
  const sample = (name: string) => parse(`${sampleFolder}${name}`);

  test('the 430-page handbook has all its 294 headings', async () => {
    const { sections, wordCount, pageCount } = await sample('handbook-430-pages.docx');
    expect(sections).toHaveLength(295);
    expect(sections.filter(({ level }) => level === 1)).toHaveLength(15);
    expect(sections.slice(1, 4).map(({ level, title }) => `${level} ${title}`)).toEqual([
      '1 CHAPTER 1 – INTRODUCTION',
      '2 A. PURPOSE',
      '2 B. ROLE OF THE UNITED STATES TRUSTEE',
    ]);
    expect(wordCount).toBeGreaterThan(120_000);
    expect(pageCount).toBeNull();
  });

  test('numbered headings show their numbers', async () => {
    const { sections } = await sample('numbered-headings.docx');
    expect(sections.map(({ level, title }) => `${level} ${title}`)).toEqual([
      '1 Test Document',
      '1 1. Section 1',
      '2 1.1. Section 1.1',
      '2 1.2. Section 1.2',
      '3 1.2.1. Section 1.2.3',
      '1 2. Section 2',
      '3 2.1.1. Section 2.1.1',
      '2 2.1. Section 2.1',
      '2 REFERENCES',
    ]);
  });

  test('existing comments are not part of the text', async () => {
    const { sections } = await sample('with-comments.docx');
    expect(sections.map(({ text }) => text).join('')).toBe(
      [
        'Document with Comments',
        'This is the first paragraph that has a comment attached to it.',
        'This second paragraph also has a reviewer annotation.',
        'This third paragraph has no comments attached to it.',
        'This paragraph has an anonymous comment.',
        '',
      ].join('\n'),
    );
  });
});
