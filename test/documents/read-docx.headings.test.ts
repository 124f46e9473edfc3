import { describe, expect, test } from 'vitest';
import { paragraph, run, style, styled, table } from './support/build-docx.ts';
import { readBuilt } from './support/read-built.ts';

const outline = async (styles: string, body: string) =>
  (await readBuilt({ styles, body })).headings.map(({ level, title }) => `${level} ${title}`);

const level = (value: number) => `<w:pPr><w:outlineLvl w:val="${value}"/></w:pPr>`;

describe('headings of a Word document', () => {
  test('take their level from the outline level of their style', async () => {
    const styles = style('Clause', 'Clause', level(1));
    expect(await outline(styles, styled('Clause', 'Term') + paragraph('Text'))).toEqual(['2 Term']);
  });

  test('inherit the level along the chain of styles', async () => {
    const styles =
      style('Base', 'Base', level(2)) +
      style('Middle', 'Middle', '<w:basedOn w:val="Base"/>') +
      style('Own', 'Own', '<w:basedOn w:val="Middle"/>');
    expect(await outline(styles, styled('Own', 'Fees'))).toEqual(['3 Fees']);
  });

  test('end at a style that says body text, although it is based on a heading', async () => {
    const styles =
      style('Heading1', 'heading 1') + style('TOCHeading', 'TOC Heading', `<w:basedOn w:val="Heading1"/>${level(9)}`);
    expect(await outline(styles, styled('TOCHeading', 'Contents') + styled('Heading1', 'Scope'))).toEqual(['1 Scope']);
  });

  test.each([
    ['berschrift2', 'heading 2'],
    ['1', 'heading 2'],
    ['Ueberschrift', 'Überschrift 2'],
    ['a', 'Titre 2'],
    ['b', 'Título 2'],
    ['c', 'Заголовок 2'],
    ['d', '标题 2'],
    ['e', '見出し 2'],
    ['f', '제목 2'],
    ['g', 'Nagłówek 2'],
    ['h', 'Heading 2'],
  ])('are known by the name of the style, whatever its id: %s, %s', async (id, name) => {
    expect(await outline(style(id, name), styled(id, 'Liability'))).toEqual(['2 Liability']);
  });

  test('are known by the id of a style that is not defined', async () => {
    expect(await outline('', styled('Heading3', 'Notices'))).toEqual(['3 Notices']);
  });

  test('follow the outline level of the paragraph rather than that of its style', async () => {
    const styles = style('Heading1', 'heading 1');
    const body =
      styled('Heading1', 'Demoted', '<w:outlineLvl w:val="3"/>') +
      styled('Heading1', 'No heading', '<w:outlineLvl w:val="9"/>') +
      paragraph('Promoted', '<w:outlineLvl w:val="0"/>');
    expect(await outline(styles, body)).toEqual(['4 Demoted', '1 Promoted']);
  });

  test('do not come from earlier versions of a paragraph', async () => {
    const change =
      '<w:pPrChange w:id="1"><w:pPr><w:pStyle w:val="Heading1"/><w:outlineLvl w:val="0"/></w:pPr></w:pPrChange>';
    expect(await outline(style('Heading1', 'heading 1'), paragraph('Once a heading', change))).toEqual([]);
  });

  test('survive a circle of styles', async () => {
    const styles = style('A', 'A', '<w:basedOn w:val="B"/>') + style('B', 'B', '<w:basedOn w:val="A"/>');
    expect(await outline(styles, styled('A', 'Text'))).toEqual([]);
  });

  test('count the title of a document, and no empty paragraph', async () => {
    const styles = style('Title', 'Title') + style('Heading1', 'heading 1');
    const body = styled('Title', 'Lease') + styled('Heading1', '') + styled('Heading1', ' \u00a0');
    expect(await outline(styles, body)).toEqual(['1 Lease']);
  });

  test('count in a table of one cell, which is a frame, and not in a row of several', async () => {
    const heading = styled('Heading1', 'Framed');
    const body = table([heading + paragraph('Text')]) + table([styled('Heading1', 'Column'), 'Other']);
    expect(await outline(style('Heading1', 'heading 1'), body)).toEqual(['1 Framed']);
  });

  test('begin where their line begins, behind a page break', async () => {
    const body = paragraph('Before') + styled('Heading1', `<w:r><w:br w:type="page"/></w:r>${run('Parties')}`);
    const { text, headings } = await readBuilt({ styles: style('Heading1', 'heading 1'), body });
    expect(text).toBe('Before\nParties\n');
    expect(headings).toEqual([{ offset: 7, level: 1, title: 'Parties' }]);
  });

  test('are on one line and at most 300 characters, cut between characters', async () => {
    const long = `${'a'.repeat(298)}😀😀`;
    const body = styled('Heading1', `${run('Part A')}<w:r><w:br/></w:r>${run('Scope')}`) + styled('Heading1', long);
    const titles = (await readBuilt({ body })).headings.map(({ title }) => title);
    expect(titles).toEqual(['Part A Scope', `${'a'.repeat(298)}…`]);
  });
});
