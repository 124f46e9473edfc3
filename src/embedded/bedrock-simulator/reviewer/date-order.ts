import { hitAt, type Hit } from './rule.ts';
import type { Clause, SectionText } from './section-text.ts';

/** Dates of acceptance, delivery, payment and the like that lie before the period to which the section belongs has begun. */
const months = 'january february march april may june july august september october november december'.split(' ');
const month = `(?:${months.join('|')})`;
const date = String.raw`(?:${month}\s+\d{1,2},?\s+\d{4}|\d{1,2}\s+${month}\s+\d{4}|\d{4}-\d{2}-\d{2})`;
const period = new RegExp(String.raw`(${date})\s*(?:to|until|through|–|-)\s*(${date})`, 'iu');
const datedEvent = new RegExp(
  String.raw`\b(?:acceptance|completion|delivery|payment|due|expiry|closing|renewal|end)\b[^.;]{0,60}?(${date})`,
  'iu',
);

export function findDateConflicts(section: SectionText): readonly Hit[] {
  const begin = firstPeriod(section.clauses);
  if (begin === null) return [];
  return section.clauses.flatMap((clause) => {
    const match = datedEvent.exec(clause.text);
    const day = match?.[1];
    if (!match || day === undefined || clause === begin.clause || readDate(day) >= begin.at) return [];
    const start = match.index + match[0].length - day.length;
    return [{ ...hitAt(clause, start, start + day.length), strength: 0.9 }];
  });
}

function firstPeriod(clauses: readonly Clause[]): { clause: Clause; at: number } | null {
  for (const clause of clauses) {
    const start = period.exec(clause.text)?.[1];
    if (start !== undefined) return { clause, at: readDate(start) };
  }
  return null;
}

/** Comparable: 20260131. */
function readDate(text: string): number {
  const [year, monthNumber, day] = text.split('-');
  if (year && monthNumber && day) return Number(year + monthNumber + day);
  const named = months.findIndex((name) => text.toLowerCase().includes(name)) + 1;
  const numbers = text.match(/\d+/gu) ?? [];
  return Number(numbers[1]) * 10_000 + named * 100 + Number(numbers[0]);
}
