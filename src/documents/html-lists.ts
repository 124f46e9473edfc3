import { formatNumber } from './docx-number-formats.ts';

type Attributes = Readonly<Record<string, string | undefined>>;
type List = { readonly format: string | undefined; next: number };

const formats: Readonly<Record<string, string>> = {
  a: 'lowerLetter',
  A: 'upperLetter',
  i: 'lowerRoman',
  I: 'upperRoman',
};

/** Numbers and bullets of lists as a browser shows them: a clause is cited by them. */
export function createListMarkers() {
  const lists: List[] = [];
  return {
    open(name: string, { start, type }: Attributes): void {
      const first = Number(start ?? 1);
      const format = name === 'ol' ? (formats[type ?? ''] ?? 'decimal') : undefined;
      lists.push({ format, next: Number.isSafeInteger(first) ? first : 1 });
    },
    close(): void {
      lists.pop();
    },
    /** What stands before the next item: two spaces for each list around its own, then its number or bullet. */
    item({ value }: Attributes): string {
      const list = lists.at(-1);
      const indent = '  '.repeat(Math.min(8, Math.max(0, lists.length - 1)));
      if (list?.format === undefined) return `${indent}• `;
      const given = Number(value ?? Number.NaN);
      const number = Number.isSafeInteger(given) ? given : list.next;
      list.next = number + 1;
      return `${indent}${formatNumber(number, list.format)}. `;
    },
  };
}
