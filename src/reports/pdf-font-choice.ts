import { readFile } from 'node:fs/promises';
import { create } from 'fontkit';
import subsetFont from 'subset-font';
import { createSliceFinder, type FontSlice } from './pdf-font-files.ts';

export type Weight = 400 | 700;

export type FontChoice = {
  /** Name of the slice that shows a character; undefined where none does. */
  readonly sliceFor: ReadonlyMap<string, string>;
  /** All that a slice shows: marks are in every slice that has them, to stand on the letters there. */
  readonly shownBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** Each slice that is needed, with just the characters that it shows, at each weight. */
  readonly fonts: readonly { readonly slice: string; readonly weight: Weight; readonly bytes: Buffer }[];
};

/**
 * Chooses a slice for every character, and cuts the fonts. The PDF library cannot take the files as they are: it embeds a variable font
 * at its thinnest, and a compressed one with empty glyphs.
 */
export async function chooseFonts(characters: ReadonlySet<string>): Promise<FontChoice> {
  const find = createSliceFinder();
  const choices = new Map(Array.from(characters, (character) => [character, [...find(codePointOf(character))]]));
  const held = new Map<FontSlice, Set<string>>();
  const regular = new Map<FontSlice, Buffer>();

  // A slice lists characters that its font leaves out: they go on to the next.
  for (let open: ReadonlySet<string> = characters; open.size > 0;) {
    const changed = new Set<FontSlice>();
    for (const character of open) {
      const slice = choices.get(character)?.[0];
      if (!slice) continue;
      held.set(slice, (held.get(slice) ?? new Set()).add(character));
      changed.add(slice);
    }
    const refused = new Set<string>();
    for (const slice of changed) {
      const wanted = held.get(slice) ?? new Set();
      const font = await cut(slice, wanted, 400);
      const shown = charactersOf(font);
      for (const character of [...wanted].filter((each) => !shown.has(codePointOf(each)))) {
        wanted.delete(character);
        choices.get(character)?.shift();
        refused.add(character);
      }
      regular.set(slice, font);
    }
    open = refused;
  }

  const marks = [...characters].filter((character) => /\p{M}/u.test(character));
  const fonts: FontChoice['fonts'][number][] = [];
  const sliceFor = new Map<string, string>();
  const shownBy = new Map<string, ReadonlySet<string>>();
  for (const [slice, own] of held) {
    if (own.size === 0) continue;
    const more = marks.filter((mark) => !own.has(mark) && find(codePointOf(mark)).includes(slice));
    const all = new Set([...own, ...more]);
    const font = more.length === 0 ? regular.get(slice) : undefined;
    const bytes = font ?? (await cut(slice, all, 400));
    const shown = charactersOf(bytes);
    shownBy.set(slice.name, new Set([...all].filter((character) => shown.has(codePointOf(character)))));
    for (const character of own) sliceFor.set(character, slice.name);
    fonts.push(
      { slice: slice.name, weight: 400, bytes },
      { slice: slice.name, weight: 700, bytes: await cut(slice, all, 700) },
    );
  }
  return { sliceFor, shownBy, fonts };
}

async function cut({ path }: FontSlice, characters: ReadonlySet<string>, wght: Weight): Promise<Buffer> {
  const text = [...characters].sort().join('');
  return subsetFont(await readFile(path), text, { targetFormat: 'truetype', variationAxes: { wght } });
}

function charactersOf(font: Buffer): ReadonlySet<number> {
  try {
    return new Set(create(font).characterSet);
  } catch {
    // A font that was left with none has no table of them.
    return new Set();
  }
}

const codePointOf = (character: string): number => character.codePointAt(0) ?? 0;
