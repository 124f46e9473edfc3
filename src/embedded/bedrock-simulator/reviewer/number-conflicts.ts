import { hitAt, type Hit } from './rule.ts';
import type { SectionText } from './section-text.ts';

/** Numbers written in words and repeated in digits that are not the same: “thirty (45) days”. */
const units =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const scales: Readonly<Record<string, number>> = { hundred: 100, thousand: 1_000, million: 1_000_000 };

const values: ReadonlyMap<string, number> = new Map([
  ...units.map((word, index) => [word, index + 1] as const),
  ...tens.map((word, index) => [word, (index + 2) * 10] as const),
]);
const numberWord = [...values.keys(), ...Object.keys(scales)].join('|');

/** Words of a number, perhaps a unit such as “million dollars” or “percent”, then digits in parentheses. */
const writtenTwice = new RegExp(
  String.raw`\b((?:${numberWord})(?:(?:[\s-]|\sand\s){1,3}(?:${numberWord})){0,8})\b(?:\s+(?:u\.s\.\s+)?(?:dollars|euros|pounds|percent|per\s+cent))?\s*\(\s*[$€£]?(\d{1,3}(?:,\d{3})+|\d+)\s*%?\s*\)`,
  'giu',
);

const maxHits = 10;

export const findNumberConflicts = (section: SectionText): readonly Hit[] =>
  section.clauses
    .flatMap((clause) => [...clause.text.matchAll(writtenTwice)].map((match) => ({ clause, match })))
    .filter(({ match: [, words = '', digits = ''] }) => readNumber(words) !== Number(digits.replaceAll(',', '')))
    .slice(0, maxHits)
    .map(({ clause, match }) => ({
      ...hitAt(clause, match.index, match.index + match[0].length),
      strength: 1,
    }));

/** “one hundred and eighty-five thousand” → 185000 */
function readNumber(words: string): number {
  let total = 0;
  let current = 0;
  for (const word of words.toLowerCase().split(/[\s-]+/u)) {
    const scale = scales[word];
    if (scale === undefined) {
      current += values.get(word) ?? 0;
    } else if (scale === 100) {
      current = Math.max(current, 1) * scale;
    } else {
      total += Math.max(current, 1) * scale;
      current = 0;
    }
  }
  return total + current;
}
