import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The families that PDF reports are set in, first come first served: a character is shown in the first that has it. Each is cut into
 * slices, a file for each stretch of characters, so that a report opens only the slices that it needs.
 */
const families = [
  'noto-sans',
  'noto-naskh-arabic',
  'noto-sans-hebrew',
  'noto-sans-thai',
  'noto-sans-sc',
  'noto-sans-kr',
  'noto-emoji',
] as const;

export type FontSlice = { readonly name: string; readonly path: string };

type Range = { readonly first: number; readonly last: number; readonly slice: FontSlice };

/** Finds the slices that say they have a character, the first choice first. */
export function createSliceFinder(): (codePoint: number) => readonly FontSlice[] {
  const ranges = families.flatMap(readFamily);
  return (codePoint) =>
    ranges.filter(({ first, last }) => codePoint >= first && codePoint <= last).map(({ slice }) => slice);
}

/** The package tells, for browsers, which characters are in which of its files: `{ "latin": "U+0-FF,U+131" }`. */
function readFamily(family: string): readonly Range[] {
  const { resolve } = createRequire(import.meta.url);
  const packageName = `@fontsource-variable/${family}`;
  const slices = JSON.parse(readFileSync(resolve(`${packageName}/unicode.json`), 'utf8')) as Record<string, string>;
  return Object.entries(slices).flatMap(([key, list]) => {
    // Numbered ones stand in brackets, and are files without.
    const name = `${family}-${key.replaceAll(/[[\]]/g, '')}`;
    const slice = { name, path: resolve(`${packageName}/files/${name}-wght-normal.woff2`) };
    return list.split(',').map((range) => {
      const [first = NaN, last = first] = range
        .replace('U+', '')
        .split('-')
        .map((digits) => Number.parseInt(digits, 16));
      return { first, last, slice };
    });
  });
}
