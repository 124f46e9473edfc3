import { describe, expect, it } from 'vitest';
import {
  buildDocx,
  docxParts,
  paragraph,
  run,
  style,
  styled,
  table,
  zipParts,
  type DocxContent,
} from '../documents/support/build-docx.ts';
import { annotateBytes } from './support/annotate-built.ts';
import { contentOf, type FindingDraft } from './support/annotated-content.ts';
import { partText } from './support/read-comments.ts';

const annotate = (content: DocxContent | string, findings: readonly FindingDraft[]) =>
  annotateBytes(buildDocx(typeof content === 'string' ? { body: content } : content), findings);

/** What the comment of the only finding stands around. */
async function markedBy(content: DocxContent | string, ...quotes: readonly string[]): Promise<string> {
  const { comments } = await annotate(content, [{ quotes }]);
  const [, comment] = comments;
  expect(comment?.isReferred).toBe(true);
  return comment?.marked ?? '';
}

const rejected = {
  at: new Date('2026-05-01T10:00:00Z'),
  actor: 'Jane Doe',
  status: 'REJECTED',
  note: 'Agreed so.',
  carriedOver: null,
} as const;
const accepted = {
  at: new Date('2026-05-02T10:00:00Z'),
  actor: 'Söhne & Co',
  status: 'ACCEPTED',
  note: null,
  carriedOver: null,
} as const;

const haiku = {
  name: 'Haiku',
  calls: 3,
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0.0125,
};

describe('a comment in a Word document stands around the quoted words', () => {
  it('within a run, which is cut and keeps its properties on both sides', async () => {
    const { parts, comments } = await annotate(paragraph(run('pay the fee in full', '<w:b/>')), [
      { quotes: ['the fee'] },
    ]);
    expect(comments[1]?.marked).toBe('the fee');
    const xml = partText(parts, 'word/document.xml');
    expect(xml.match(/<w:rPr><w:b\/><\/w:rPr>/g)).toHaveLength(3);
    expect(xml).toContain('<w:t xml:space="preserve"> in full</w:t>');
  });

  it('without losing spaces at the cut that were in the middle of a text', async () => {
    const { parts } = await annotate(paragraph('<w:r><w:t>pay the fee</w:t></w:r>'), [{ quotes: ['the'] }]);
    expect(partText(parts, 'word/document.xml').match(/<w:t[ >].*?<\/w:t>/g)).toEqual([
      '<w:t xml:space="preserve">pay </w:t>',
      '<w:t xml:space="preserve">the</w:t>',
      '<w:t xml:space="preserve"> fee</w:t>',
    ]);
  });

  it('over runs, paragraphs and cells', async () => {
    const body =
      paragraph(run('The fee ') + run('is due', '<w:i/>')) +
      paragraph('at once.') +
      table(['left', 'right'], ['a', 'b']);
    expect(await markedBy(body, 'fee is due\nat')).toBe('fee is due\nat');
    expect(await markedBy(body, 'left\tright\na')).toBe('left\nright\na');
  });

  it('in tracked insertions, hyperlinks and content controls, not in what was deleted', async () => {
    const body = paragraph(
      `${run('a ')}<w:ins w:id="7" w:author="x">${run('new word')}</w:ins><w:del w:id="8" w:author="x"><w:r><w:delText>gone</w:delText></w:r></w:del>` +
        `<w:hyperlink w:anchor="x">${run(' in a link')}</w:hyperlink><w:sdt><w:sdtPr/><w:sdtContent>${run(' in a control')}</w:sdtContent></w:sdt>`,
    );
    expect(await markedBy(body, 'word in a')).toBe('word in a');
    expect(await markedBy(body, 'link in a')).toBe('link in a');
  });

  it('behind entities, soft hyphens, line ends in the file and characters of two code units', async () => {
    const body = paragraph('<w:r><w:t>co\u00adop &amp; &#x1F600;\r\n😀 &lt;x&gt; end</w:t></w:r>');
    expect(await markedBy(body, '& 😀 😀 <')).toBe('& 😀\n😀 <');
    const { parts } = await annotate(body, [{ quotes: [{ start: 8, end: 10 }] }]);
    expect(partText(parts, 'word/document.xml')).not.toContain('\ufffd');
  });

  it('behind what the document generates: numbering, tabs, breaks and symbols in the same run', async () => {
    const body = paragraph('<w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three four</w:t></w:r>');
    expect(await markedBy(body, 'two')).toBe('two');
    expect(await markedBy(body, 'one\ttwo\nthree')).toBe('one\ttwo\nthree');
  });

  it('whatever prefix the document has for its elements', async () => {
    const parts = docxParts({ body: paragraph(run('pay the fee')) });
    const renamed =
      parts['word/document.xml']?.replaceAll(/\bw:|(?<=xmlns:)w\b/g, (found) => found.replace('w', 'x')) ?? '';
    const { comments } = await annotateBytes(zipParts({ ...parts, 'word/document.xml': renamed }), [
      { quotes: ['fee'] },
    ]);
    expect(comments[1]?.isReferred).toBe(true);
  });

  it('also where many comments begin and end at the same place', async () => {
    const quotes = ['the fee', 'the fee in', 'fee', 'pay the', 'in full', 'pay the fee in full'];
    const { comments } = await annotate(
      paragraph('pay the fee in full'),
      quotes.map((quote) => ({ quotes: [quote] })),
    );
    expect(comments.slice(1).map(({ marked }) => marked)).toEqual(quotes);
  });
});

describe('where Word takes no comment, it stands around the whole and says so', () => {
  const lastLines = async (content: DocxContent | string, quote: string) => {
    const { comments } = await annotate(content, [{ quotes: [quote] }]);
    return { marked: comments[1]?.marked, text: comments[1]?.paragraphs.join('\n') };
  };

  it('in a text box', async () => {
    const box = `<w:r><w:pict><v:textbox><w:txbxContent>${paragraph('words in a box')}</w:txbxContent></v:textbox></w:pict></w:r>`;
    const { marked, text } = await lastLines(paragraph(run('before ') + box + run(' after')), 'in a');
    expect(marked).toBe('words in a box\n');
    expect(text).toContain('Quoted: “in a” It is in the text box that is anchored here');
  });

  it('in a footnote, at its reference', async () => {
    const { marked, text } = await lastLines(
      {
        body: paragraph(`${run('a')}<w:r><w:footnoteReference w:id="2"/></w:r>${run('b')}`),
        footnotes: `<w:footnote w:id="1">${paragraph('other')}</w:footnote><w:footnote w:id="2">${paragraph('net of tax')}</w:footnote>`,
      },
      'net of',
    );
    expect(marked).toBe('');
    expect(text).toContain('Quoted: “net of” It is in the footnote that is referred to here');
  });

  it('in a formula and in a control that is bound to data', async () => {
    const formula = await lastLines(paragraph(`${run('with ')}<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>`), 'a+');
    expect(formula.text).toContain('It is in this formula.');
    const bound = `<w:sdt><w:sdtPr><w:dataBinding w:xpath="/a"/></w:sdtPr><w:sdtContent>${run('Acme Ltd')}</w:sdtContent></w:sdt>`;
    const control = await lastLines(paragraph(run('by ') + bound + run(' only')), 'Acme');
    expect(control).toMatchObject({ marked: 'Acme Ltd', text: expect.stringContaining('in this form field') });
  });
});

describe('a comment says all that a reader decides by', () => {
  it('title, risk, category, confidence, detail, recommendation, questions and checks', async () => {
    const { comments } = await annotate(paragraph('pay the fee'), [
      { quotes: ['fee'], checks: [{ ref: 'L1', title: 'Liability is capped' }], detail: 'One.\nTwo & <three>\u0001.' },
    ]);
    expect(comments[1]).toMatchObject({ author: 'AI-Prism', date: '2026-03-04T05:06:07Z' });
    expect(comments[1]?.paragraphs).toEqual([
      '1. Unlimited liability',
      'High risk · Liability · confidence 0.82',
      'One.',
      'Two & <three>.',
      'Recommendation: Agree on a cap.',
      'Question: Is there insurance?',
      'Check: Liability is capped (L1)',
    ]);
  });

  it('with a reply for each decision, the thread of a rejected one resolved', async () => {
    const { parts, comments } = await annotate(paragraph('pay the fee'), [
      { quotes: ['fee'], status: 'REJECTED', history: [accepted, rejected] },
      { quotes: ['pay'] },
    ]);
    expect(comments.map(({ id, repliesTo, isResolved }) => ({ id, repliesTo, isResolved }))).toEqual([
      { id: '0', repliesTo: null, isResolved: false },
      { id: '1', repliesTo: null, isResolved: true },
      { id: '2', repliesTo: '1', isResolved: true },
      { id: '3', repliesTo: '1', isResolved: true },
      { id: '4', repliesTo: null, isResolved: false },
    ]);
    expect(comments[2]).toMatchObject({ author: 'Söhne & Co', date: '2026-05-02T10:00:00Z', paragraphs: ['Accepted'] });
    expect(comments[3]).toMatchObject({ author: 'Jane Doe', paragraphs: ['Rejected', 'Agreed so.'], marked: 'fee' });
    expect(partText(parts, 'word/people.xml').match(/w15:author="[^"]*"/g)).toEqual([
      'w15:author="AI-Prism"',
      'w15:author="Söhne &amp; Co"',
      'w15:author="Jane Doe"',
    ]);
  });

  it('in the direction in which its words read', async () => {
    const arabic = 'العقد (باريس) هنا، 5 أيام.';
    const { parts, comments } = await annotate(paragraph('pay the fee'), [
      {
        quotes: ['fee'],
        title: arabic,
        detail: `Mixed: العقد, not so.\n${arabic}`,
        recommendation: null,
        questions: [],
      },
    ]);
    expect(comments[1]?.paragraphs).toEqual(expect.arrayContaining([`1. ${arabic}`, 'Mixed: العقد, not so.', arabic]));
    const [, , comment = ''] = partText(parts, 'word/comments.xml').split('<w:comment ');
    const words = (text: string) => `<w:t xml:space="preserve">${text}</w:t>`;
    const directed = '<w:pPr><w:bidi/></w:pPr>';
    expect(comment).toContain(
      `<w:p>${directed}<w:r><w:annotationRef/></w:r><w:r><w:rPr><w:b/><w:bCs/><w:rtl/></w:rPr>${words(`1. ${arabic}`)}`,
    );
    expect(comment).toContain(`${directed}<w:r><w:rPr><w:rtl/></w:rPr>${words(arabic)}</w:r></w:p>`);
    expect(comment).toContain(
      `<w:p><w:r>${words('Mixed: ')}</w:r><w:r><w:rPr><w:rtl/></w:rPr>${words('العقد')}</w:r><w:r>${words(', not so.')}`,
    );
    expect(comment.match(/<w:bidi\/>/g)).toHaveLength(2);
  });

  it('under a name and initials that are no longer than Word takes', async () => {
    const by = (actor: string) => ({ ...accepted, actor });
    const history = [
      by(`${'😀'.repeat(126)}ab😀😀`),
      by('n'.repeat(255)),
      by('ﬃ ﬃ ﬃ ﬃ ﬃ'),
      by('Rene\u0301e  O’Hara'),
      by('???'),
    ];
    const { parts, comments } = await annotate(paragraph('pay the fee'), [{ quotes: ['fee'], history }]);
    const cut = `${'😀'.repeat(126)}ab…`;
    expect(cut).toHaveLength(255);
    const names = comments.slice(2).map(({ author }) => author);
    expect(names.slice(0, 2)).toEqual([cut, 'n'.repeat(255)]);
    expect(partText(parts, 'word/people.xml')).toContain(`w15:author="${cut}"`);
    const initials = partText(parts, 'word/comments.xml').match(/(?<=w:initials=")[^"]*/g);
    expect(initials).toEqual(['AP', 'AP', 'A', 'N', 'FFIFFIFFI', 'ROH', '?']);
  });

  it('with the date of a decision, and that it was carried over', async () => {
    const decidedAt = new Date('2026-04-01T09:00:00Z');
    const carried = { ...rejected, carriedOver: { from: 'EARLIER_ANALYSIS', decidedAt } } as const;
    const { comments } = await annotate(paragraph('pay the fee'), [{ quotes: ['fee'], history: [carried] }]);
    expect(comments[2]).toMatchObject({
      author: 'Jane Doe',
      date: '2026-04-01T09:00:00Z',
      paragraphs: ['Rejected', 'Carried over from the analysis before on 2026-05-01 10:00 UTC.', 'Agreed so.'],
    });
  });

  it('of a strength without a risk, and of the document that nothing was assessed where that is so', async () => {
    const { document } = await annotate(paragraph('pay the fee'), []);
    const sections = contentOf(document, []).sections.map((each) => ({ ...each, state: 'FAILED' as const }));
    const failed = await annotateBytes(buildDocx({ body: paragraph('pay the fee') }), [], { risk: null, sections });
    expect(failed.comments[0]?.paragraphs).toContain('Overall: Not assessed');
    const { comments } = await annotate(paragraph('pay the fee'), [{ quotes: ['fee'], kind: 'STRENGTH' }]);
    expect(comments[1]?.paragraphs).toContain('Strength · Liability · confidence 0.82');
  });

  it('has one comment for several quotations, on the first, and names the others', async () => {
    const { comments } = await annotate(paragraph('pay the fee in full'), [{ quotes: ['fee', 'full', 'never said'] }]);
    expect(comments).toHaveLength(2);
    expect(comments[1]?.marked).toBe('fee');
    expect(comments[1]?.paragraphs).toContain('Also quoted: “full”');
    expect(comments[1]?.paragraphs).toContain('Quoted, but not found in the document word for word: “never said”');
  });

  it('without a quotation that the document has, it stands at the heading of its section', async () => {
    const content = {
      body: paragraph('Before.') + styled('h', 'Fees') + paragraph('pay the fee'),
      styles: style('h', 'heading 1'),
    };
    const { comments } = await annotate(content, [
      { quotes: ['never said'], section: 1 },
      { source: 'REVIEWER', section: 1 },
    ]);
    expect(comments[1]).toMatchObject({ author: 'AI-Prism', marked: 'Fees' });
    expect(comments[1]?.paragraphs.slice(-2)).toEqual([
      'Quoted, but not found in the document word for word: “never said”',
      'It is marked at the beginning of its section.',
    ]);
    expect(comments[2]).toMatchObject({ author: 'Reviewer (AI-Prism)', marked: 'Fees' });
    expect(comments[2]?.paragraphs.at(-1)).toMatch(/^This finding quotes no words/);
  });

  it('says at the start what concerns all of the document, such as that the models were simulated', async () => {
    const parts = { ...docxParts({ body: paragraph('pay the fee') }), '_xmlsignatures/sig1.xml': '<Signature/>' };
    const { comments } = await annotateBytes(zipParts(parts), [{ quotes: ['fee'] }], {
      isSimulated: true,
      belowThreshold: 2,
      threshold: 0.5,
      models: [haiku],
    });
    expect(comments[0]?.marked).toBe('pay the fee');
    expect(comments[0]?.paragraphs).toEqual([
      'Review of contract.docx',
      'Simulated: no model has read this document. What follows was found by rules over its text.',
      '1 finding in 1 section, of which 1 was analysed. 2 findings with less confidence than 0.50 were left out.',
      'Overall: High risk',
      expect.stringContaining('signed digitally'),
      'Models: Haiku (3 calls). Cost: 0.0125 USD.',
      expect.stringContaining('by the playbook “General”. What models find is a help'),
      expect.stringMatching(/^A model has to quote/),
      expect.stringMatching(/^Confidence of a finding/),
      expect.stringMatching(/^Findings with less confidence/),
      'Made by AI-Prism 0.1.0.',
    ]);
    expect(comments[1]?.paragraphs).toContain('Simulated: found by rules, not by a model.');
  });
});

describe('the rest of the package', () => {
  it('stays as it is byte for byte, comments and tracked changes included', async () => {
    const extra = { 'word/media/image.png': Uint8Array.of(1, 2, 3), 'customXml/item1.xml': '<a/>' };
    const body = paragraph(
      `<w:commentRangeStart w:id="5"/>${run('pay the fee')}<w:commentRangeEnd w:id="5"/><w:r><w:commentReference w:id="5"/></w:r>` +
        `<w:ins w:id="900" w:author="x"><w:r><w:rPr><w:b/><w:rPrChange w:id="901" w:author="x"><w:rPr/></w:rPrChange></w:rPr><w:t xml:space="preserve"> at once</w:t></w:r></w:ins>`,
    );
    const comment = `<w:comment w:id="5" w:author="Ann"><w:p w14:paraId="60000000">${run('Why?')}</w:p></w:comment>`;
    const bytes = zipParts({ ...docxParts({ body, comments: comment }), ...extra });
    const { original, parts, comments } = await annotateBytes(bytes, [
      { quotes: ['the fee', 'once'] },
      { quotes: ['once'] },
    ]);

    expect(comments.map(({ id, author, marked }) => [id, author, marked])).toEqual([
      ['5', 'Ann', 'pay the fee'],
      ['902', 'AI-Prism', 'pay the fee at once'],
      ['903', 'AI-Prism', 'the fee'],
      ['904', 'AI-Prism', 'once'],
    ]);
    const changed = Object.keys(parts).filter(
      (name) => Buffer.compare(parts[name] ?? Buffer.alloc(0), original[name] ?? Buffer.alloc(0)) !== 0,
    );
    expect(changed.sort()).toEqual([
      '[Content_Types].xml',
      'word/_rels/document.xml.rels',
      'word/comments.xml',
      'word/commentsExtended.xml',
      'word/document.xml',
      'word/people.xml',
    ]);
    expect(partText(parts, 'word/comments.xml')).toContain(comment);
    // The run that was cut is tracked as before, each part of it under an id of its own.
    expect(partText(parts, 'word/document.xml').match(/rPrChange w:id="\d+"/g)).toEqual([
      'rPrChange w:id="901"',
      'rPrChange w:id="905"',
    ]);
  });

  it('does not depend on when it is written', async () => {
    const bytes = buildDocx({ body: paragraph('pay the fee') });
    const [first, second] = [
      await annotateBytes(bytes, [{ quotes: ['fee'] }]),
      await annotateBytes(bytes, [{ quotes: ['fee'] }]),
    ];
    expect(Buffer.compare(first.annotated, second.annotated)).toBe(0);
  });

  it('is refused with more comments than Word opens', async () => {
    const history = Array.from({ length: 33_000 }, () => rejected);
    await expect(annotate(paragraph('pay the fee'), [{ quotes: ['fee'], history }])).rejects.toMatchObject({
      name: 'DocumentError',
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/Ask for the report in another format\.$/),
    });
  });
});
