import { create } from 'fontkit';
import { createSliceFinder, type FontSlice, type Weight } from './pdf-font-files.ts';
import { openFont } from './pdf-font-open.ts';

export type FontChoice = {
  /** Name of the slice that shows a character; undefined where none does. */
  readonly sliceFor: ReadonlyMap<string, string>;
  /** All that a slice shows: marks are in every slice that has them, to stand on the letters there. */
  readonly shownBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** Each slice that is needed, at each weight. */
  readonly fonts: readonly { readonly slice: string; readonly weight: Weight; readonly bytes: Buffer }[];
};

/** Chooses a slice for every character, and opens the fonts. */
export async function chooseFonts(characters: ReadonlySet<string>): Promise<FontChoice> {
  const find = createSliceFinder();
  const choices = new Map(Array.from(characters, (character) => [character, find(codePointOf(character))]));
  const held = new Map<FontSlice, Set<string>>();
  const regular = new Map<FontSlice, Buffer>();

  // A slice lists characters that its font leaves out: they go on to the next.
  for (let open: ReadonlySet<string> = characters; open.size > 0;) {
    const changed = new Set<FontSlice>();
    for (const character of open) {
      const slice = choices.get(character)?.next().value;
      if (!slice) continue;
      held.set(slice, (held.get(slice) ?? new Set()).add(character));
      changed.add(slice);
    }
    const refused = new Set<string>();
    for (const slice of changed) {
      const wanted = held.get(slice) ?? new Set();
      const font = await openFont(slice, wanted, 400);
      const shown = charactersOf(font);
      for (const character of [...wanted].filter((each) => !shown.has(codePointOf(each)))) {
        wanted.delete(character);
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
    const more = marks.filter((mark) => !own.has(mark) && slice.lists(codePointOf(mark)));
    const all = new Set([...own, ...more]);
    const font = more.length === 0 ? regular.get(slice) : undefined;
    const bytes = font ?? (await openFont(slice, all, 400));
    const shown = charactersOf(bytes);
    shownBy.set(slice.name, new Set([...all].filter((character) => shown.has(codePointOf(character)))));
    for (const character of own) sliceFor.set(character, slice.name);
    fonts.push(
      { slice: slice.name, weight: 400, bytes },
      { slice: slice.name, weight: 700, bytes: await openFont(slice, all, 700) },
    );
  }
  return { sliceFor, shownBy, fonts };
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
