import { appendNode, type FlatText, type TextBudget } from './docx-flat-text.ts';
import { createFrames, type Frames } from './docx-frames.ts';
import { createListLabels } from './docx-list-labels.ts';
import type { NoteKind, Notes } from './docx-notes.ts';
import type { Numbering } from './docx-numbering.ts';
import type { Paragraph } from './docx-paragraph.ts';
import { isOn, toLevel, type StyleSheet } from './docx-styles.ts';
import { symbolOf } from './docx-symbols.ts';
import type { XmlAttributes, XmlHandlers } from './docx-xml.ts';
import { DocumentError } from './document-types.ts';

export type BodyOptions = {
  /** Name of the part inside the container. */
  readonly part: string;
  readonly styles: StyleSheet;
  readonly numbering: Numbering;
  /** Null inside notes, which cannot refer to notes. */
  readonly notes: Notes | null;
  readonly keepSpans: boolean;
  readonly budget: TextBudget;
};

export type BodyReader = {
  readonly handlers: XmlHandlers;
  /** Of the document; in a part with notes, each is in `notes` instead. */
  readonly text: FlatText;
  readonly notes: ReadonlyMap<string, FlatText>;
};

type Opener = (attributes: XmlAttributes, position: number) => void;

/** What the handlers of single elements need to know. */
type BodyState = {
  readonly frames: Frames;
  readonly notes: Notes | null;
  readonly noteTexts: Map<string, FlatText>;
  /** Names of the open elements. */
  readonly path: string[];
  /** For each open mc:AlternateContent, whether one of its renderings was read. */
  readonly choicesTaken: boolean[];
  noteId: string | null;
  /** Where the content of the text element begins; -1 when that is not known. */
  contentStart: number;
  /** A form's check box being read: whether it is ticked. */
  checkBox: boolean | null;
};

/**
 * Reads the paragraphs of a part (the document, or its notes) into one text.
 *
 * Left out: deleted and moved-away text of tracked changes, earlier properties, field codes, comments, phonetic guides, and the second
 * rendering of a shape for old programs (mc:Fallback). Hidden text is read: a reviewer has to know of it.
 */
export function createBodyReader(options: BodyOptions): BodyReader {
  const { part, styles, numbering, keepSpans, budget } = options;
  const frames = createFrames({ styles, numbering, labels: createListLabels(numbering), budget }, keepSpans);
  const state: BodyState = {
    frames,
    notes: options.notes,
    noteTexts: new Map(),
    path: [],
    choicesTaken: [],
    noteId: null,
    contentStart: -1,
    checkBox: null,
  };
  const openers = createOpeners(state);
  const closers = createClosers(state);
  const { path } = state;
  /** Depth of the element that is passed over with all its content; 0 for none. */
  let skippedDepth = 0;

  const handlers: XmlHandlers = {
    open(name, attributes, position) {
      path.push(name);
      if (skippedDepth > 0) return;
      if (isSkipped(name, state)) skippedDepth = path.length;
      else openers.get(name)?.(attributes, position);
    },
    close(name) {
      if (skippedDepth === 0) closers.get(name)?.();
      else if (path.length === skippedDepth) skippedDepth = 0;
      path.pop();
    },
    text(content, position) {
      const element = path.at(-1);
      if (skippedDepth > 0 || (element !== 'w:t' && element !== 'm:t')) return;
      const isKnown = position !== null && state.contentStart >= 0;
      const source = isKnown ? { part, xmlStart: state.contentStart, xmlEnd: position } : null;
      // A second piece of text in the same element, behind an XML comment, begins at a place that is not known.
      state.contentStart = -1;
      appendNode(frames.paragraph().text, content, source, budget);
    },
  };
  return { handlers, text: frames.text, notes: state.noteTexts };
}

/** Elements whose content is no text of the document, wherever they stand. */
const skipped: ReadonlySet<string> = new Set([
  'w:pPrChange',
  'w:rPrChange',
  'w:numberingChange',
  'w:sectPr',
  'w:sdtPr',
  'w:tblPr',
  'w:tblGrid',
  'w:rt',
  'w:instrText',
  'w:delText',
]);

/** Whether an element is passed over. Notes on the way what is said by a tracked deletion of a paragraph mark or of a row. */
function isSkipped(name: string, { path, frames, choicesTaken }: BodyState): boolean {
  switch (name) {
    case 'w:del':
    case 'w:moveFrom':
      if (path.at(-2) === 'w:rPr' && path.at(-3) === 'w:pPr') frames.paragraph().isMarkDeleted = true;
      else if (path.at(-2) === 'w:trPr') frames.deleteRow();
      return true;
    case 'w:rPr':
      return path.at(-2) === 'w:r';
    case 'mc:Choice':
    case 'mc:Fallback': {
      const wasTaken = choicesTaken.at(-1) ?? false;
      if (choicesTaken.length > 0) choicesTaken[choicesTaken.length - 1] = true;
      return wasTaken;
    }
    default:
      return skipped.has(name);
  }
}

function createOpeners(state: BodyState): ReadonlyMap<string, Opener> {
  const { frames, path } = state;
  const startContent: Opener = (_, position) => (state.contentStart = position);
  // Elsewhere `w:tab` defines a tab stop.
  const inRun = (text: string) => () => path.at(-2) === 'w:r' && frames.write(text);
  const property = (set: (paragraph: Paragraph, value: string) => void) => (attributes: XmlAttributes) => {
    const parent = path.at(-2);
    if (parent === 'w:pPr' || parent === 'w:numPr') set(frames.paragraph(), attributes['w:val'] ?? '');
  };
  const tick: Opener = (attributes) => {
    if (state.checkBox !== null) state.checkBox = isOn(attributes['w:val'] ?? 'true');
  };
  const refer = (kind: NoteKind) => (attributes: XmlAttributes) => {
    const hasOwnMark = isOn(attributes['w:customMarkFollows']);
    const reference = state.notes?.refer(kind, attributes['w:id'] ?? '', hasOwnMark);
    if (reference) frames.write(reference.mark);
    if (reference?.body) frames.addNote(reference.body);
  };
  const openNote: Opener = (attributes) => {
    // Notes of other types are the lines that separate notes from the page.
    state.noteId = (attributes['w:type'] ?? 'normal') === 'normal' ? (attributes['w:id'] ?? null) : null;
    frames.openNote();
  };
  return new Map<string, Opener>([
    ['w:p', frames.startParagraph],
    ['w:pStyle', property((paragraph, value) => (paragraph.styleId = value))],
    ['w:outlineLvl', property((paragraph, value) => (paragraph.outlineLevel = toLevel(value)))],
    ['w:numId', property((paragraph, value) => (paragraph.numId = value))],
    ['w:ilvl', property((paragraph, value) => (paragraph.listLevel = toLevel(value)))],
    ['w:t', startContent],
    ['m:t', startContent],
    ['w:tab', inRun('\t')],
    ['w:ptab', inRun('\t')],
    ['w:cr', inRun('\n')],
    ['w:br', (attributes) => writeBreak(attributes['w:type'], frames)],
    ['w:noBreakHyphen', inRun('-')],
    ['w:sym', (attributes) => frames.write(symbolOf(attributes['w:font'] ?? '', attributes['w:char'] ?? ''))],
    ['w:checkBox', () => (state.checkBox = false)],
    ['w:default', tick],
    ['w:checked', tick],
    ['w:footnoteReference', refer('footnote')],
    ['w:endnoteReference', refer('endnote')],
    ['w:footnote', openNote],
    ['w:endnote', openNote],
    ['w:tbl', frames.openTable],
    ['w:tr', frames.openRow],
    ['w:tc', frames.openCell],
    ['w:txbxContent', frames.openBox],
    ['w:altChunk', refuseEmbeddedDocument],
    ['mc:AlternateContent', () => state.choicesTaken.push(false)],
  ]);
}

function createClosers(state: BodyState): ReadonlyMap<string, () => void> {
  const { frames } = state;
  const closeNote = () => {
    const text = frames.closeNote();
    if (state.noteId !== null) state.noteTexts.set(state.noteId, text);
    state.noteId = null;
  };
  return new Map<string, () => void>([
    ['w:p', frames.endParagraph],
    [
      'w:checkBox',
      () => {
        frames.write(state.checkBox ? '☒' : '☐');
        state.checkBox = null;
      },
    ],
    ['w:footnote', closeNote],
    ['w:endnote', closeNote],
    ['w:tbl', frames.closeTable],
    ['w:tr', frames.closeRow],
    ['w:tc', frames.closeCell],
    ['w:txbxContent', frames.closeBox],
    ['w:body', frames.end],
    ['mc:AlternateContent', () => state.choicesTaken.pop()],
  ]);
}

/** A page break at the start of a paragraph, as headings have it, breaks no line. */
function writeBreak(type: string | undefined, frames: Frames): void {
  const breaksPage = type === 'page' || type === 'column';
  if (!breaksPage || frames.paragraph().text.length > 0) frames.write('\n');
}

function refuseEmbeddedDocument(): never {
  throw new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The document embeds another file as text (altChunk), which only a word processor can merge. Open it in one, save it as .docx and upload the new file.',
  );
}
