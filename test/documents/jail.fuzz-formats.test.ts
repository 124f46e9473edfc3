import { afterAll, expect, test } from 'vitest';
import type { ParsedDocument } from '../../src/documents/document-types.ts';
import { createDocumentParser } from '../../src/documents/parser-pool.ts';
import { createFolder } from './support/build-docx.ts';
import { richHtml, richMarkdown, richPdf, richText } from './support/rich-samples.ts';
import { mutations } from './text-mutations.ts';

const folder = await createFolder();
const parser = createDocumentParser({
  size: 2,
  heapMb: 128,
  rssLimitMb: 300,
  timeoutMs: 10_000,
  documentsPerChild: 1_000,
});
afterAll(async () => {
  await parser.close();
  await folder.remove();
});

const mutationCount = 500;

/** What is wrong with a document by what is promised of sections; '' when nothing is. */
function faultOf({ sections, pageCount }: ParsedDocument): string {
  let end = 0;
  for (const [index, section] of sections.entries()) {
    const { startOffset, endOffset, title, text, ordinal, level, pageStart, pageEnd } = section;
    if (startOffset !== end || endOffset - startOffset !== text.length || text === '')
      return 'sections are not contiguous';
    if (title === '' || title.length > 300 || ordinal !== index || level < 1) return 'a section without title or level';
    const arePagesRight =
      pageCount === null ? pageStart === null : 1 <= (pageStart ?? 0) && (pageStart ?? 0) <= (pageEnd ?? 0);
    if (!arePagesRight || (pageEnd ?? 0) > (pageCount ?? 0)) return 'pages out of order';
    end = endOffset;
  }
  return sections.length === 0 ? 'no sections' : '';
}

test.each([
  ['sample.pdf', richPdf()],
  ['sample.html', Buffer.from(richHtml)],
  ['sample.md', Buffer.from(richMarkdown)],
  ['sample.txt', Buffer.from(richText)],
])(
  `${mutationCount} mutations of %s are read or refused, and harm nothing`,
  { timeout: 120_000 },
  async (filename, sample) => {
    const seen = new Map<string, number>();
    const queue = mutations(sample, mutationCount);
    const readNext = async (): Promise<void> => {
      for (const bytes of queue) {
        const outcome = await parser.parse({ path: await folder.save(filename, bytes), filename });
        const result =
          outcome.outcome === 'failed'
            ? `${outcome.failure.code}: ${outcome.failure.message}`
            : `read ${faultOf(outcome.document)}`;
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }
    };
    await Promise.all([readNext(), readNext()]);
    const results = [...seen.keys()];
    expect(results.filter((result) => /crash|memory|TIMED_OUT|reader does not know|read ./.test(result))).toEqual([]);
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(mutationCount);
    expect(seen.get('read ')).toBeGreaterThan(mutationCount / 10);
  },
);
