import { appendFlat, appendText, createFlatText, type FlatText } from './docx-flat-text.ts';
import { createParagraph, runOn, writeParagraph, type Paragraph, type ParagraphContext } from './docx-paragraph.ts';
import { writeRow, type TableRow } from './docx-table.ts';

/**
 * Where text goes while a part is read: a stack of frames. The part itself is one, and each table cell, text box and note in it. A frame
 * that ends is put into the one around it as a whole: a cell when its row is complete, a box behind the paragraph in which it is
 * anchored, a note behind the paragraph that refers to it; so that no text is torn apart by another.
 */
export type Frames = {
  /** The text of the part; complete after `end`. */
  readonly text: FlatText;
  /** The paragraph being read. Text outside of any, which only damaged files have, starts one. */
  readonly paragraph: () => Paragraph;
  readonly write: (text: string) => void;
  readonly startParagraph: () => void;
  readonly endParagraph: () => void;
  readonly openTable: () => void;
  readonly closeTable: () => void;
  readonly openRow: () => void;
  readonly closeRow: () => void;
  /** Marks the row being read as deleted by a tracked change. */
  readonly deleteRow: () => void;
  readonly openCell: () => void;
  readonly closeCell: () => void;
  readonly openBox: () => void;
  readonly closeBox: () => void;
  /** Begins a text of its own, such as a note; `closeNote` takes it. */
  readonly openNote: () => void;
  readonly closeNote: () => FlatText;
  /** Puts a note's text behind the current paragraph, or behind the table that it is in. */
  readonly addNote: (text: FlatText) => void;
  readonly end: () => void;
};

type Frame = {
  readonly isCell: boolean;
  readonly flat: FlatText;
  /** Rows being read of the tables that are open in this frame, outermost first. */
  readonly rows: (TableRow | null)[];
  readonly pendingNotes: FlatText[];
  paragraph: Paragraph | null;
  /** A paragraph whose mark was deleted, waiting for the one that it runs on into. */
  carried: Paragraph | null;
};

export function createFrames(context: ParagraphContext, keepSpans: boolean): Frames {
  const newFrame = (isCell: boolean): Frame => ({
    isCell,
    flat: createFlatText(keepSpans),
    rows: [],
    pendingNotes: [],
    paragraph: null,
    carried: null,
  });
  const outer: Frame[] = [];
  let frame = newFrame(false);
  const { flat: text } = frame;

  const open = (isCell: boolean) => {
    outer.push(frame);
    frame = newFrame(isCell);
  };
  /** Notes that the ended frame could not place go to the one around it. */
  const close = (): FlatText => {
    const ended = frame;
    finishParagraph(ended, context);
    frame = outer.pop() ?? ended;
    if (frame !== ended) frame.pendingNotes.push(...ended.pendingNotes);
    return ended.flat;
  };
  const paragraph = (): Paragraph => (frame.paragraph ??= frame.carried ?? createParagraph(keepSpans));

  return {
    text,
    paragraph,
    write: (written) => appendText(paragraph().text, written, context.budget),
    startParagraph() {
      // Only a damaged file has a paragraph directly inside another one.
      if (frame.paragraph) finishParagraph(frame, context);
      frame.paragraph = frame.carried ? runOn(frame.carried, keepSpans) : createParagraph(keepSpans);
      frame.carried = null;
    },
    endParagraph() {
      if (!frame.paragraph?.isMarkDeleted) return finishParagraph(frame, context);
      frame.carried = frame.paragraph;
      frame.paragraph = null;
    },
    openTable() {
      finishParagraph(frame, context);
      frame.rows.push(null);
    },
    closeTable() {
      frame.rows.pop();
      placeNotes(frame);
    },
    openRow() {
      if (frame.rows.length > 0) frame.rows[frame.rows.length - 1] = { cells: [], isDeleted: false };
    },
    closeRow() {
      const row = frame.rows.at(-1);
      if (row) writeRow(frame.flat, row, context.budget);
    },
    deleteRow() {
      const row = frame.rows.at(-1);
      if (row) row.isDeleted = true;
    },
    openCell: () => open(true),
    closeCell() {
      const cell = close();
      const row = frame.rows.at(-1);
      if (row) row.cells.push(cell);
      else appendFlat(frame.flat, cell);
    },
    openBox: () => open(false),
    closeBox() {
      const box = close();
      paragraph().boxes.push(box);
    },
    openNote: () => open(false),
    closeNote: close,
    addNote: (note) => void frame.pendingNotes.push(note),
    end: () => finishParagraph(frame, context),
  };
}

function finishParagraph(frame: Frame, context: ParagraphContext): void {
  const ended = frame.paragraph ?? frame.carried;
  frame.paragraph = null;
  frame.carried = null;
  if (ended) writeParagraph(frame.flat, ended, context);
  placeNotes(frame);
}

/** Inside a table notes wait: a row is one line. */
function placeNotes(frame: Frame): void {
  if (frame.isCell || frame.rows.length > 0) return;
  for (const note of frame.pendingNotes.splice(0)) appendFlat(frame.flat, note);
}
