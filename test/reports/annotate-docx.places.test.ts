import { describe, expect, it } from 'vitest';
import { buildDocx, paragraph, run, style, styled } from '../documents/support/build-docx.ts';
import { annotateBytes } from './support/annotate-built.ts';
import type { FindingDraft } from './support/annotated-content.ts';
import { partText, readComments, type FoundComment } from './support/read-comments.ts';

const inserted = (content: string, id = 7, name = 'ins') =>
  `<w:${name} w:id="${id}" w:author="x">${content}</w:${name}>`;

/** The comments of a document, and those that are left when all of its tracked insertions are rejected with what is in them. */
async function rejectInsertions(body: string, findings: readonly FindingDraft[], styles?: string) {
  const { parts, comments } = await annotateBytes(
    buildDocx({ body, ...(styles !== undefined && { styles }) }),
    findings,
  );
  const xml = partText(parts, 'word/document.xml').replaceAll(/<w:(ins|moveTo) .*?<\/w:\1>/gs, '');
  const left = comments.filter(({ id }) => xml.includes(`<w:commentReference w:id="${id}"/>`));
  return { comments, left, xml };
}

const markedOf = (comments: readonly FoundComment[]): string[] => comments.map(({ marked }) => marked);

describe('rejecting a tracked insertion keeps a comment', () => {
  it('that is about the whole document, where its first line is inserted or ends in an insertion', async () => {
    for (const body of [
      paragraph(run('Old ') + inserted(run('and new'))) + paragraph('More.'),
      paragraph(inserted(run('Old and new'))) + paragraph('More.'),
      paragraph(inserted(run('Old ')) + inserted(run('and new'), 8, 'moveTo')) + paragraph('More.'),
    ]) {
      const { comments, left, xml } = await rejectInsertions(body, []);
      expect(markedOf(comments)).toEqual(['Old and new']);
      expect(comments[0]?.isReferred).toBe(true);
      expect(left).toHaveLength(1);
      expect(xml.match(/<w:commentRange(?:Start|End) /g)).toHaveLength(2);
    }
  });

  it('that stands at the heading of a section without quoting it', async () => {
    const body = paragraph('Before.') + styled('h', inserted(run('Fees'))) + paragraph('pay the fee');
    const { comments, left } = await rejectInsertions(body, [{ section: 1 }], style('h', 'heading 1'));
    expect(markedOf(comments)).toEqual(['Before.', 'Fees']);
    expect(left).toHaveLength(2);
  });

  it('that quotes words outside of the insertion as well, and stands around no others', async () => {
    const body =
      paragraph('Before.') + paragraph(run('pay the fee ') + inserted(run('at once, please')) + run(' or not'));
    const { comments, left } = await rejectInsertions(body, [
      { quotes: ['fee at once'] },
      { quotes: ['please or'] },
      { quotes: ['pay the fee at once, please or not'] },
    ]);
    expect(markedOf(comments.slice(1))).toEqual(['fee at once', 'please or', 'pay the fee at once, please or not']);
    expect(comments.every(({ isReferred }) => isReferred)).toBe(true);
    expect(left).toHaveLength(4);
  });

  it('but not one whose words are all inserted: it goes with them', async () => {
    const body = paragraph('Before.') + paragraph(run('pay ') + inserted(run('the fee')));
    const { comments, left } = await rejectInsertions(body, [{ quotes: ['the fee'] }]);
    expect(markedOf(comments)).toEqual(['Before.', 'the fee']);
    expect(markedOf(left)).toEqual(['Before.']);
  });
});

/** What the comment of the only finding stands around, and the last it says. */
async function commentOn(body: string, quote: string) {
  const { parts, comments } = await annotateBytes(buildDocx({ body: paragraph('Before.') + body }), [
    { quotes: [quote] },
  ]);
  expect(readComments(parts)[1]?.isReferred).toBe(true);
  return { marked: comments[1]?.marked, says: comments[1]?.paragraphs.at(-1) };
}

describe('where Word fills in words anew, a comment stands around them', () => {
  const control = (properties: string, content = run('Acme Ltd')) =>
    `<w:sdt><w:sdtPr>${properties}</w:sdtPr><w:sdtContent>${content}</w:sdtContent></w:sdt>`;

  it.each([
    '<w:dropDownList/>',
    '<w:comboBox><w:listItem w:value="a"/></w:comboBox>',
    '<w:date/>',
    '<w:text/>',
    '<w14:checkbox/>',
    '<w:showingPlcHdr/>',
    '<w:dataBinding w:xpath="/a"/>',
  ])('in a control with %s', async (properties) => {
    expect(await commentOn(paragraph(run('by ') + control(properties) + run(' only')), 'Acme')).toEqual({
      marked: 'Acme Ltd',
      says: 'Quoted: “Acme” It is in this form field.',
    });
  });

  it('but in a control for any text, and in one around whole paragraphs, on the very words', async () => {
    const precise = { marked: 'Acme', says: 'Question: Is there insurance?' };
    expect(await commentOn(paragraph(run('by ') + control('') + run(' only')), 'Acme')).toEqual(precise);
    expect(await commentOn(control('<w:text/>', paragraph('Acme Ltd')), 'Acme')).toEqual(precise);
  });

  const mark = (kind: string) => `<w:r><w:fldChar w:fldCharType="${kind}"/></w:r>`;
  const code = (text: string) => `<w:r><w:instrText xml:space="preserve">${text}</w:instrText></w:r>`;
  const field = (instruction: string, result: string) =>
    mark('begin') + code(instruction) + mark('separate') + result + mark('end');
  const says = (quote: string) => `Quoted: “${quote}” It begins or ends in this field, which Word can fill anew.`;

  it('in the result of a field, even where its marks were inserted', async () => {
    const reference = field(' REF _Ref1 \\h ', run('clause 4.2'));
    for (const body of [
      run('see ') + reference + run(' below'),
      `${run('see ')}<w:fldSimple w:instr=" REF _Ref1 ">${run('clause 4.2')}</w:fldSimple>${run(' below')}`,
      run('see ') + field(' IF 1 = 1 ', field(' REF _Ref1 ', run('clause 4.2'))) + run(' below'),
      run('see ') + inserted(mark('begin') + code(' REF a ')) + mark('separate') + run('clause 4.2') + mark('end'),
    ])
      expect(await commentOn(paragraph(body), '4.2')).toEqual({ marked: 'clause 4.2', says: says('4.2') });
    expect(await commentOn(paragraph(run('see ') + reference + run(' below')), 'see clause')).toEqual({
      marked: 'see clause 4.2',
      says: says('see clause'),
    });
  });

  it('but on the very words around a field, in a link, which Word keeps, and in a field over paragraphs', async () => {
    const whole = run('see ') + field(' REF _Ref1 ', run('4.2')) + run(' below');
    expect(await commentOn(paragraph(whole), 'see 4.2 below')).toMatchObject({ marked: 'see 4.2 below' });
    const link = field(' HYPERLINK "https://example.com" ', run('the terms of use'));
    expect(await commentOn(paragraph(link), 'terms')).toMatchObject({ marked: 'terms' });
    const contents =
      paragraph(mark('begin') + code(' TOC ') + mark('separate') + run('1 Fees and costs')) +
      paragraph(run('2 Term') + mark('end'));
    expect(await commentOn(contents, 'Fees')).toMatchObject({ marked: 'Fees' });
  });

  it('and a field that never ends changes nothing', async () => {
    const body = mark('end') + mark('begin').repeat(3) + mark('separate') + run('clause 4.2');
    expect(await commentOn(paragraph(run('see ') + body), '4.2')).toMatchObject({ marked: '4.2' });
  });
});
