import { describe, expect, it } from 'vitest';
import { readingOf } from '../../src/reports/text-direction.ts';

/** The stretches of a text, those that read from the right in square brackets; before them how the paragraph reads. */
function shown(text: string): string {
  const { isRightToLeft, split } = readingOf(text);
  const stretches = split(0, text.length).map((each) => (each.isRightToLeft ? `[${each.text}]` : each.text));
  return `${isRightToLeft ? 'right' : 'left'}: ${stretches.join('')}`;
}

describe('a paragraph reads as its first letter does', () => {
  it('with its signs, spaces and numbers', () => {
    expect(shown('العقد (باريس) هنا، 5 أيام.')).toBe('right: [العقد (باريس) هنا، 5 أيام.]');
    expect(shown('1. שלום')).toBe('right: [1. שלום]');
    expect(shown('Clause (5).')).toBe('left: Clause (5).');
    expect(shown('5.5 %')).toBe('left: 5.5 %');
    expect(shown('')).toBe('left: ');
  });

  it('but for stretches of letters of the other direction', () => {
    expect(shown('The contract (العقد) is 5 days.')).toBe('left: The contract ([العقد]) is 5 days.');
    expect(shown('العقد Paris (2024) هنا.')).toBe('right: [العقد ]Paris (2024)[ هنا.]');
    expect(shown('clause العقد 12 applies')).toBe('left: clause [العقد 12] applies');
  });

  it('also with characters of two code units, which are letters of either direction or none', () => {
    expect(shown('😀 العقد 😀.')).toBe('right: [😀 العقد 😀.]');
    expect(shown('𐤀𐤁 x')).toBe('right: [𐤀𐤁 ]x');
    expect(shown('𝐀 שלום 𝐁')).toBe('left: 𝐀 [שלום] 𝐁');
  });
});

it('a stretch is cut where only a part of the text is asked for', () => {
  const { split } = readingOf('Hello שלום עולם');
  expect(split(3, 8)).toEqual([
    { text: 'lo ', isRightToLeft: false },
    { text: 'של', isRightToLeft: true },
  ]);
  expect(split(4, 4)).toEqual([]);
});
