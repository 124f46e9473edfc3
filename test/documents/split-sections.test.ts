import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExtractedDocument, Heading } from '../../src/documents/document-types.ts';
import { splitSections } from '../../src/documents/split-sections.ts';

const heading = (offset: number, title: string, level = 1): Heading => ({ offset, level, title });
const extracted = (text: string, headings: Heading[] = [], pageOffsets: number[] = []): ExtractedDocument => ({
  text,
  headings,
  pageOffsets,
});
const shown = (document: ExtractedDocument) =>
  splitSections(document).map(({ level, title, text }) => `${level} ${title}: ${JSON.stringify(text)}`);

const isPageRange = (start: number | null, end: number | null, pages: number) =>
  start !== null && end !== null && start >= 1 && start <= end && end <= pages;

describe('sections', () => {
  test('go from heading to heading, with its level, text before the first being one of its own', () => {
    const text = 'A lease\n1 Term\nTwo years.\n1.1 End\nNever.\n';
    expect(shown(extracted(text, [heading(8, '1 Term'), heading(26, '1.1 End', 2)]))).toEqual([
      '1 A lease: "A lease\\n"',
      '1 1 Term: "1 Term\\nTwo years.\\n"',
      '2 1.1 End: "1.1 End\\nNever.\\n"',
    ]);
  });

  test('begin with the first heading when there is only white space before it', () => {
    expect(shown(extracted('\n \nTerm\nText', [heading(3, 'Term')]))).toEqual(['1 Term: "\\n \\nTerm\\nText"']);
  });

  test('are not merged when there is nothing below a heading', () => {
    expect(shown(extracted('A\nB\n\nC\n', [heading(0, 'A'), heading(2, 'B', 2), heading(5, 'C', 2)]))).toEqual([
      '1 A: "A\\n"',
      '2 B: "B\\n\\n"',
      '2 C: "C\\n"',
    ]);
  });

  test('of a document without headings are its pages, empty ones joined to the one before', () => {
    const text = '\f  \fFirst page\n\fSecond\f\n\f';
    const sections = splitSections(extracted(text, [], [0, 1, 4, 16, 23, 25]));
    expect(sections.map(({ title, pageStart, pageEnd }) => [title, pageStart, pageEnd])).toEqual([
      ['First page', 3, 3],
      ['Second', 4, 4],
    ]);
    expect(sections.map(({ text: part }) => part).join('')).toBe(text);
  });

  test('of a document without headings and pages are one, or parts at paragraph borders when it is long', () => {
    expect(shown(extracted('Just text.'))).toEqual(['1 Just text.: "Just text."']);
    const lines = `${'word '.repeat(20)}\n`.repeat(250);
    const sections = splitSections(extracted(lines));
    expect(sections).toHaveLength(3);
    expect(sections.every(({ text }) => text.endsWith('\n') && text.length <= 12_000)).toBe(true);
  });

  test('know their pages by the first and the last character that is no white space', () => {
    const text = 'A\n\n.B\nb\n\n.C\n';
    const sections = splitSections(extracted(text, [heading(0, 'A'), heading(4, 'B'), heading(10, 'C')], [0, 3, 9]));
    expect(sections.map(({ pageStart, pageEnd, pageBreaks }) => [pageStart, pageEnd, pageBreaks])).toEqual([
      [1, 2, [3]],
      [2, 3, [9]],
      [3, 3, []],
    ]);
  });

  test('without a heading are called by their first words', () => {
    const words = 'The parties to this agreement have agreed on the terms and conditions that are set out below';
    expect(splitSections(extracted(`\n ${words}\nmore`))[0]?.title).toBe(
      'The parties to this agreement have agreed on the terms and conditions that are…',
    );
    expect(splitSections(extracted(' \n'))[0]?.title).toBe('Untitled');
  });

  test('cover any text exactly, half-open and in order, with a title and the pages in range', () => {
    const arbitrary = fc
      .string({ unit: fc.constantFrom('a', ' ', '\n', '😀', 'Ω', '.'), maxLength: 300 })
      .chain((text) => {
        const offsets = fc
          .array(fc.nat(text.length + 3), { maxLength: 12 })
          .map((list) => list.toSorted((a, b) => a - b));
        return fc.record({
          text: fc.constant(text),
          headings: offsets.chain((list) =>
            fc.tuple(
              ...list.map((offset) =>
                fc.record({ offset: fc.constant(offset), level: fc.integer({ min: 1, max: 9 }), title: fc.string() }),
              ),
            ),
          ),
          pageOffsets: fc.oneof(
            fc.constant([]),
            offsets.map((list) => [0, ...list.filter((offset) => offset <= text.length)]),
          ),
        });
      });
    fc.assert(
      fc.property(arbitrary, (document) => {
        const sections = splitSections(document);
        expect(sections.length).toBeGreaterThan(0);
        expect(sections.map(({ text }) => text).join('')).toBe(document.text);
        let offset = 0;
        for (const [index, section] of sections.entries()) {
          expect(section.ordinal).toBe(index);
          expect(section.startOffset).toBe(offset);
          expect(document.text.slice(section.startOffset, section.endOffset)).toBe(section.text);
          expect(section.endOffset > section.startOffset || document.text === '').toBe(true);
          expect(section.title.length > 0 && section.title.length <= 300).toBe(true);
          const pages = document.pageOffsets.length;
          const { pageStart, pageEnd } = section;
          expect(pages === 0 ? pageStart === null && pageEnd === null : isPageRange(pageStart, pageEnd, pages)).toBe(
            true,
          );
          expect(section.pageBreaks).toHaveLength((pageEnd ?? 0) - (pageStart ?? 0));
          expect(section.pageBreaks.every((at) => at > offset && at < section.endOffset)).toBe(true);
          offset = section.endOffset;
        }
        expect(offset).toBe(document.text.length);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
