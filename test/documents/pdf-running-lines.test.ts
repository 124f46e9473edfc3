import { describe, expect, it } from 'vitest';
import { draw, drawLines } from './pdf-file.ts';
import { readPages } from './pdf-reader.ts';

const clauses = [
  'The first clause is about the scope.',
  'The second clause is about the fee.',
  'The third clause is about its term.',
  'The fourth clause is about the law.',
];
const body = (page: number): string => drawLines(72, 600, [clauses[page] ?? '']);
const clean = clauses.join('\n\n');
const pagesWith = (header: (page: number) => string): string[] => clauses.map((_, page) => header(page) + body(page));

describe('running headers and footers', () => {
  it('are dropped, with the numbers in them that count the pages', async () => {
    const { text } = await readPages(
      pagesWith(
        (page) => draw(72, 800, 'CONFIDENTIAL') + draw(72, 30, `Page ${page + 1} of 4`) + draw(300, 30, 'Prism Ltd'),
      ),
    );
    expect(text).toBe(clean);
  });

  it('of left and right pages differ', async () => {
    const { text } = await readPages(
      pagesWith((page) => draw(page % 2 === 0 ? 72 : 300, 800, page % 2 === 0 ? 'General terms' : 'Prism Ltd')),
    );
    expect(text).toBe(clean);
  });

  it('of chapters change with them', async () => {
    const { text } = await readPages(
      pagesWith((page) => draw(72, 800, page < 2 ? 'Chapter 1: Scope' : 'Chapter 2: Term')),
    );
    expect(text).toBe(clean);
  });

  it('are dropped from two pages when both have them in their margins', async () => {
    const { text } = await readPages(pagesWith(() => draw(72, 820, 'Approval request')).slice(0, 2));
    expect(text).toBe(clauses.slice(0, 2).join('\n\n'));
  });
});

describe('page numbers', () => {
  it('right below the text are dropped, at whatever height', async () => {
    const { text } = await readPages(pagesWith((page) => draw(290, 560 - 40 * page, `- ${page + 7} -`)));
    expect(text).toBe(clean);
  });

  it('may be Roman, and begin anew where the others stand', async () => {
    const numbers = ['i', '1', '2', '3'];
    const { text } = await readPages(pagesWith((page) => draw(290, 30, numbers[page] ?? '')));
    expect(text).toBe(clean);
  });
});

describe('lines that only look repeated', () => {
  it('stay when their numbers differ', async () => {
    const { text } = await readPages(pagesWith((page) => draw(72, 800, `Total: ${page * page * 100 + 50} EUR`)));
    expect(text.match(/Total: \d+ EUR/g)).toHaveLength(4);
  });

  it('stay when they are bare amounts that count nothing', async () => {
    const { text } = await readPages(pagesWith((page) => draw(72, 700, String(1000 - page * page * 7))));
    expect(text).toContain('1000');
    expect(text).toContain('993');
  });

  it('stay when they stand at different heights', async () => {
    const { text } = await readPages(pagesWith((page) => draw(72, 700 - 31 * page, 'Signed by both parties')));
    expect(text.match(/Signed by both parties/g)).toHaveLength(4);
  });
});
