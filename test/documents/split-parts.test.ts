import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitParts } from '../../src/documents/split-parts.ts';

const texts = (text: string, maxLength: number) => splitParts(text, maxLength).map((part) => part.text);

describe('parts of a text', () => {
  test('are one when it fits', () => {
    expect(splitParts('all of it', 9)).toEqual([{ text: 'all of it', startOffset: 0, endOffset: 9 }]);
    expect(splitParts('', 9)).toEqual([{ text: '', startOffset: 0, endOffset: 0 }]);
  });

  test('end at blank lines rather than at lines', () => {
    expect(texts('aaaa\naaaa\n\nbbbb\nbbbb\n', 15)).toEqual(['aaaa\naaaa\n\n', 'bbbb\nbbbb\n']);
  });

  test('end at lines rather than in sentences', () => {
    expect(texts('One. Two.\nThree. Four.', 12)).toEqual(['One. Two.\n', 'Three. Four.']);
  });

  test('end at sentences rather than words, and at words rather than letters', () => {
    expect(texts('One two. Three four.', 12)).toEqual(['One two. ', 'Three four.']);
    expect(texts('一二三。四五六。', 5)).toEqual(['一二三。', '四五六。']);
    expect(texts('alpha beta gamma', 9)).toEqual(['alpha ', 'beta ', 'gamma']);
    expect(texts('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  });

  test('are of about equal length, so that the last one is no scrap', () => {
    const lines = 'x'.repeat(9).concat('\n').repeat(13);
    expect(splitParts(lines, 120).map((part) => part.text.length)).toEqual([60, 70]);
  });

  test('never cut a character in two', () => {
    expect(texts('😀😀😀', 3)).toEqual(['😀', '😀', '😀']);
    expect(() => splitParts('😀', 1)).toThrow(RangeError);
  });

  test('cover any text exactly, in order, within the limit', () => {
    const pieces = fc.constantFrom(
      'a',
      'word ',
      '. ',
      '\n',
      '\n\n',
      '😀',
      '。',
      '\ud83d',
      '\ude00',
      '   ',
      'long'.repeat(9),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 200 }), fc.integer({ min: 2, max: 80 }), (list, maxLength) => {
        const text = list.join('');
        const parts = splitParts(text, maxLength);
        expect(parts.map((part) => part.text).join('')).toBe(text);
        let offset = 0;
        for (const part of parts) {
          expect(part.startOffset).toBe(offset);
          expect(part.endOffset - part.startOffset).toBe(part.text.length);
          expect(part.text.length).toBeLessThanOrEqual(maxLength);
          expect(part.text.length > 0 || text === '').toBe(true);
          const cut = text.slice(part.endOffset - 1, part.endOffset + 1);
          expect(part.endOffset === text.length || !/^[\ud800-\udbff][\udc00-\udfff]$/.test(cut)).toBe(true);
          offset = part.endOffset;
        }
      }),
      { seed: 3 },
    );
  });

  test('take time in proportion to the text', () => {
    const startMs = performance.now();
    expect(splitParts('a'.repeat(5_000_000), 12_000)).toHaveLength(417);
    expect(splitParts('\n'.repeat(1_000_000), 12_000).length).toBeGreaterThan(80);
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });
});
