import * as fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import type { TextSpan } from '../../src/documents/docx-flat-text.ts';
import { readDocxWithSpans } from '../../src/documents/read-docx.ts';
import { buildDocx, createFolder, paragraph, run, table, type DocxContent } from './support/build-docx.ts';

const folder = await createFolder();
afterAll(folder.remove);

const unescapeXml = (raw: string) =>
  raw
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\r\n?/g, '\n');

/** What a span's place in the XML holds, read without the reader. */
function rawText(xml: string, { xmlStart, xmlEnd, nodeOffset, textStart, textEnd }: TextSpan): string {
  const content = unescapeXml(xml.slice(xmlStart, xmlEnd)).slice(nodeOffset, nodeOffset + textEnd - textStart);
  const isWhole = xml[xmlStart - 1] === '>' && xml[xmlEnd] === '<';
  return isWhole ? content.replaceAll(/[\n\t]/g, ' ') : 'not the whole content of an element';
}

async function checkSpans(content: DocxContent): Promise<{ text: string; covered: string }> {
  const bytes = buildDocx(content);
  const { text, spans } = await readDocxWithSpans(await folder.save('spans.docx', bytes));
  const parts = Object.fromEntries(Object.entries(unzipSync(bytes)).map(([name, part]) => [name, strFromU8(part)]));
  let covered = '';
  let lastEnd = 0;
  for (const span of spans) {
    const stretch = text.slice(span.textStart, span.textEnd);
    if (span.textStart < lastEnd || stretch !== rawText(parts[span.part] ?? '', span))
      throw new Error(`${JSON.stringify(span)} does not lead to ${JSON.stringify(stretch)}`);
    covered += stretch;
    lastEnd = span.textEnd;
  }
  return { text, covered };
}

describe('spans of a Word document', () => {
  test('lead from each stretch of text to the text element that it came from', async () => {
    const body =
      paragraph(run('Fees & <costs> 費用 😀')) +
      paragraph('<w:r><w:t>co\u00adop &#x41;\r\nx</w:t><w:tab/><w:t>y</w:t></w:r>') +
      table(['left', paragraph(run('one')) + paragraph(run('two'))]) +
      paragraph(
        `${run('a')}<w:r><w:footnoteReference w:id="1"/></w:r><w:del w:id="1">${run('gone')}</w:del>${run('b')}`,
      );
    const footnotes = `<w:footnote w:id="1">${paragraph('noted')}</w:footnote>`;
    const { text, covered } = await checkSpans({ body, footnotes });
    expect(text).toBe('Fees & <costs> 費用 😀\ncoop A x\ty\nleft\tone two\na[1]b\n[1] noted\n');
    expect(covered).toBe('Fees & <costs> 費用 😀coop A xyleftonetwoabnoted');
  });

  test('leave out what cannot be placed: text behind an XML comment', async () => {
    const { text, covered } = await checkSpans({ body: paragraph('<w:r><w:t>on<!-- x -->ly</w:t></w:r>') });
    expect(text).toBe('only\n');
    expect(covered).toBe('on');
  });

  test('hold for any text, also where it is read in many pieces', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 300 }), async (words, repeats) => {
        const clean = words.map((word) => word.replaceAll(/[\p{Cc}\p{Cs}\u00ad\ufffe\uffff]/gu, ''));
        const body = clean
          .map((word) => paragraph(run(word) + run(word)))
          .join('')
          .repeat(repeats);
        const { covered } = await checkSpans({ body });
        expect(covered).toBe(
          clean
            .filter((word) => word.trim())
            .map((word) => word + word)
            .join('')
            .repeat(repeats),
        );
      }),
      { numRuns: 40, seed: 3 },
    );
  });
});
