import { sampleContract } from '../support/sample-contract.ts';

export type Clause = {
  /** From 1 for each. */
  readonly number: number;
  readonly title: string;
  readonly paragraphs: readonly string[];
};

/** A long contract; the same clauses in every run. Each has about 700 characters. */
export function contractClauses(count: number): Clause[] {
  const sections = sampleContract(1, count).split(/^# /m).slice(1);
  return sections.map((section, index) => {
    const [title = '', ...paragraphs] = section.trim().split(/\n\n/);
    return { number: index + 1, title: title.replace(/^\d+\. /, ''), paragraphs };
  });
}

/** A table of fees, such as stands in every tenth clause. */
export const feeTable = (clause: Clause): readonly (readonly string[])[] => [
  ['Service', 'Hours a month', 'Fee', 'Due'],
  ...['Inspection', 'Repair', 'Spare parts', 'Travel'].map((service, index) => [
    service,
    String(4 + ((clause.number * 7 + index * 3) % 40)),
    `EUR ${(1_000 + ((clause.number * 137 + index * 911) % 9_000)).toLocaleString('en')}`,
    ['on signing', 'monthly', 'quarterly', 'on delivery'][index] ?? '',
  ]),
];

export const hasTable = ({ number }: Clause): boolean => number % 10 === 0;
