import { describe, expect, test } from 'vitest';
import { abstractList, list, listed, paragraph, style, styled } from './support/build-docx.ts';
import { linesOf, readBuilt } from './support/read-built.ts';

const legal = [
  { format: 'decimal', text: '%1.' },
  { format: 'decimal', text: '%1.%2' },
  { format: 'lowerLetter', text: '(%3)' },
  { format: 'lowerRoman', text: '(%4)' },
];

const items = (numId: number, ...levels: number[]) => levels.map((level) => listed(numId, level, 'x')).join('');

const labels = async (numbering: string, body: string) =>
  (await linesOf({ numbering, body })).map((line) => line.replace(/ ?x$/, ''));

describe('numbering of a Word document', () => {
  test('is written as shown, in headings too', async () => {
    const numbering = abstractList(0, legal) + list(1, 0);
    const numbered = (level: number) =>
      `<w:pPr><w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="1"/></w:numPr></w:pPr>`;
    const styles = style('Heading1', 'heading 1', numbered(0)) + style('Heading2', 'heading 2', numbered(1));
    const body = ['Heading1', 'Heading1', 'Heading2', 'Heading2', 'Heading2']
      .map((id) => styled(id, 'Termination'))
      .join('');
    const { text, headings } = await readBuilt({ numbering, styles, body });
    expect(headings.at(-1)).toEqual({ offset: text.indexOf('2.3 '), level: 2, title: '2.3 Termination' });
    expect(text).toContain('2. Termination\n2.1 Termination\n2.2 Termination\n2.3 Termination\n');
  });

  test('counts levels and restarts them below a higher one', async () => {
    const numbering = abstractList(0, legal) + list(1, 0);
    expect(await labels(numbering, items(1, 0, 1, 2, 2, 3, 3, 2, 1, 2, 0, 1))).toEqual([
      '1.',
      '1.1',
      '(a)',
      '(b)',
      '(i)',
      '(ii)',
      '(c)',
      '1.2',
      '(a)',
      '2.',
      '2.1',
    ]);
  });

  test('shows a level that has not occurred as its start', async () => {
    const numbering =
      abstractList(0, [
        { format: 'decimal', text: '%1.', start: 4 },
        { format: 'decimal', text: '%1.%2' },
      ]) + list(1, 0);
    expect(await labels(numbering, items(1, 1, 1, 0, 1))).toEqual(['4.1', '4.2', '4.', '4.1']);
  });

  test('goes on over paragraphs that are not in the list', async () => {
    const numbering = abstractList(0, legal) + list(1, 0);
    expect(await labels(numbering, items(1, 0) + paragraph('between') + items(1, 0))).toEqual(['1.', 'between', '2.']);
  });

  test('is shared by lists of the same definition until one starts over', async () => {
    const restart = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>';
    const numbering = abstractList(0, legal) + list(1, 0) + list(2, 0) + list(3, 0, restart);
    expect(await labels(numbering, items(1, 0) + items(2, 0) + items(3, 0, 0) + items(1, 0))).toEqual([
      '1.',
      '2.',
      '7.',
      '8.',
      '9.',
    ]);
  });

  test('takes a level that one list defines anew', async () => {
    const override = `<w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="Part %1"/></w:lvl></w:lvlOverride>`;
    const numbering = abstractList(0, legal) + list(1, 0, override);
    expect(await labels(numbering, items(1, 0, 0))).toEqual(['Part III', 'Part IV']);
  });

  test('restarts only where the level says so', async () => {
    const numbering =
      abstractList(0, [
        { format: 'decimal', text: '%1.' },
        { format: 'decimal', text: 'never %2', rest: '<w:lvlRestart w:val="0"/>' },
        { format: 'decimal', text: 'by first %3', rest: '<w:lvlRestart w:val="1"/>' },
      ]) + list(1, 0);
    expect(await labels(numbering, items(1, 0, 1, 2, 1, 2, 0, 1, 2))).toEqual([
      '1.',
      'never 1',
      'by first 1',
      'never 2',
      'by first 2',
      '2.',
      'never 3',
      'by first 1',
    ]);
  });

  test('shows higher levels in decimal where legal numbering is on', async () => {
    const numbering =
      abstractList(0, [
        { format: 'upperRoman', text: 'Article %1' },
        { format: 'decimal', text: '%1.%2', rest: '<w:isLgl/>' },
      ]) + list(1, 0);
    expect(await labels(numbering, items(1, 0, 0, 1))).toEqual(['Article I', 'Article II', '2.1']);
  });

  test('puts nothing between label and text where the list says so', async () => {
    const numbering =
      abstractList(0, [{ format: 'decimal', text: '§%1', rest: '<w:suff w:val="nothing"/>' }]) + list(1, 0);
    expect(await linesOf({ numbering, body: items(1, 0) })).toEqual(['§1x']);
  });

  test('shows bullets of symbol fonts as bullets, and others as they are', async () => {
    const bullet = (text: string) => [{ format: 'bullet', text }];
    const numbering = ['\uf0b7', 'o', '–', '§']
      .map((text, id) => abstractList(id, bullet(text)) + list(id + 1, id))
      .join('');
    expect(await labels(numbering, [1, 2, 3, 4].map((id) => items(id, 0)).join(''))).toEqual(['•', '•', '–', '•']);
  });

  test('indents bullets by their level, which nothing else shows', async () => {
    const bullets = [
      { format: 'bullet', text: '•' },
      { format: 'bullet', text: '•' },
    ];
    const numbering = abstractList(0, bullets) + list(1, 0);
    expect(await linesOf({ numbering, body: items(1, 0, 1) })).toEqual(['• x', '  • x']);
  });

  test('takes the level that is linked to the style, or to one that it is based on, whatever the style says', async () => {
    const linked = { format: 'decimal', text: '%1.%2', rest: '<w:pStyle w:val="Sub"/>' };
    const numbering = abstractList(0, [{ format: 'decimal', text: '%1.' }, linked]) + list(1, 0);
    const numbered = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>';
    const styles = style('Sub', 'Sub', numbered) + style('Own', 'Own', '<w:basedOn w:val="Sub"/>');
    expect(await linesOf({ numbering, styles, body: styled('Sub', 'x') + styled('Own', 'x') })).toEqual([
      '1.1 x',
      '1.2 x',
    ]);
  });

  test('comes from a list style that the list points to', async () => {
    const styles = `<w:style w:type="numbering" w:styleId="House"><w:name w:val="House"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>`;
    const numbering =
      abstractList(0, [], '<w:numStyleLink w:val="House"/>') +
      abstractList(1, legal, '<w:styleLink w:val="House"/>') +
      list(1, 0) +
      list(2, 1);
    expect(await linesOf({ numbering, styles, body: items(1, 0, 1) })).toEqual(['1. x', '1.1 x']);
  });

  test('is taken off a paragraph by list 0', async () => {
    const numbering = abstractList(0, legal) + list(1, 0);
    const styles = style('Num', 'Num', '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>');
    const off = '<w:numPr><w:numId w:val="0"/></w:numPr>';
    expect(
      await linesOf({ numbering, styles, body: styled('Num', 'x') + styled('Num', 'x', off) + styled('Num', 'x') }),
    ).toEqual(['1. x', 'x', '2. x']);
  });

  test('is left out where the list is not defined', async () => {
    expect(await linesOf({ numbering: '', body: items(9, 0) })).toEqual(['x']);
  });

  test('does not count a paragraph that was deleted as a tracked change', async () => {
    const numbering = abstractList(0, legal) + list(1, 0);
    const deleted = paragraph(
      '<w:del w:id="1"><w:r><w:delText>gone</w:delText></w:r></w:del>',
      '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr><w:del w:id="2"/></w:rPr>',
    );
    expect(await linesOf({ numbering, body: items(1, 0) + deleted + items(1, 0) })).toEqual(['1. x', '2. x']);
  });
});
