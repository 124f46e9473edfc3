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
  const unit = fc.constantFrom(...Array.from('aé字 \n\t\u00a0\u00ad\u200b\'’"“”-–—.…&<😀'));
  const text = fc.array(unit, { minLength: 1, maxLength: 60 }).map((units) => units.join(''));

  it('is found, at words that say the same', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (whole, a, b) => {
        const [from = 0, to = 0] = [a % whole.length, b % (whole.length + 1)].toSorted((x, y) => x - y);
        const stretch = whole.slice(from, to).toWellFormed();
        if (stretch.trim() === '' || stretch.includes('\ufffd')) return;
        const exact = whole.indexOf(stretch.trim());
        const { verified, startOffset, endOffset, quote } = find(whole, stretch);
        expect(verified).toBe(true);
        expect(startOffset).toBe(exact);
        expect(whole.slice(startOffset ?? 0, endOffset ?? 0)).toBe(quote);
      }),
      { numRuns: 500 },
    );
  });

  it('is found also when its signs are written in another way', () => {
    const plain = (value: string) =>
      value
        .replaceAll(/[\u00ad\u200b]/g, '')
        .replaceAll('’', "'")
        .replaceAll(/[“”]/g, '"')
        .replaceAll(/[–—]/g, '-')
        .replaceAll(/\s+/g, ' ');
    fc.assert(
      fc.property(text, (whole) => {
        const quote = plain(whole).trim();
        if (quote === '') return;
        const evidence = find(whole, quote);
        expect(evidence.verified).toBe(true);
        expect(plain(evidence.quote).trim()).toBe(quote);
      }),
      { numRuns: 500 },
    );
  });

  it('is not found in a text that has not its letters', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(find(whole, `${whole}z`).verified).toBe(false);
      }),
    );
  });
});
