import type { TextSpan } from '../documents/docx-flat-text.ts';
import { scanElements, type XmlElement } from '../documents/xml-tags.ts';
import type { TextRange } from './annotation-places.ts';
import type { Target } from './docx-anchors.ts';

export type NotePart = { readonly kind: 'FOOTNOTE' | 'ENDNOTE'; readonly part: string; readonly xml: string };

/**
 * What the marks of a range of text have to stand around: its words in document.xml. Of a range that is in a note alone it is what refers to
 * the note; of one that has only generated text, such as numbering, the nearest words.
 */
export function createTargetFinder(spans: readonly TextSpan[], documentPart: string, notes: readonly NotePart[]) {
  const ofDocument = spans.filter(({ part }) => part === documentPart);
  const findNote = createNoteFinder(notes);

  return (range: TextRange): Target | null => {
    const own = overlapping(ofDocument, range);
    if (own.length === 0) {
      const [inNote] = overlapping(spans, range);
      const note = inNote && findNote(inNote);
      if (note) return note;
    }
    const words = own.length > 0 ? own : nearest(ofDocument, range);
    const [first] = words;
    if (!first) return null;
    // A text box is read behind its paragraph, and stands in the middle of it.
    const from = words.reduce((least, span) => (span.xmlStart < least.xmlStart ? span : least), first);
    const to = words.reduce((most, span) => (span.xmlStart >= most.xmlStart ? span : most), first);
    return own.length > 0
      ? { kind: 'TEXT', from, to, range }
      : { kind: 'TEXT', from, to, range: { start: from.textStart, end: to.textEnd } };
  };
}

function overlapping(spans: readonly TextSpan[], { start, end }: TextRange): TextSpan[] {
  const found: TextSpan[] = [];
  for (let index = firstEndingAfter(spans, start); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.textStart >= end) break;
    found.push(span);
  }
  return found;
}

function nearest(spans: readonly TextSpan[], { start }: TextRange): TextSpan[] {
  const index = firstEndingAfter(spans, start);
  const span = spans[index] ?? spans[index - 1];
  return span ? [span] : [];
}

function firstEndingAfter(spans: readonly TextSpan[], offset: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.textEnd ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Tells in which note a span is. A part with notes is only looked at when one of them is asked for. */
function createNoteFinder(notes: readonly NotePart[]) {
  const found = new Map<string, readonly (XmlElement & { id: string })[]>();
  return ({ part, xmlStart }: TextSpan): Target | null => {
    const source = notes.find((note) => note.part === part);
    if (!source) return null;
    const elements = found.get(part) ?? noteElements(source.xml);
    found.set(part, elements);
    const note = elements.find(({ openEnd, closeStart }) => openEnd <= xmlStart && xmlStart <= closeStart);
    return note ? { kind: source.kind, id: note.id } : null;
  };
}

/** The notes are the children of the part's root. */
function noteElements(xml: string): (XmlElement & { id: string })[] {
  const notes: (XmlElement & { id: string })[] = [];
  scanElements(xml, {
    open(element) {
      if (element.parent === null || element.parent.parent !== null) return;
      const id = /:id\s*=\s*["']([^"']*)/.exec(xml.slice(element.start, element.openEnd))?.[1] ?? '';
      notes.push(Object.assign(element, { id }));
    },
  });
  return notes;
}
