import { describe, expect, test } from 'vitest';
import { abstractList, list, listed, paragraph, run, style, styled, table } from './support/build-docx.ts';
import { linesOf, readBuilt } from './support/read-built.ts';

const deletedMark = '<w:rPr><w:del w:id="9" w:author="A"/></w:rPr>';
const box = (content: string) => `<w:txbxContent>${content}</w:txbxContent>`;
const shape = (content: string) =>
  `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>${box(content)}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>${box(content)}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>`;
const note = (kind: 'footnote' | 'endnote', id: number, text: string) =>
  `<w:${kind} w:id="${id}"><w:p><w:r><w:${kind}Ref/></w:r>${run(text)}</w:p></w:${kind}>`;
const reference = (kind: 'footnote' | 'endnote', id: number, more = '') =>
  `<w:r><w:${kind}Reference ${more} w:id="${id}"/></w:r>`;

describe('tables', () => {
  test('are rows of cells in order, with tabs between them', async () => {
    const body = paragraph('Before') + table(['Fee', 'Amount', 'Due'], ['Setup', '', 'at once']) + paragraph('After');
    expect(await linesOf(body)).toEqual(['Before', 'Fee\tAmount\tDue', 'Setup\t\tat once', 'After']);
  });

  test('keep a row on one line, whatever a cell holds', async () => {
    const cell = paragraph('one') + paragraph(`${run('two')}<w:r><w:tab/><w:br/></w:r>${run('three')}`);
    expect(await linesOf(table([cell, 'right']))).toEqual(['one two  three\tright']);
  });

  test('keep the order of nested tables', async () => {
    const inner = table(['a', 'b'], ['c', 'd']) + paragraph('below');
    expect(await linesOf(table(['left', inner, 'right']))).toEqual(['left\ta b c d below\tright']);
  });

  test('keep the lines of a single cell, which is a frame around text', async () => {
    expect(await linesOf(table([paragraph('one') + paragraph('two')]))).toEqual(['one', 'two']);
  });

  test('lose rows that are empty, and those deleted as a tracked change', async () => {
    const row = (content: string, properties = '') =>
      `<w:tr>${properties}<w:tc>${paragraph(content)}</w:tc><w:tc>${paragraph('')}</w:tc></w:tr>`;
    const body = `<w:tbl>${row('kept')}${row('')}${row('gone', '<w:trPr><w:del w:id="1"/></w:trPr>')}</w:tbl>`;
    expect(await linesOf(body)).toEqual(['kept\t']);
  });

  test('are read through content controls around rows and cells', async () => {
    const cell = (content: string) => `<w:sdt><w:sdtContent><w:tc>${paragraph(content)}</w:tc></w:sdtContent></w:sdt>`;
    const body = `<w:tbl><w:sdt><w:sdtContent><w:tr>${cell('a')}${cell('b')}</w:tr></w:sdtContent></w:sdt></w:tbl>`;
    expect(await linesOf(body)).toEqual(['a\tb']);
  });
});

describe('notes', () => {
  const footnotes =
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>' +
    note('footnote', 1, ' First note.') +
    note('footnote', 2, 'Second note.');

  test('stand behind the paragraph that refers to them, numbered in order of reference', async () => {
    const body =
      paragraph(run('Fee') + reference('footnote', 2) + run(' and term') + reference('footnote', 1)) +
      paragraph('Next');
    expect(await linesOf({ body, footnotes })).toEqual([
      'Fee[1] and term[2]',
      '[1] Second note.',
      '[2] First note.',
      'Next',
    ]);
  });

  test('follow the table that refers to them', async () => {
    const body = table([paragraph(run('Fee') + reference('footnote', 1)), 'x'], ['y', 'z']) + paragraph('Next');
    expect(await linesOf({ body, footnotes })).toEqual(['Fee[1]\tx', 'y\tz', '[1] First note.', 'Next']);
  });

  test('at the end of the document count by themselves, in Roman numbers', async () => {
    const endnotes = note('endnote', 1, 'At the end.');
    const body = paragraph(run('Fee') + reference('footnote', 1) + reference('endnote', 1));
    expect(await linesOf({ body, footnotes, endnotes })).toEqual(['Fee[1][i]', '[1] First note.', '[i] At the end.']);
  });

  test('are written once, however often they are referred to', async () => {
    const body = paragraph(run('a') + reference('footnote', 1)) + paragraph(run('b') + reference('footnote', 1));
    expect(await linesOf({ body, footnotes })).toEqual(['a[1]', '[1] First note.', 'b[1]']);
  });

  test('keep a mark of their own, which is not counted', async () => {
    const own = reference('footnote', 1, 'w:customMarkFollows="1"') + run('*');
    const body = paragraph(run('a') + own) + paragraph(run('b') + reference('footnote', 2));
    expect(await linesOf({ body, footnotes })).toEqual(['a*', '[*] First note.', 'b[1]', '[1] Second note.']);
  });
});

describe('text boxes', () => {
  test('are read once, behind the paragraph in which they are anchored', async () => {
    const body =
      paragraph(run('An') + shape(paragraph('In the box') + paragraph('and more')) + run('chor')) + paragraph('Next');
    expect(await linesOf(body)).toEqual(['Anchor', 'In the box', 'and more', 'Next']);
  });

  test('are read in the old form when there is no other', async () => {
    const body = paragraph(
      `${run('Old')}<w:r><w:pict><v:textbox>${box(paragraph('boxed'))}</v:textbox></w:pict></w:r>`,
    );
    expect(await linesOf(body)).toEqual(['Old', 'boxed']);
  });

  test('fall back to the old form when there is no new one', async () => {
    const body = paragraph(
      `<w:r><mc:AlternateContent><mc:Fallback><w:pict>${box(paragraph('boxed'))}</w:pict></mc:Fallback></mc:AlternateContent></w:r>`,
    );
    expect(await linesOf(body)).toEqual(['boxed']);
  });

  test('may hold tables and stand in cells', async () => {
    const body = table([paragraph(run('cell') + shape(table(['a', 'b']))), 'x']);
    expect(await linesOf(body)).toEqual(['cell a b\tx']);
  });
});

describe('tracked changes', () => {
  test('are read as accepted: insertions and their new place in, deletions and their old place out', async () => {
    const body = paragraph(
      run('The fee is ') +
        '<w:del w:id="1"><w:r><w:delText>5</w:delText></w:r></w:del>' +
        `<w:ins w:id="2">${run('7')}</w:ins>` +
        `<w:moveFrom w:id="3">${run(' old place')}</w:moveFrom>` +
        `<w:moveTo w:id="4">${run(' new place')}</w:moveTo>`,
    );
    expect(await linesOf(body)).toEqual(['The fee is 7 new place']);
  });

  test('join a paragraph whose mark is deleted to the next one, which decides what it is', async () => {
    const styles = style('Heading1', 'heading 1');
    const body =
      styled('Heading1', 'Payment ', deletedMark) + paragraph('is due at once.') + styled('Heading1', 'Term');
    const { text, headings } = await readBuilt({ body, styles });
    expect(text).toBe('Payment is due at once.\nTerm\n');
    expect(headings).toEqual([{ offset: 24, level: 1, title: 'Term' }]);
  });

  test('do not lose the text of a deleted mark at the end', async () => {
    expect(await linesOf(paragraph('last', deletedMark))).toEqual(['last']);
  });
});

describe('runs', () => {
  test('keep tabs, breaks, hyphens and symbols, and drop what only concerns the layout', async () => {
    const body = paragraph(
      '<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:noBreakHyphen/><w:t>x \u00ad y</w:t><w:lastRenderedPageBreak/>' +
        '<w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Symbol" w:char="F0B3"/><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F021"/></w:r>',
      '<w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs>',
    );
    expect((await readBuilt(body)).text).toBe('a\tb\ncoop-x  y☑≥α\ufffd\n');
  });

  test('treat white space in a text as spaces, as Word does', async () => {
    expect((await readBuilt(paragraph('<w:r><w:t>one\n  two\tthree</w:t></w:r>'))).text).toBe('one   two three\n');
  });

  test('are read through links, controls, fields, custom XML and formulas, without field codes', async () => {
    const body = paragraph(
      `<w:hyperlink>${run('link ')}</w:hyperlink><w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>${run('control ')}</w:sdtContent></w:sdt>` +
        `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGEREF x </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>${run('12 ')}<w:r><w:fldChar w:fldCharType="end"/></w:r>` +
        `<w:fldSimple w:instr="DATE">${run('today ')}</w:fldSimple><w:smartTag>${run('tag ')}</w:smartTag><m:oMath><m:r><m:t>x+y</m:t></m:r></m:oMath>`,
    );
    expect(await linesOf(body)).toEqual(['link control 12 today tag x+y']);
  });

  test('show the check boxes of forms as ticked or not', async () => {
    const field = (inner: string) =>
      `<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:sizeAuto/>${inner}</w:checkBox></w:ffData></w:fldChar></w:r>`;
    const body = paragraph(
      field('<w:default w:val="0"/>') +
        run(' no ') +
        field('<w:default w:val="0"/><w:checked/>') +
        run(' yes ') +
        field('<w:default w:val="1"/><w:checked w:val="0"/>'),
    );
    expect(await linesOf(body)).toEqual(['☐ no ☒ yes ☐']);
  });

  test('leave out phonetic guides, and read hidden text, which a reviewer has to know of', async () => {
    const ruby = `<w:r><w:ruby><w:rt>${run('kan')}</w:rt><w:rubyBase>${run('漢')}</w:rubyBase></w:ruby></w:r>`;
    expect(await linesOf(paragraph(ruby + run('hidden', '<w:vanish/>')))).toEqual(['漢hidden']);
  });

  test('leave comments aside', async () => {
    const comments = `<w:comment w:id="0" w:author="A">${paragraph('What is this?')}</w:comment>`;
    const body = paragraph(
      `<w:commentRangeStart w:id="0"/>${run('Text')}<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>`,
    );
    expect(await linesOf({ body, comments })).toEqual(['Text']);
  });
});

describe('lines', () => {
  test('are one per paragraph, with one blank line for any number of empty paragraphs and none at the start', async () => {
    const empty = paragraph('') + paragraph(' ');
    expect((await readBuilt(empty + paragraph('a') + empty + empty + paragraph('b'))).text).toBe('a\n\nb\n');
  });

  test('keep the number of a list item without text', async () => {
    const numbering = abstractList(0, [{ format: 'decimal', text: '%1.' }]) + list(1, 0);
    expect(await linesOf({ numbering, body: listed(1, 0, '') + listed(1, 0, 'b') })).toEqual(['1. ', '2. b']);
  });

  test('survive damage that other programs leave: nested paragraphs and text outside of them', async () => {
    const body = `${run('loose')}<w:p>${run('outer')}<w:p>${run('inner')}</w:p>${run('rest')}</w:p><w:tc>${paragraph('cell')}</w:tc>`;
    expect(await linesOf(body)).toEqual(['loose', 'outer', 'inner', 'rest', 'cell']);
  });
});
