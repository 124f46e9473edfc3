import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTextTokens } from '../../src/models/estimate-tokens.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { remainingParts, roomForText } from '../../src/review/section-parts.ts';

const { chain } = createModelCatalog({
  chain: [],
  primaryBedrockId: null,
  maxTokens: 8_192,
  regions: ['us-east-2'],
});
const tokensOf = (text: string): number => estimateTextTokens(text, { tokenizerFactor: 1.3 });

describe('the parts of a section', () => {
  it('are one when the text fits', () => {
    const text = 'A paragraph.\n\nAnother one.';
    expect(remainingParts(text, 0, { tokensOf, roomTokens: 500 })).toEqual([
      { text, startOffset: 0, endOffset: text.length },
    ]);
  });

  it('cover any text exactly and in order, from any place, and each fits', () => {
    const words = fc.array(fc.constantFrom('word ', 'Satz. ', '\n\n', '条項', '{"a":1}', '🙂', '&<>'), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 200 }), fc.nat(), (pieces, roomTokens, seed) => {
        const text = pieces.join('');
        const from = seed % text.length;
        const parts = remainingParts(text, from, { tokensOf, roomTokens });
        expect(parts.map((part) => part.text).join('')).toBe(text.slice(from));
        for (const { text: own, startOffset, endOffset } of parts) {
          expect(text.slice(startOffset, endOffset)).toBe(own);
          expect(tokensOf(own)).toBeLessThanOrEqual(roomTokens);
        }
      }),
    );
  });

  it('break at paragraphs where that is possible', () => {
    const text = Array.from({ length: 60 }, (_, index) => `Paragraph ${index} says what it says.\n\n`).join('');
    const parts = remainingParts(text, 0, { tokensOf, roomTokens: 200 });
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part.text).toMatch(/^Paragraph \d+ [^]*\.\n\n$/);
  });

  it('are not planned anew by one that is done: the rest begins behind it', () => {
    const text = 'Words and words. '.repeat(400);
    const [first] = remainingParts(text, 0, { tokensOf, roomTokens: 500 });
    // Another limit now, as behind a deployment: nothing is left out, nothing is asked for twice.
    const rest = remainingParts(text, first?.endOffset ?? 0, { tokensOf, roomTokens: 900 });
    expect([first, ...rest].map((part) => part?.text).join('')).toBe(text);
  });
});

describe('the room for text in one request', () => {
  const frame = { system: 'x'.repeat(3_500), messages: [], maxTokens: 8_192, temperature: 0 };
  const room = (limits: { mostTokens?: number; tokensPerMinute?: number }) =>
    roomForText(frame, { chain, mostTokens: 20_000, tokensPerMinute: 120_000, ...limits });

  it('is what is configured, if the models and the fleet’s budget can take it', () => {
    expect(room({})).toBe(20_000);
    expect(room({ tokensPerMinute: 12_000 })).toBeLessThan(12_000 - 8_192);
    const smallest = Math.min(...chain.map(({ contextTokens }) => contextTokens));
    expect(room({ mostTokens: 10_000_000, tokensPerMinute: 10_000_000 })).toBeLessThan(smallest - 4_096);
    expect(room({ mostTokens: 10_000_000, tokensPerMinute: 10_000_000 })).toBeGreaterThan(smallest / 2);
  });

  it('never is nothing', () => {
    expect(room({ tokensPerMinute: 1 })).toBe(500);
  });
});
