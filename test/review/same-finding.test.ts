import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/review/evidence.ts';
import { isDuplicateTitle, predecessorsOf, quoteKeys, type ComparedFinding } from '../../src/review/same-finding.ts';

const at = (startOffset: number, quote = 'words of the section'): Evidence => ({
  quote,
  startOffset,
  endOffset: startOffset + quote.length,
  page: null,
  verified: true,
});
const nowhere = (quote: string): Evidence => ({
  quote,
  startOffset: null,
  endOffset: null,
  page: null,
  verified: false,
});
const finding = (id: string, title: string, evidence: readonly Evidence[], detail = `${title}.`): ComparedFinding => ({
  id,
  kind: 'RISK',
  title,
  detail,
  evidence,
});

const predecessorOf = (found: ComparedFinding, before: readonly ComparedFinding[]): string | null =>
  predecessorsOf([found], before).get(found.id) ?? null;

describe('keys of quotations', () => {
  it('are the same for the same words, whatever their spacing, case and punctuation', () => {
    const [key] = quoteKeys('doc_1', [nowhere('The fee is “due” soon.')]);
    expect(quoteKeys('doc_1', [nowhere('the fee  is\n"due" soon')])).toEqual([key]);
    expect(quoteKeys('doc_1', [nowhere('The fee is due late.')])).not.toEqual([key]);
    expect(quoteKeys('doc_2', [nowhere('The fee is “due” soon.')])).not.toEqual([key]);
  });

  it('are others for other signs, where there are no words', () => {
    expect(quoteKeys('doc_1', [nowhere('***'), nowhere('§§'), nowhere(' *** ')])).toHaveLength(2);
  });

  it('are one for a quotation that is given twice', () => {
    expect(quoteKeys('doc_1', [at(0), at(90)])).toHaveLength(1);
  });
});

describe('findings on the same words', () => {
  it('are one when their titles say the same, and two when they do not', () => {
    expect(isDuplicateTitle('Liability without a limit', 'Liability without limit')).toBe(true);
    expect(isDuplicateTitle('Liability without a limit', 'The wording is vague')).toBe(false);
    expect(isDuplicateTitle('The fee is not fixed.', 'Fees are not fixed')).toBe(true);
    expect(isDuplicateTitle('The', 'A')).toBe(false);
  });

  it.each([
    ['The Supplier may terminate at any time without notice', 'The Customer may terminate at any time without notice'],
    ['Liability of the Supplier is limited to 10', 'Liability of the Supplier is unlimited to 10'],
    ['Payment within 30 days is too short', 'Payment within 90 days is too short'],
    ['Liability of the Supplier above 10', 'Liability of the Supplier above 100'],
    ['The Supplier may assign the agreement', 'The Supplier may not assign the agreement'],
    ['The Supplier may claim damages from the Customer', 'The Customer may claim damages from the Supplier'],
    ['供应商责任无上限', '供应商责任有上限'],
  ])('are two when one word makes another matter of it: %j, %j', (a, b) => {
    expect(isDuplicateTitle(a, b)).toBe(false);
    expect(isDuplicateTitle(b, a)).toBe(false);
  });
});

describe('the finding of the analysis before', () => {
  it('is the one on exactly the same passages, however it is worded now', () => {
    const before = [finding('a', 'Unlimited liability', [at(10)]), finding('b', 'Vague payment term', [at(500)])];
    expect(predecessorOf(finding('x', 'The cap is missing', [at(10)]), before)).toBe('a');
    expect(predecessorOf(finding('x', 'The cap is missing', [at(10), at(80)]), before)).toBeNull();
  });

  it('is not one of another kind on the same passages, unless it says the same', () => {
    const before = [finding('a', 'The clause is clearly worded', [at(10)])];
    const risk = finding('x', 'No cap on liability', [at(10)]);
    expect(predecessorOf({ ...risk, kind: 'STRENGTH' }, before)).toBeNull();
    expect(predecessorOf({ ...finding('x', 'The clause is clearly worded', [at(10)]), kind: 'GAP' }, before)).toBe('a');
  });

  it('is the one that says the same, wherever its words stand', () => {
    const before = [finding('a', 'Unlimited liability of the Supplier', [at(10)])];
    expect(predecessorOf(finding('x', 'Unlimited liability of Supplier', [nowhere('q')]), before)).toBe('a');
    expect(predecessorOf(finding('x', 'Renewal without notice', [nowhere('q')]), before)).toBeNull();
  });

  it('is the most similar of those on one passage', () => {
    const before = [finding('a', 'The wording is vague', [at(10)]), finding('b', 'Unlimited liability', [at(10)])];
    expect(predecessorOf(finding('x', 'Unlimited liability', [at(10)]), before)).toBe('b');
    expect(predecessorOf(finding('y', 'The wording is vague', [at(10)]), before)).toBe('a');
  });

  it('is rather the one on the same passage than one with the same words elsewhere', () => {
    const before = [finding('a', 'Unlimited liability', [at(900)]), finding('b', 'Unlimited liability', [at(10)])];
    expect(predecessorOf(finding('x', 'Unlimited liability', [at(10)]), before)).toBe('b');
  });

  it('is none where quotations were not found and the words differ', () => {
    const before = [finding('a', 'Unlimited liability', [nowhere('q')])];
    expect(predecessorOf(finding('x', 'The wording is vague', [nowhere('q')]), before)).toBeNull();
  });
});

describe('the findings of the analysis before', () => {
  const liability = finding('a', 'Unlimited liability of the Supplier', [at(10)]);
  const renewal = finding('b', 'Renewal without notice', [at(500)]);

  it('go to those that they fit best, in whatever order those come', () => {
    const found = [
      finding('x', 'The wording is vague', [at(10)]),
      finding('y', 'Unlimited liability of Supplier', [at(10)]),
      finding('z', 'Renewal without notice', [nowhere('q')]),
    ];
    const expected = new Map([
      ['y', 'a'],
      ['z', 'b'],
    ]);
    expect(predecessorsOf(found, [liability, renewal])).toEqual(expected);
    expect(predecessorsOf(found.toReversed(), [renewal, liability])).toEqual(expected);
  });

  it('leave their passage to what says the same, also where it quotes more of it now', () => {
    const found = [finding('x', 'The wording is vague', [at(10)]), finding('y', liability.title, [at(10), at(80)])];
    expect(predecessorsOf(found, [liability])).toEqual(new Map([['y', 'a']]));
  });

  it('go to the first of those that they fit equally well', () => {
    const found = [finding('x', 'No cap', [at(10)]), finding('y', 'No cap', [at(10)])];
    expect(predecessorsOf(found, [liability])).toEqual(new Map([['x', 'a']]));
  });
});
