import { describe, expect, it } from 'vitest';
import { readHtml } from '../../src/documents/read-html.ts';
import { outlineOf, readWith } from './text-reader.ts';

const read = (html: string) => readWith(readHtml, html);
const textOf = async (html: string): Promise<string> => (await read(html)).text;

describe('text of HTML', () => {
  it('is what a browser shows, with white space collapsed and entities decoded', async () => {
    const html = `<!doctype html><html><head><title>Not shown</title><style>p { color: red }</style><script>alert(1)</script></head>
      <body><!-- a note --><p>The  fee is\n &euro;&nbsp;500,&#32;&quot;net&quot; &amp; <b>due</b><i> now</i>.</p><p>So&shy;on.</p></body></html>`;
    expect(await textOf(html)).toBe('The fee is € 500, "net" & due now.\n\nSoon.');
  });

  it('keeps blocks apart: paragraphs by a blank line, others by a line', async () => {
    expect(await textOf('<div>One</div><div>Two<br>Three</div><p>Four</p>Five<hr>Six<br><br>Seven')).toBe(
      'One\nTwo\nThree\n\nFour\n\nFive\n\nSix\n\nSeven',
    );
  });

  it('keeps the lines of preformatted text', async () => {
    expect(await textOf('<p>Code:</p><pre>\nif (a)\n  b();\n</pre><p>End</p>')).toBe('Code:\n\nif (a)\n  b();\n\nEnd');
  });

  it('leaves out what is hidden, and what is no text', async () => {
    const html =
      '<p>A</p><p hidden>B</p><div style="color:red; DISPLAY: none"><p>C</p></div><template><p>D</p></template><svg><text>E</text></svg><noscript>F</noscript><dialog>G</dialog><p>H</p>';
    expect(await textOf(html)).toBe('A\n\nH');
  });

  it('shows lists with the numbers by which they are cited', async () => {
    const html =
      '<ol><li>One<ol type="a"><li><p>Sub one</p></li><li>Sub two</li></ol></li><li value="5">Five</li><li>Six</li></ol><ul><li>Dot</li></ul><ol start="3" type="I"><li>Three</li></ol>';
    expect(await textOf(html)).toBe('1. One\n\n  a. Sub one\n\n  b. Sub two\n\n5. Five\n6. Six\n\n• Dot\n\nIII. Three');
  });

  it('shows what was filled into a form', async () => {
    expect(
      await textOf(
        '<p>Party: <input value="Prism Ltd"> <input type="checkbox" checked> agreed <input type="hidden" value="x"></p>',
      ),
    ).toBe('Party: Prism Ltd ☒ agreed');
  });

  it('keeps a character whole that lies across two chunks of a large file', async () => {
    const html = `<p>${'a'.repeat(1024 * 1024 - 4)}😀</p><p>End</p>`;
    expect((await textOf(html)).slice(-7)).toBe('😀\n\nEnd');
  });
});

describe('tables of HTML', () => {
  it('become lines with tabs between the cells, empty ones included', async () => {
    const html =
      '<p>Fees</p><table><thead><tr><th>Item<th>Price<th>Due</thead><tr><td>Licence<td><td>May<tr><td><td>5<td>June</table>End';
    expect(await textOf(html)).toBe('Fees\n\nItem\tPrice\tDue\nLicence\t\tMay\n\t5\tJune\n\nEnd');
  });

  it('put the paragraphs of a cell on one line, so that a row stays one', async () => {
    const html =
      '<table><tr><td><p>Early</p><p>termination</p></td><td>By notice<br>in writing</td></tr><tr><td>Late</td><td>None</td></tr></table><h2>Next</h2>';
    const document = await read(html);
    expect(document.text).toBe('Early termination\tBy notice in writing\nLate\tNone\n\nNext');
    expect(outlineOf(document)).toEqual(['2 Next']);
  });

  it('that only lay out a page keep its headings and paragraphs', async () => {
    const html =
      '<table><tr><td>Menu</td><td><h1>Terms</h1><p>One.</p><p>Two.</p><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>';
    const document = await read(html);
    expect(document.text).toBe('Menu\n\nTerms\n\nOne.\n\nTwo.\n\na\tb');
    expect(outlineOf(document)).toEqual(['1 Terms']);
  });
});

describe('headings of HTML', () => {
  it('are h1 to h6 and role="heading", at the start of their lines', async () => {
    const html =
      '<h1>Service <em>agreement</em></h1><p>Intro</p><h3>1. <span>Scope</span></h3><div role="heading" aria-level="4">Special</div><div>Text</div><h2></h2><h2 role="presentation">Not one</h2>';
    expect(outlineOf(await read(html))).toEqual(['1 Service agreement', '3 1. Scope', '4 Special']);
  });

  it('carry the number of the list they are in', async () => {
    expect(outlineOf(await read('<ol><li><h2>Scope</h2><p>All.</p></li><li><h2>Fees</h2></li></ol>'))).toEqual([
      '2 1. Scope',
      '2 2. Fees',
    ]);
  });

  it('end where the next begins when they are not closed', async () => {
    expect(outlineOf(await read('<h1>One<h2>Two<p>Text'))[0]).toBe('1 One');
  });

  it('are cut when they are endless', async () => {
    const { headings } = await read(`<h1>${'long '.repeat(10_000)}</h1>`);
    expect(headings[0]?.title.length).toBeLessThanOrEqual(300);
  });

  it('are told by text and bold type where there are no heading elements', async () => {
    const html =
      '<p><b>SERVICE AGREEMENT</b></p><p><b>1. Scope of Work</b></p><p>All work.</p><p><b>1.1 Details</b></p><p>Some <b>bold</b> words.</p><p style="font-weight: 700">Confidentiality</p><p>None.</p><p><b>Name: Prism</b></p>';
    expect(outlineOf(await read(html))).toEqual([
      '1 SERVICE AGREEMENT',
      '1 1. Scope of Work',
      '2 1.1 Details',
      '1 Confidentiality',
    ]);
  });
});

describe('hostile HTML', () => {
  it('is refused when 100,000 elements are nested', async () => {
    const html = `${'<div>'.repeat(100_000)}deep${'</div>'.repeat(100_000)}`;
    await expect(read(html)).rejects.toMatchObject({
      name: 'DocumentError',
      code: 'UNREADABLE_DOCUMENT',
      message: expect.stringContaining('10,000') as string,
    });
  });

  it('is read when thousands of elements were never closed', async () => {
    const html = Array.from({ length: 3000 }, (_, index) => `<p><font size=2>Paragraph ${index}`).join('\n');
    expect((await textOf(html)).split('\n\n')).toHaveLength(3000);
  });

  it('is read when cut off anywhere', async () => {
    const html =
      '<h1>Terms</h1><p class="a">All of &copy; it.</p><script>x()</script><table><tr><td>End</td></tr></table>';
    for (let end = 0; end <= html.length; end += 1) expect(await textOf(html.slice(0, end))).not.toMatch(/<\w|x\(/);
  }, 30_000);

  it('gives no character that cannot be stored', async () => {
    // oxlint-disable-next-line no-control-regex
    const strange = /[\u0000-\u0008\u007f-\u009f]|\p{Cs}/u;
    expect(await textOf('<p>a&#0;b&#1;c&#xD800;d&#x7f;e&#x85;f</p>')).not.toMatch(strange);
  });
});

describe('progress of HTML', () => {
  it('is told while a large file is read, with the headings so far', async () => {
    const html = '<h2>Clause</h2><p>Some words about it, which go on for a while.</p>'.repeat(45_000);
    const percents: number[] = [];
    const { headings } = await readWith(readHtml, html, ({ percent, sectionsFound }) => {
      percents.push(percent);
      expect(sectionsFound).toBeGreaterThan(0);
    });
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.length).toBeGreaterThan(2);
    expect(headings).toHaveLength(45_000);
  });
});
