import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPdf, draw, drawLines, type PdfOptions } from '../documents/pdf-file.ts';
import { annotatePdfBytes } from './support/annotate-pdf-bytes.ts';
import type { FindingDraft } from './support/annotated-content.ts';

const annotate = (
  contents: readonly string[],
  findings: readonly FindingDraft[],
  options: PdfOptions = {},
  entries = '',
) =>
  annotatePdfBytes(
    buildPdf(
      contents.map((content) => ({ content, entries })),
      options,
    ),
    findings,
  );

/** What is under the highlights of the only finding, by page. */
async function highlighted(contents: readonly string[], ...quotes: readonly string[]): Promise<string[]> {
  const { annotations } = await annotate(contents, [{ quotes }]);
  return annotations.slice(1).map(({ page, under }) => `${page}: ${under}`);
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
  actor: '山田',
  status: 'ACCEPTED',
  note: null,
  carriedOver: null,
} as const;

describe('a highlight in a PDF covers the quoted words', () => {
  it('within a line', async () => {
    expect(await highlighted([draw(72, 700, 'pay the fee in full')], 'the fee')).toEqual(['1: the fee']);
  });

  it('over the end of a line, a word that is broken there, and a page: one for each page', async () => {
    const pages = [
      drawLines(72, 100, ['The supplier of the goods keeps to all terms of this agree-']),
      draw(72, 760, 'ment in full.'),
    ];
    expect(await highlighted(pages, 'this agreement in')).toEqual(['1: this agree', '2: ment in']);
  });

  it('in columns, one after the other', async () => {
    const column = (name: string) =>
      Array.from({ length: 8 }, (_, line) => `${name} runs on with words of line ${line} and`);
    const page = drawLines(50, 700, column('left'), 'courier', 8) + drawLines(310, 700, column('right'), 'courier', 8);
    expect(await highlighted([page], 'line 7 and right runs on')).toEqual(['1: line 7 andright runs on']);
  });

  it('in letters of different widths, by the widths of their font', async () => {
    const { annotations } = await annotate([draw(72, 700, 'iiiiiiiiii WWWWW', 'helvetica')], [{ quotes: ['WWWWW'] }]);
    // Helvetica: an i is 2.22 points wide, a space 2.78, a W 9.44.
    expect(annotations[1]?.quads[0]?.left).toBeCloseTo(72 + 22.2 + 2.78, 0);
    expect(annotations[1]?.quads[0]?.right).toBeCloseTo(72 + 22.2 + 2.78 + 47.2, 0);
  });

  it('where the text is turned', async () => {
    const page = 'BT /courier 10 Tf 0 1 -1 0 100 200 Tm (pay the fee) Tj ET\n';
    expect(await highlighted([page], 'the')).toEqual(['1: the']);
  });

  it.each([0, 45, 90, 135, 180, 225, 270, 315])(
    'where a stamp runs at %i degrees on an upright page',
    async (degrees) => {
      const [cosine, sine] = [Math.cos, Math.sin].map((of) => of((degrees * Math.PI) / 180).toFixed(4)).map(Number);
      const stamp = `BT /courier 10 Tf ${cosine} ${sine} ${-(sine ?? 0)} ${cosine} 300 400 Tm (pay the fee) Tj ET\n`;
      const page = drawLines(72, 700, ['Most of a page', 'is upright.']) + stamp;
      // pdf.js has the spaces of slanted text as runs of their own, some of which begin at the edge.
      expect((await highlighted([page], 'the')).map((found) => found.replaceAll(/ +/g, ' ').trim())).toEqual([
        '1: the',
      ]);
    },
  );

  it('for every quotation of a finding, those of a page together', async () => {
    const pages = [draw(72, 700, 'pay the fee') + draw(72, 600, 'in full'), draw(72, 700, 'at once')];
    expect(await highlighted(pages, 'fee', 'full', 'once')).toEqual(['1: feefull', '2: once']);
  });

  it('for any range of a page of words', async () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 2, maxLength: 9 });
    const pages = fc.array(words, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pages, fc.nat(999), fc.nat(999), async (lines, from, to) => {
        const page = drawLines(
          72,
          700,
          lines.map((line) => `${line.join(' ')}.`),
        );
        const { document } = await annotate([page], []);
        const [start, end] = [from, to]
          .map((pick) => Math.floor((pick / 1000) * document.text.length))
          .sort((a, b) => a - b) as [number, number];
        const quoted = document.text.slice(start, end + 1);
        if (quoted.trim() === '') return;
        const { annotations } = await annotate([page], [{ quotes: [{ start, end: end + 1 }], section: 0 }]);
        expect(annotations[1]?.under.replaceAll(/\s/g, '')).toBe(quoted.replaceAll(/\s/g, ''));
      }),
      { numRuns: 40, seed: 5 },
    );
  }, 60_000);
});

describe('its comment', () => {
  it('says all of the finding and can be seen in every viewer', async () => {
    const { annotations } = await annotate(
      [draw(72, 700, 'pay the fee')],
      [{ quotes: ['fee'], detail: 'Größe 費用 \u0001' }],
    );
    expect(annotations[1]).toMatchObject({
      kind: 'Highlight',
      author: 'AI-Prism',
      hasAppearance: true,
      isHidden: false,
    });
    expect(annotations[1]?.contents).toBe(
      '1. Unlimited liability\nHigh risk · Liability · confidence 0.82\nGröße 費用\nRecommendation: Agree on a cap.\nQuestion: Is there insurance?',
    );
  });

  it('has a reply and a state for each decision', async () => {
    const { annotations } = await annotate(
      [draw(72, 700, 'pay the fee')],
      [{ quotes: ['fee'], status: 'REJECTED', history: [accepted, rejected] }],
    );
    const [, finding, ...answers] = annotations;
    expect(
      answers.map(({ kind, author, contents, state, isHidden }) => [kind, author, contents, state, isHidden]),
    ).toEqual([
      ['Text', '山田', 'Accepted', null, false],
      ['Text', '山田', 'Accepted', 'Accepted', true],
      ['Text', 'Jane Doe', 'Rejected\nAgreed so.', null, false],
      ['Text', 'Jane Doe', 'Rejected\nAgreed so.', 'Rejected', true],
    ]);
    expect(answers.every(({ repliesTo }) => repliesTo === finding?.ref)).toBe(true);
  });

  it('stands at the beginning of the section when nothing is quoted that the document has', async () => {
    const pages = [draw(72, 700, 'pay the fee'), draw(72, 700, 'second page')];
    const { annotations } = await annotate(pages, [{ quotes: ['never said'], section: 1 }]);
    expect(annotations[1]).toMatchObject({ page: 2, under: 'second page' });
    expect(annotations[1]?.contents).toMatch(/not found in the document word for word: “never said”\nIt is marked at/);
  });

  it('says on the first line what concerns all of the document', async () => {
    const { annotations } = await annotatePdfBytes(
      buildPdf([{ content: draw(72, 700, 'pay the fee') }], { catalog: '/AcroForm<</SigFlags 3/Fields[]>>' }),
      [],
      { isSimulated: true },
    );
    expect(annotations).toHaveLength(1);
    expect(annotations[0]?.contents).toMatch(
      /^Review of contract.docx\nSimulated: .*\n(?:.*\n)*The original file is signed/,
    );
  });
});

describe('the rest of the PDF', () => {
  const own = '<</Type/Annot/Subtype/Text/Rect[10 10 30 30]/Contents(Mine)/T(Ann)>>';
  const findings = [{ quotes: ['fee'] }];

  it('stays as it is: all is appended, and its own annotations stay', async () => {
    const inline = await annotate([draw(72, 700, 'pay the fee')], findings, {}, `/Annots[${own}]`);
    const referred = await annotate(
      [draw(72, 700, 'pay the fee')],
      findings,
      { objects: { 100: `[${own}]` } },
      '/Annots 100 0 R',
    );
    for (const { annotations, isAppended } of [inline, referred]) {
      expect(annotations.map(({ author }) => author)).toEqual(['Ann', 'AI-Prism', 'AI-Prism']);
      expect(isAppended).toBe(true);
    }
  });

  it('stays as it is where pages have one list of annotations: each gets only its own highlights', async () => {
    const { annotations } = await annotate(
      [draw(72, 700, 'pay the fee'), draw(72, 700, 'second page')],
      [{ quotes: ['second'] }],
      { objects: { 100: `[${own}]` } },
      '/Annots 100 0 R',
    );
    expect(annotations.map(({ page, author, under }) => [page, author, under])).toEqual([
      [1, 'Ann', ''],
      [1, 'AI-Prism', 'pay the fee'],
      [2, 'Ann', ''],
      [2, 'AI-Prism', 'second'],
    ]);
  });

  it('stays so in a file that is optimised for the web', async () => {
    const bytes = buildPdf([{ content: draw(72, 700, 'pay the fee') }], {
      objects: { 0: '<</Linearized 1/L 0/H[0 0]/O 31/E 0/N 1/T 0>>' },
    });
    const { annotations, isAppended } = await annotatePdfBytes(bytes, findings);
    expect(isAppended).toBe(true);
    expect(annotations[1]?.under).toBe('fee');
  });

  it('says the same where its table of objects is damaged and it has to be written anew', async () => {
    const bytes = buildPdf([{ content: draw(72, 700, 'pay the fee'), entries: `/Annots[${own}]` }]);
    const damaged = Buffer.from(bytes.toString('latin1').replace(/startxref\n\d+/, 'startxref\n7'), 'latin1');
    const { annotations } = await annotatePdfBytes(damaged, findings);
    expect(annotations.map(({ author }) => author)).toEqual(['Ann', 'AI-Prism', 'AI-Prism']);
    expect(annotations[2]?.under).toBe('fee');
  });

  it('stays encrypted where it opens without a password', async () => {
    const { annotated, annotations, isAppended } = await annotate([draw(72, 700, 'pay the fee')], findings, {
      isEncrypted: true,
    });
    expect(isAppended).toBe(true);
    expect(annotations[1]).toMatchObject({ author: 'AI-Prism', under: 'fee' });
    expect(annotations[1]?.contents).toMatch(/^1\. Unlimited liability/);
    expect(Buffer.from(annotated).includes('Unlimited liability')).toBe(false);
  });

  it('is refused when it needs a password, or its owner forbids comments', async () => {
    const refused = { name: 'DocumentError', code: 'UNREADABLE_DOCUMENT' };
    await expect(annotate([draw(72, 700, 'pay the fee')], findings, { isLocked: true })).rejects.toMatchObject(refused);
    await expect(
      annotate([draw(72, 700, 'pay the fee')], findings, { isEncrypted: true, permissions: -44 }),
    ).rejects.toMatchObject({ ...refused, message: expect.stringContaining('forbids comments') });
  });
});

const samples = fileURLToPath(new URL('../../../shared/samples/', import.meta.url));
const isMissing = !existsSync(samples);
// oxlint-disable-next-line no-console
if (isMissing) console.warn(`SKIPPED: the real PDFs are not in ${samples}; tests of generated ones run all the same.`);

describe.skipIf(isMissing)('a filed contract of 23 pages', () => {
  it('takes 100 highlights, each on its words but for a letter at its ends', async () => {
    const bytes = await readFile(`${samples}development-agreement.pdf`);
    const { document } = await annotatePdfBytes(bytes, []);
    const quotes = Array.from({ length: 100 }, (_, index) => {
      const start = document.text.indexOf(' ', Math.floor((document.text.length * index) / 100)) + 1;
      return { start, end: document.text.indexOf(' ', start + 60) };
    });
    const { annotations, isAppended } = await annotatePdfBytes(
      bytes,
      quotes.map((quote) => ({ quotes: [quote], section: 0 })),
    );
    expect(isAppended).toBe(true);
    const ours = annotations.filter(({ author }) => author === 'AI-Prism').slice(1);
    for (const [index, { start, end }] of quotes.entries()) {
      const quoted = document.text.slice(start, end).replaceAll(/\s/g, '');
      const parts = ours.filter(({ contents }) => contents.startsWith(`${index + 1}. `));
      const under = parts.map((part) => part.under.replaceAll(/\s/g, '')).join('');
      expect(Math.abs(under.length - quoted.length)).toBeLessThanOrEqual(6);
      expect(under).toContain(quoted.slice(4, -4));
    }
  }, 60_000);
});
