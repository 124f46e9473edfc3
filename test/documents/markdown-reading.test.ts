import { describe, expect, it } from 'vitest';
import { readMarkdown } from '../../src/documents/read-markdown.ts';
import { outlineOf, readWith } from './text-reader.ts';

const read = (markdown: string) => readWith(readMarkdown, markdown);

describe('headings of Markdown', () => {
  it('are marked with # or underlined, with their words as shown', async () => {
    const document = await read(
      'Preamble\n\n# Terms of *service* #\n\nText\n\nScope\n-----\n\nText\n\n### [Fees](http://x.y) & `code`\nText\n\nEnd\n===\n',
    );
    expect(outlineOf(document)).toEqual(['1 Terms of service', '2 Scope', '3 Fees & code', '1 End']);
  });

  it('are not lines of code', async () => {
    const document = await read('# One\n\n```sh\n# not a heading\n```\n\n    # nor this\n');
    expect(outlineOf(document)).toEqual(['1 One']);
    expect(document.text).toBe('One\n\n# not a heading\n\n# nor this');
  });

  it('are bold lines where nothing else is one', async () => {
    expect(outlineOf(await read('**1. Scope**\n\nAll **work**.\n\n**Confidentiality**\n\nNone.'))).toEqual([
      '1 1. Scope',
      '1 Confidentiality',
    ]);
  });

  it('may be written in HTML', async () => {
    expect(outlineOf(await read('<h1 align="center">Terms</h1>\n\nText\n\n## Scope'))).toEqual(['1 Terms', '2 Scope']);
  });
});

describe('text of Markdown', () => {
  it('is what a reader sees: no markup, links as their text', async () => {
    const { text } = await read(
      'The *fee* is **due** on [the day](http://x.y "t"), see <https://a.b>;\nnot ~~before~~ &copy; 5\\*.\n\n> Quoted.\n\n![A picture](p.png)\n\n***\n\nLine  \nbreak<br>here <!-- no --> <span hidden>x</span>',
    );
    expect(text).toBe('The fee is due on the day, see https://a.b; not before © 5*.\n\nQuoted.\n\nLine\nbreak\nhere');
  });

  it('numbers lists as they are shown', async () => {
    const { text } = await read('4. Four\n4. Five\n   - Dot\n\n1) One\n');
    expect(text).toBe('4. Four\n5. Five\n\n  • Dot\n\n1. One');
  });

  it('has rows of tables on lines, with tabs between the cells', async () => {
    const { text } = await read('| Item | Price |\n|------|------:|\n| A `x\\|y` | 5 |\n| **B** | |\n\nEnd');
    expect(text).toBe('Item\tPrice\nA x|y\t5\nB\n\nEnd');
  });

  it('keeps metadata at the top as lines, and not as a heading', async () => {
    const document = await read('---\ntitle: Service agreement\nparties: [A, B]\n---\n\n# Scope\n\nText');
    expect(document.text).toBe('title: Service agreement\nparties: [A, B]\n\nScope\n\nText');
    expect(outlineOf(document)).toEqual(['1 Scope']);
  });

  it('takes a rule at the top for a rule', async () => {
    expect((await read('---\n\nText\n\n---\n\nMore')).text).toBe('Text\n\nMore');
  });
});

describe('hostile Markdown', () => {
  it('with 50,000 open brackets is read whole', async () => {
    expect((await read('['.repeat(50_000))).text).toBe('['.repeat(50_000));
  });

  it('with 20,000 quotes inside each other loses nothing', async () => {
    expect((await read(`${'>'.repeat(20_000)} deep\n`)).text).toContain(' deep');
    expect((await read(`${'- '.repeat(200)}deep`)).text).toContain('deep');
  });

  it('with 100,000 nested HTML elements is refused', async () => {
    await expect(read('<div>'.repeat(100_000))).rejects.toMatchObject({ code: 'UNREADABLE_DOCUMENT' });
  });
});
