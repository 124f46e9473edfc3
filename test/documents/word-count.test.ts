import { expect, test } from 'vitest';
import { countWords } from '../../src/documents/word-count.ts';

test.each([
  ['', 0],
  ['  \n\t\u3000', 0],
  ['One two-three, four\u00a0five.', 4],
  ['費用は5円です。', 8],
  ['Die Gebühr — 5 €', 5],
  ['😀 𠮷野', 3],
])('%j has %i words', (text, words) => {
  expect(countWords(text)).toBe(words);
});
