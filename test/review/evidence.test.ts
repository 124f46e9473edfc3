import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEvidenceFinder, type QuotedSection } from '../../src/review/evidence.ts';

const section = (text: string, change: Partial<QuotedSection> = {}): QuotedSection => ({
  text,
  startOffset: 0,
  pageStart: null,
  pageBreaks: [],
  ...change,
});

const find = (text: string, quote: string) => createEvidenceFinder(section(text))(quote);

describe('a quotation', () => {
  it.each([
    ['exactly as it stands', 'The fee is 10,000.', 'fee is 10,000', 'fee is 10,000'],
    ['with space around it', 'The fee is due.', '  fee is due \n', 'fee is due'],
    ['over a line break', 'The fee\nis due.', 'fee is due', 'fee\nis due'],
    ['over a paragraph and a tab', 'The fee\n\n\tis due.', 'fee is due', 'fee\n\n\tis due'],
    ['over a no-break space', 'The fee\u00a0is due.', 'fee is due', 'fee\u00a0is due'],
    ['with straight marks for curly ones', 'the “Supplier’s” fee', `"Supplier's" fee`, '“Supplier’s” fee'],
    ['with curly marks for straight ones', `the "Supplier's" fee`, '“Supplier’s” fee', `"Supplier's" fee`],
    [
      'with German and French marks',
      'der „Lieferant“ und « lui »',
      '"Lieferant" und " lui "',
      '„Lieferant“ und « lui »',
    ],
    ['with a hyphen for a dash', 'one – two — three', 'one - two - three', 'one – two — three'],
    ['with a hyphen for a minus and a no-break hyphen', 'from −5 to A‑1', 'from -5 to A-1', 'from −5 to A‑1'],
    ['over a soft hyphen', 'the indem\u00adnity of', 'indemnity of', 'indem\u00adnity of'],
    ['with a soft hyphen of its own', 'the indemnity of', 'indem\u00adnity', 'indemnity'],
    ['over zero-width characters', 'the li\u200bab\u2060il\ufeffity', 'liability', 'li\u200bab\u2060il\ufeffity'],
    ['over a mark that turns the direction', 'the \u202aSupplier\u202c pays', 'Supplier pays', 'Supplier\u202c pays'],
    ['beside an emoji', 'fine 😀 “so” it is', '😀 "so" it', '😀 “so” it'],
    ['that holds an ellipsis which the text holds too', 'wait … and see', 'wait … and', 'wait … and'],
    ['with letters composed for marks of their own', 'le re\u0301sume\u0301 du', 'le résumé', 'le re\u0301sume\u0301'],
    ['with marks of their own for composed letters', 'le résumé du', 're\u0301sume\u0301', 'résumé'],
    ['with a mark behind a joiner', 'le re\u200b\u0301sume\u0301', 'résumé', 're\u200b\u0301sume\u0301'],
    ['with syllables for their parts', '\u1100\u1161\u11a8\u1109\u1175 ok', '각시', '\u1100\u1161\u11a8\u1109\u1175'],
    ['with letters for a ligature', 'the bene\ufb01t of', 'the benefit', 'the bene\ufb01t'],
    ['with a ligature for letters', 'the benefit of', 'bene\ufb01t', 'benefit'],
    ['with plain forms for full-width ones', '合計：１０，０００円', '合計:10,000円', '合計：１０，０００円'],
    [
      'with letters for their forms within a word',
      'ثم \ufed7\ufe8e\ufede ثم',
      '\u0642\u0627\u0644 ثم',
      '\ufed7\ufe8e\ufede ثم',
    ],
    ['without what chooses a picture', 'ok \u2714\ufe0f done', 'ok \u2714 done', 'ok \u2714\ufe0f done'],
    ['over a soft hyphen at the end of a line', 'the indem\u00ad\n  nity of', 'indemnity of', 'indem\u00ad\n  nity of'],
    ['over a soft hyphen that was left out', 'the indem\u00ad\nnity of', 'indem nity', 'indem\u00ad\nnity'],
    ['over a hyphen at the end of a line', 'shall indem-\r\nnify the', 'shall indemnify', 'shall indem-\r\nnify'],
    ['with the hyphen of a line end', 'any third-\nparty claim', 'third-party claim', 'third-\nparty claim'],
    ['with the line end behind a hyphen', 'any third-\nparty claim', 'third-\nparty claim', 'third-\nparty claim'],
    ['with a space for a line end', 'any third-\nparty claim', 'third- party claim', 'third-\nparty claim'],
  ])('is found %s', (_name, text, quote, stands) => {
    const evidence = find(text, quote);
    expect(evidence).toMatchObject({ quote: stands, verified: true });
    expect(text.slice(evidence.startOffset ?? 0, evidence.endOffset ?? 0)).toBe(stands);
  });

  it.each([
    ['across an ellipsis', 'The fee is due on the first day.', 'The fee … first day'],
    ['across three dots', 'The fee is due on the first day.', 'The fee ... first day'],
    ['across a bracketed ellipsis', 'The fee is due on the first day.', 'The fee [...] first day'],
    ['with another word', 'The Supplier shall pay.', 'The Customer shall pay'],
    ['with another number', 'The fee is 10,000.', 'fee is 100,00'],
    ['with another case', 'The Supplier shall pay.', 'the supplier SHALL pay'],
    ['with a word left out', 'shall not be liable', 'shall be liable'],
    ['with a letter of another alphabet', 'The Supplier pays', 'The Supрlier pays'],
    ['with an accent left out', 'le résumé', 'le resume'],
    ['with words run together', 'the fee is due', 'thefee is due'],
    ['with a plain letter for one with a mark of its own', 'le re\u0301sume\u0301', 'le re'],
    ['with half of a ligature', 'the bene\ufb01t', 'the benef'],
    ['with a digit for a superscript', 'an area of 10\u00b2 miles', '102 miles'],
    ['with half a surrogate pair', 'nice 😀 day', '\ud83d'],
    ['over a hyphen that ends no word', 'the fee -\nand the', 'the feeand'],
    ['over a hyphen between numbers', 'pages 10-\n20', 'pages 1020'],
    ['over a hyphen before an empty line', 'indem-\n\nnify', 'indemnify'],
    ['over a hyphen across an ellipsis', 'wait…-\nand see', 'waitand see'],
    ['that is empty', 'The fee', ''],
    ['that is white space', 'The fee is', '  \n '],
    ['that is nothing one can see', 'The fee', '\u200b\u00ad'],
    ['that is longer than the text', 'The fee', 'The fee is due'],
    ['in an empty section', '', 'The fee'],
  ])('is not found %s, and has no place', (_name, text, quote) => {
    expect(find(text, quote)).toEqual({ quote, startOffset: null, endOffset: null, page: null, verified: false });
  });

  it('of which there are several places is found at the first', () => {
    expect(find('fee, fee, fee', 'fee').startOffset).toBe(0);
  });

  it.each([
    ['a word within another', 'The predetermined period. The term ends.', 'term', 30],
    ['the start of a word', 'The terms of a term.', 'term', 15],
    ['a number within another', 'The fee is 100,000, the deposit 10.', '10', 32],
    ['a number before a decimal point', 'At 10.50 or 10.', '10', 12],
    ['a number before a separator of thousands', "At 10,000, 10'000 or 10.", '10', 21],
    ['a number behind a separator', 'At 1,10 or 10', '10', 11],
    ['a word over a soft hyphen', 'the in\u00addemnity, demnity', 'demnity', 16],
    ['a word with an accent of its own', 'cafe\u0301 or cafe', 'cafe', 9],
    ['a letter of another plane', '\u{1d41a}b or b', 'b', 7],
    ['a word with other marks that is nearer', 'a ‘term’ and "a \'term\'"', "'term'", 16],
  ])('is not found in %s, but where it stands by itself', (_name, text, quote, start) => {
    expect(find(text, quote)).toMatchObject({ verified: true, quote, startOffset: start });
  });

  it.each([
    ['a word', 'The predetermined period', 'term'],
    ['a letter', 'predetermined', 'e'],
    ['a number', 'The fee is 100,000.', '10'],
    ['a few words, cut', 'The Supplier pays.', 'he Supplier'],
    ['one long word, cut', 'Arbeitnehmerüberlassungsvertrag', 'nehmerüberlassungsvertra'],
    ['many words that cut a number', 'The Supplier pays a fee of 100,000 a year.', 'The Supplier pays a fee of 100'],
    ['many words that cut a decimal', 'The Supplier pays a fee of 10.50 a year.', 'The Supplier pays a fee of 10'],
    ['many words that cut a letter', 'The Supplier pays for the cafe\u0301', 'The Supplier pays for the cafe'],
  ])('is not found where only %s would be cut for it', (_name, text, quote) => {
    expect(find(text, quote).verified).toBe(false);
  });

  it('that is longer is found although it is cut in the midst of a word, but first where it is not', () => {
    const cut = 'he Supplier shall pay the fee with';
    const text = 'The Supplier shall pay the fee without delay.';
    expect(find(text, cut)).toMatchObject({ verified: true, quote: cut, startOffset: 1 });
    const whole = 'Supplier shall pay the fee with';
    expect(find(`${text} The Supplier shall pay the fee with`, whole).startOffset).toBe(text.length + 5);
  });

  it.each([
    ['Chinese', '本协议的赔偿责任没有上限。', '赔偿责任'],
    ['Chinese, beside digits', '第10条赔偿责任', '10'],
    ['Japanese', '供給者の責任は無制限です。', '責任'],
    ['Japanese, before a long vowel', 'データー責任', 'データ'],
    ['Thai', 'ผู้จัดหามีความรับผิดไม่จำกัด', 'ความรับผิด'],
    ['Korean, before a particle', '공급자는 계약을 해지한다', '계약'],
  ])('in %s is found between letters', (_name, text, quote) => {
    expect(find(text, quote)).toMatchObject({ verified: true, quote, startOffset: text.indexOf(quote) });
  });

  it('with punctuation at its ends is found beside letters', () => {
    expect(find('see “term”s', '“term”').verified).toBe(true);
    expect(find('Name:Smith', ':Smith').verified).toBe(true);
  });

  it('does not hold up the process, however long the text is and however often it nearly stands there', () => {
    const startMs = performance.now();
    const locate = createEvidenceFinder(section('a'.repeat(1_000_000)));
    for (const quote of ['a', 'a'.repeat(20_000), `${'a'.repeat(20_000)}b`, 'a'.repeat(500_000)]) locate(quote);
    const prose = 'The Supplier’s fee – of 10,000 – is due; see third-\nparty claims. ';
    expect(find(prose.repeat(15_000), 'nowhere').verified).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  it('has its offsets in the document, not in the section', () => {
    const evidence = createEvidenceFinder(section('The fee is due.', { startOffset: 1_000 }))('fee');
    expect(evidence).toMatchObject({ startOffset: 1_004, endOffset: 1_007 });
  });

  it('has the page on which it begins', () => {
    const text = 'first page. second page. fourth page.';
    const pages = { startOffset: 100, pageStart: 7, pageBreaks: [112, 125, 125] };
    const locate = createEvidenceFinder(section(text, pages));
    const pageOf = (quote: string) => locate(quote).page;
    expect([pageOf('first'), pageOf('page. second'), pageOf('second'), pageOf('fourth'), pageOf('nowhere')]).toEqual([
      7,
      7,
      8,
      10,
      null,
    ]);
    expect(find(text, 'first').page).toBeNull();
  });
});

describe('any stretch of a text', () => {
  const units = [...Array.from('aé字1 \n\t\u00a0\u00ad\u200b\'’"“”-–—.…&<😀'), 'e\u0301', '\ufb01', '\u00ad\n', '-\n'];
  const text = fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 60 }).map((chosen) => chosen.join(''));

  /** What it says: a hyphen or a soft hyphen at the end of a line within a word goes without its line break. */
  const plain = (value: string, hyphen = '-') =>
    value
      .replaceAll(/(?<=[\p{L}\p{M}])-[ \t]*\n[ \t]*(?=\p{L})/gu, hyphen)
      .replaceAll(/(?<=[\p{L}\p{M}])\u00ad[ \t]*\n[ \t]*(?=\p{L})/gu, '')
      .replaceAll(/[\u00ad\u200b]/g, '')
      .replaceAll('\ufb01', 'fi')
      .normalize('NFC')
      .replaceAll('’', "'")
      .replaceAll(/[“”]/g, '"')
      .replaceAll(/[–—]/g, '-')
      .replaceAll(/\s+/g, ' ')
      .trim();
  const bare = (value: string) => value.replaceAll(/[\u00ad\u200b]/g, '');
  /** Whether an index lies within a word or number, for these units. */
  const cuts = (whole: string, index: number): boolean => {
    const [before, behind] = [bare(whole.slice(0, index)), bare(whole.slice(index))];
    if (before === '') return false;
    const isWord = /[\u0301aée\ufb011]$/.test(before) && /^[\u0301aée\ufb011]/.test(behind);
    return (
      isWord ||
      /1[.'’]1$/.test(`${before.slice(-2)}${behind.slice(0, 1)}`) ||
      /^1[.'’]1/.test(`${before.slice(-1)}${behind}`)
    );
  };
  const stretches = fc.tuple(text, fc.nat(), fc.nat()).map(([whole, a, b]) => {
    const [from = 0, to = 0] = [a % whole.length, b % (whole.length + 1)].toSorted((x, y) => x - y);
    return { whole, from, to, stretch: whole.slice(from, to) };
  });

  it('that cuts no word is found, at the first words that say the same', () => {
    fc.assert(
      fc.property(stretches, ({ whole, from, to, stretch }) => {
        const start = from + stretch.length - stretch.trimStart().length;
        const end = to - stretch.length + stretch.trimEnd().length;
        if (bare(stretch).trim() === '' || !stretch.isWellFormed() || cuts(whole, start) || cuts(whole, end)) return;
        const { verified, startOffset, endOffset, quote } = find(whole, stretch);
        expect(verified).toBe(true);
        expect(whole.slice(startOffset ?? 0, endOffset ?? 0)).toBe(quote);
        expect(startOffset).toBeLessThanOrEqual(start + stretch.trim().search(/[^\s\u00ad\u200b]/));
        expect(
          [plain(stretch), plain(stretch, ''), stretch.replaceAll('\n', ' ')].map((said) => plain(said)),
        ).toContain(plain(quote));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is found only at the borders of letters, numbers, and words unless it is long', () => {
    const segmenter = new Intl.Segmenter('en');
    fc.assert(
      fc.property(stretches, ({ whole, stretch }) => {
        const { verified, startOffset, endOffset } = find(whole, stretch);
        if (!verified || startOffset === null || endOffset === null) return;
        const borders = new Set([...segmenter.segment(whole)].map(({ index }) => index)).add(whole.length);
        expect([borders.has(startOffset), borders.has(endOffset)]).toEqual([true, true]);
        // A ligature counts as its letters.
        if (stretch.replaceAll('\ufb01', 'fi').length < 20)
          expect([cuts(whole, startOffset), cuts(whole, endOffset)]).toEqual([false, false]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['-', ''])(
    'is found also when its signs are written in another way, and with %j for hyphens at line ends',
    (hyphen) => {
      fc.assert(
        fc.property(text, (whole) => {
          const quote = plain(whole, hyphen);
          if (quote === '') return;
          const evidence = find(whole, quote);
          expect(evidence.verified).toBe(true);
          expect(whole.slice(evidence.startOffset ?? 0, evidence.endOffset ?? 0)).toBe(evidence.quote);
          expect(plain(evidence.quote, hyphen)).toBe(quote);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('is not found in a text that has not its letters', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(find(whole, `${whole}z`).verified).toBe(false);
      }),
    );
  });
});
