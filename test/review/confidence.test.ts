import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analysisConfidence, findingConfidence } from '../../src/review/confidence.ts';

const evidence = (found: number, all: number) =>
  Array.from({ length: all }, (_, index) => ({
    quote: 'words',
    startOffset: null,
    endOffset: null,
    page: null,
    verified: index < found,
  }));

const confidence = (self: number, found: number, all: number, isComplete = true) =>
  findingConfidence({
    selfReported: self,
    evidence: evidence(found, all),
    recommendation: isComplete ? 'Do it.' : null,
    questions: [],
  });

describe('the confidence of a finding', () => {
  it.each([
    // self, found, quotations, complete, confidence
    [1, 1, 1, true, 1],
    [0.9, 1, 1, true, 0.9],
    [0.9, 3, 3, true, 0.9],
    [0.9, 1, 1, false, 0.81],
    [0.88, 1, 1, false, 0.79],
    [0.8, 1, 1, true, 0.8],
    [1, 0, 1, true, 0.4],
    [1, 0, 4, true, 0.4],
    [1, 1, 2, true, 0.58],
    [1, 3, 4, true, 0.66],
    [1, 49, 50, true, 0.74],
    [0.5, 1, 2, false, 0.26],
    [1, 0, 0, true, 0.4],
    [0, 1, 1, true, 0],
  ])('of self %d with %d of %d quotations found, complete: %s, is %d', (self, found, all, isComplete, expected) => {
    expect(confidence(self, found, all, isComplete)).toBe(expected);
  });

  it('takes a question for a recommendation', () => {
    const finding = { selfReported: 1, evidence: evidence(1, 1), recommendation: null };
    expect(findingConfidence({ ...finding, questions: ['Who?'] })).toBe(1);
    expect(findingConfidence({ ...finding, questions: [] })).toBe(0.9);
  });

  it('never reaches the threshold with a quotation that is not there, and never leaves 0 to 1', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ratio, fc.integer({ min: 1, max: 50 }), fc.nat(), fc.boolean(), (self, all, any, isComplete) => {
        const found = any % (all + 1);
        const value = confidence(self, found, all, isComplete);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(found < all ? 0.75 : 1);
        expect(value).toBeLessThanOrEqual(Math.round(self * 100) / 100);
      }),
    );
  });
});

describe('the confidence of an analysis', () => {
  it.each([
    [0.9, [], 0.9],
    [0.9, [1, 1], 0.9],
    [0.9, [0.8], 0.81],
    [1, [0.4, 0.8], 0.8],
    [0.5, [0], 0.25],
  ])('of self %d with findings %j is %d', (self, findings, expected) => {
    expect(analysisConfidence(self, findings)).toBe(expected);
  });
});
