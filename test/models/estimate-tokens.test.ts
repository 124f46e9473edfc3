import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReceivedCounter, estimateInputTokens, estimateTextTokens } from '../../src/models/estimate-tokens.ts';

const claude4 = { tokenizerFactor: 1 };
const claude5 = { tokenizerFactor: 1.3 };

const prose = 'The supplier shall deliver the goods within thirty days of the order. ';
const json = JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, kind: 'RISK', note: 'late' })));
const code = 'const total = items.map((item) => item.price * item.count).reduce((a, b) => a + b, 0);\n';

describe('the estimate of a text', () => {
  it.each([
    ['English prose', prose.repeat(10), 4.5],
    ['compact JSON', json, 3.06],
    ['code', code.repeat(10), 3.16],
  ])(
    'of %s is at least what its characters per token come to, and at most twice that',
    (_kind, text, charactersPerToken) => {
      const measured = text.length / charactersPerToken;
      const estimate = estimateTextTokens(text, claude4);
      expect(estimate).toBeGreaterThanOrEqual(measured);
      expect(estimate).toBeLessThan(measured * 2);
    },
  );

  it('counts 1.2 tokens for a Chinese, Japanese or Korean character', () => {
    expect(estimateTextTokens('合同条款', claude4)).toBe(5);
    expect(estimateTextTokens('けいやく', claude4)).toBe(5);
    expect(estimateTextTokens('계약조항', claude4)).toBe(5);
  });

  it('counts an emoji as three tokens', () => {
    expect(estimateTextTokens('🙂🙂', claude4)).toBe(6);
  });

  it('is 30 % higher for a model with the new tokenizer', () => {
    const text = prose.repeat(100);
    expect(estimateTextTokens(text, claude5) / estimateTextTokens(text, claude4)).toBeCloseTo(1.3, 2);
  });

  it('is nothing for nothing', () => {
    expect(estimateTextTokens('', claude5)).toBe(0);
  });

  it('never shrinks when text is added to prose of any script', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', 'ß', 'ж', '中', 'あ', '한', '🙂') });
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        expect(estimateTextTokens(a + b, claude4)).toBeGreaterThanOrEqual(estimateTextTokens(a, claude4));
      }),
    );
  });
});

describe('the estimate of a request', () => {
  it('holds the system text, all messages and an overhead for each', () => {
    const text = prose.repeat(7);
    const one = estimateTextTokens(text, claude4);
    const request = {
      system: text,
      messages: [
        { role: 'user' as const, text },
        { role: 'assistant' as const, text },
      ],
      maxTokens: 1_000,
      temperature: 0,
    };
    expect(estimateInputTokens(request, claude4)).toBe(3 * one + 3 * 8);
  });
});

describe('what a stream has used so far', () => {
  const request = { system: 'S', messages: [{ role: 'user' as const, text: 'U' }], maxTokens: 1_000, temperature: 0 };

  it('is the whole input before anything came', () => {
    expect(createReceivedCounter(request, claude4).usage()).toMatchObject({ inputTokens: 17, outputTokens: 0 });
  });

  it('is a token for every three characters received, or more', () => {
    const received = createReceivedCounter(request, claude4);
    received.add('abc'.repeat(100));
    expect(received.usage().outputTokens).toBe(100);
    received.add('合'.repeat(10));
    expect(received.usage().outputTokens).toBe(112);
  });
});
