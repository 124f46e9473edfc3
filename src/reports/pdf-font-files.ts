import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type Weight = 400 | 700;

/** The characters that a font file is for, and the file; it may leave some of them out. */
export type FontSlice = {
  readonly name: string;
  /** Whether the file has to be made static, and cut, before use; then it is the same one for all weights. */
  readonly isVariable: boolean;
  pathOf(weight: Weight): string;
  lists(codePoint: number): boolean;
};

type Family = { readonly name: string; readonly isVariable: boolean };

/**
 * The families that PDF reports are set in, first come first served: a character is shown in the first that has it. Each comes in
 * slices, a file for each stretch of characters, so that a report opens only the slices that it needs. What nearly every report is set in
 * comes in a file for each weight, which is quick to open; the others would be ten times as large so.
 */
const families: readonly Family[] = [
  { name: 'noto-sans', isVariable: false },
  { name: 'noto-naskh-arabic', isVariable: true },
  { name: 'noto-sans-hebrew', isVariable: true },
  { name: 'noto-sans-thai', isVariable: true },
  { name: 'noto-sans-sc', isVariable: true },
  { name: 'noto-sans-kr', isVariable: true },
  { name: 'noto-emoji', isVariable: true },
];

/** Finds the slices that say they have a character, the first choice first; a family is looked into when those before it are through. */
export function createSliceFinder(): (codePoint: number) => Generator<FontSlice> {
  const known = new Map<Family, readonly FontSlice[]>();
  return function* (codePoint) {
    for (const family of families) {
      const slices = known.get(family) ?? readFamily(family);
      known.set(family, slices);
      yield* slices.filter((slice) => slice.lists(codePoint));
    }
  };
}

/** The package tells, for browsers, which characters are in which of its files: `{ "latin": "U+0-FF,U+131" }`. */
function readFamily({ name: family, isVariable }: Family): readonly FontSlice[] {
  const listPath = createRequire(import.meta.url).resolve(
    `@fontsource${isVariable ? '-variable' : ''}/${family}/unicode.json`,
  );
  const lists = JSON.parse(readFileSync(listPath, 'utf8')) as Record<string, string>;
  return Object.entries(lists).map(([key, list]) => {
    // Numbered ones stand in brackets, and are files without.
    const name = `${family}-${key.replaceAll(/[[\]]/g, '')}`;
    const ranges = list.split(',').map(toRange);
    return {
      name,
      isVariable,
      pathOf: (weight) =>
        join(dirname(listPath), 'files', `${name}-${isVariable ? 'wght-normal.woff2' : `${weight}-normal.woff`}`),
      lists: (codePoint) => ranges.some(({ first, last }) => codePoint >= first && codePoint <= last),
    };
  });
}

function toRange(range: string): { first: number; last: number } {
  const [first = NaN, last = first] = range
    .replace('U+', '')
    .split('-')
    .map((digits) => Number.parseInt(digits, 16));
  return { first, last };
}
