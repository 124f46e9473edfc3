import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDocx, paragraph, run, table } from '../documents/support/build-docx.ts';
import { annotateBytes } from './support/annotate-built.ts';

/** Spaces at any place, signs that XML escapes, characters of two code units, and words. */
const words = fc.stringMatching(/^(?:[a-c ]|&|<|"|é|費|😀){1,12}$/u);

const plainRun = fc
  .tuple(words, fc.constantFrom('', '<w:b/>', '<w:i/><w:color w:val="FF0000"/>'))
  .map(([text, properties]) => run(text, properties));
const runOfParts = fc
  .array(
    fc.oneof(
      words.map((text) => `<w:t xml:space="preserve">${text.replaceAll(/[&<]/g, '+')}</w:t>`),
      fc.constantFrom('<w:tab/>', '<w:br/>'),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => `<w:r>${parts.join('')}</w:r>`);
const inline = fc.oneof(
  { weight: 4, arbitrary: plainRun },
  { weight: 2, arbitrary: runOfParts },
  plainRun.map((content) => `<w:ins w:id="1" w:author="x">${content}</w:ins>`),
  plainRun.map((content) => `<w:hyperlink w:anchor="x">${content}</w:hyperlink>`),
  plainRun.map((content) => `<w:sdt><w:sdtPr/><w:sdtContent>${content}</w:sdtContent></w:sdt>`),
  fc.constant('<w:del w:id="2" w:author="x"><w:r><w:delText>deleted</w:delText></w:r></w:del>'),
  fc.constant('<w:bookmarkStart w:id="3" w:name="b"/><w:proofErr w:type="spellStart"/>'),
);
// A paragraph of nothing but spaces is none in the extracted text.
const block = fc.array(inline, { minLength: 1, maxLength: 5 }).map((content) => paragraph(content.join('') + run('z')));
// In a cell tabs and breaks become spaces, which could not be told from those of the words.
const cell = fc.array(plainRun, { minLength: 1, maxLength: 3 }).map((runs) => paragraph(runs.join('') + run('z')));
const body = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: block },
      fc.tuple(cell, cell).map((cells) => table(cells)),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((blocks) => blocks.join(''));

/** What is generated between the words of a document, such as the ends of lines, is no matter of its comments. */
const withoutGenerated = (text: string): string => text.replaceAll(/[\n\t]/g, '');

describe('the marks of comments', () => {
  it('stand around exactly the quoted words, for any document and any ranges of its text', async () => {
    let checked = 0;
    const ranges = fc.array(fc.tuple(fc.nat(9_999), fc.nat(9_999)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(body, ranges, async (content, picks) => {
        const bytes = buildDocx({ body: content });
        const { document } = await annotateBytes(bytes, []).catch(() => ({ document: { text: '' } }));
        const { text } = document;
        const quotes = picks
          .map(([from, to]) => [Math.floor((from / 10_000) * text.length), Math.floor((to / 10_000) * text.length)])
          .map(([from = 0, to = 0]) => ({ start: Math.min(from, to), end: Math.max(from, to) + 1 }))
          .filter(({ start, end }) => isBetweenCharacters(text, start) && isBetweenCharacters(text, end))
          .filter(({ start, end }) => withoutGenerated(text.slice(start, end)) !== '');
        if (quotes.length === 0) return;
        const { comments } = await annotateBytes(
          bytes,
          quotes.map((quote) => ({ quotes: [quote], section: 0 })),
        );
        expect(comments.slice(1).map(({ marked }) => withoutGenerated(marked))).toEqual(
          quotes.map(({ start, end }) => withoutGenerated(text.slice(start, end))),
        );
        expect(comments.every(({ isReferred }) => isReferred)).toBe(true);
        checked += quotes.length;
      }),
      { numRuns: 150, seed: 11 },
    );
    expect(checked).toBeGreaterThan(200);
  }, 60_000);
});

const isBetweenCharacters = (text: string, offset: number): boolean =>
  !/[\ud800-\udbff]/.test(text.charAt(offset - 1)) || offset === 0;
