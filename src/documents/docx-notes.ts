import { appendFlat, appendText, createFlatText, type FlatText, type TextBudget } from './docx-flat-text.ts';
import { formatNumber } from './docx-number-formats.ts';

export const noteKinds = ['footnote', 'endnote'] as const;
export type NoteKind = (typeof noteKinds)[number];

export type NoteTexts = Readonly<Record<NoteKind, ReadonlyMap<string, FlatText>>>;

/** A note at the place that refers to it: the mark in the text, and the note's own text the first time that it is referred to. */
type NoteReference = { readonly mark: string; readonly body: FlatText | null };

export type Notes = { refer(kind: NoteKind, id: string, hasOwnMark: boolean): NoteReference };

/** Numbers notes in the order of their references, as Word does: footnotes 1, 2, …, endnotes i, ii, … */
export function createNotes(texts: NoteTexts, keepSpans: boolean, budget: TextBudget): Notes {
  const counts: Record<NoteKind, number> = { footnote: 0, endnote: 0 };
  const marks = new Map<string, string>();

  return {
    refer(kind, id, hasOwnMark) {
      const key = `${kind} ${id}`;
      const known = marks.get(key);
      if (known !== undefined) return { mark: known, body: null };
      // A mark of the author's own follows as text, and is not counted.
      const label = hasOwnMark ? '*' : formatNumber(++counts[kind], kind === 'footnote' ? 'decimal' : 'lowerRoman');
      const mark = hasOwnMark ? '' : `[${label}]`;
      marks.set(key, mark);
      const text = texts[kind].get(id);
      if (!text) return { mark, body: null };
      const body = createFlatText(keepSpans);
      appendText(body, text.pieces[0]?.startsWith(' ') ? `[${label}]` : `[${label}] `, budget);
      appendFlat(body, { ...text, headings: [] });
      return { mark, body };
    },
  };
}
