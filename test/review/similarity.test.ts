import { describe, expect, it } from 'vitest';
import { sameFromSimilarity, similarity } from '../../src/review/similarity.ts';

describe('similarity of two texts', () => {
  it.each([
    ['Unlimited liability', 'Unlimited liability', true],
    ['Unlimited liability', 'unlimited  Liability.', true],
    ['Liability of the Supplier is unlimited', 'Liability of Supplier is unlimited', true],
    ['The fee is not fixed', 'The fees are not fixed', true],
    ['The fee is not fixed', 'The fee is never paid', false],
    ['Unlimited liability', 'No limit to liability', false],
    ['Payment term is vague', 'Termination is one-sided', false],
    ['責任に上限がない', '責任に上限がない。', true],
    ['', 'Unlimited liability', false],
    ['§§ 1', '1', true],
    // Of signs alone: nothing but them tells one from the other.
    ['…', '—', false],
    ['???', '???', true],
    // In Hindi, marks are letters.
    ['कि', 'का', false],
    ['✔\ufe0f done', '✔ done', true],
  ])('of %j and %j reaches what counts as the same: %s', (a, b, isSame) => {
    expect(similarity(a, b) >= sameFromSimilarity).toBe(isSame);
    expect(similarity(b, a)).toBe(similarity(a, b));
  });

  it('is twice what two texts share, divided by what they have', () => {
    // " night " and " nacht ": " n", "ni"…; " n", "ht", "t " are common, of six pairs each.
    expect(similarity('night', 'nacht')).toBeCloseTo((2 * 3) / 12);
    expect(similarity('aaaa', 'aaaa')).toBe(1);
    expect(similarity('abc', 'xyz')).toBe(0);
  });

  it('takes long texts in linear time', () => {
    const long = 'The Supplier shall be liable without limitation. '.repeat(2_000);
    expect(similarity(long, `${long} And more.`)).toBeGreaterThan(0.99);
  });
});
