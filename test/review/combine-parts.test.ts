import { describe, expect, it } from 'vitest';
import { combineParts, type PartResult } from '../../src/review/combine-parts.ts';

const part = (endOffset: number, rest: Partial<PartResult>): PartResult => ({
  endOffset,
  summary: 's',
  risk: null,
  confidence: 1,
  thinking: '',
  contextTokensSaved: 3,
  ...rest,
});

describe('the result of a section in parts', () => {
  it.each([
    {
      name: 'is a single part’s own',
      parts: [part(100, { summary: 'fine', risk: 'LOW', confidence: 0.83, thinking: 'hm' })],
      whole: { summary: 'fine', risk: 'LOW', confidence: 0.83, thinking: 'hm' },
    },
    {
      name: 'has all summaries in order, the highest risk, all thinking and all that was saved',
      parts: [
        part(100, { summary: 'one', risk: 'MEDIUM', thinking: 'a' }),
        part(200, { summary: 'two', risk: 'CRITICAL', thinking: '\n\nb' }),
        part(300, { summary: 'three', risk: 'LOW', thinking: '\n\nc' }),
      ],
      whole: { summary: 'one\n\ntwo\n\nthree', risk: 'CRITICAL', confidence: 1, thinking: 'a\n\nb\n\nc' },
    },
    {
      name: 'weights confidence by length',
      parts: [part(300, { confidence: 0.9 }), part(400, { confidence: 0.5 })],
      whole: { summary: 's\n\ns', risk: null, confidence: 0.8, thinking: '' },
    },
    {
      name: 'has a risk when any part has one',
      parts: [part(1, {}), part(2, { risk: 'LOW' })],
      whole: { summary: 's\n\ns', risk: 'LOW', confidence: 1, thinking: '' },
    },
  ])('$name', ({ parts, whole }) => {
    expect(combineParts(parts)).toEqual({ ...whole, contextTokensSaved: 3 * parts.length });
  });
});
