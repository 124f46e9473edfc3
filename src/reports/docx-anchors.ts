import type { TextSpan } from '../documents/docx-flat-text.ts';
import type { XmlElement } from '../documents/xml-tags.ts';
import type { TextRange } from './annotation-places.ts';
import { extentOf, findPlaces, type Place, type RunElement, type Surroundings } from './docx-places.ts';

/** A place in document.xml at which marks can be put, and what has to be closed before them and opened again behind. */
export type Cut = {
  readonly at: number;
  /** Null between runs. */
  readonly run: RunElement | null;
  /** Null between the elements of a run. */
  readonly text: XmlElement | null;
};

export type Anchor = {
  readonly start: Cut;
  readonly end: Cut;
  /** Where the document refers to the comment: what removes this removes the comment. At the end, or behind it. */
  readonly reference: Cut;
  /** What keeps the marks from standing around the very words; null where they do. */
  readonly around: Surroundings | null;
};

/** What is to be commented on: a stretch of the document's own text, or a note by the id that refers to it. */
export type Target =
  | { readonly kind: 'TEXT'; readonly from: TextSpan; readonly to: TextSpan; readonly range: TextRange }
  | { readonly kind: 'FOOTNOTE' | 'ENDNOTE'; readonly id: string };

/** `isQuoted` when the comment is on the very words of the target, and not only at a place where they happen to be. */
type WantedAnchor = { readonly target: Target; readonly isQuoted: boolean };

/**
 * Finds the places for the marks of each target; null where it has none. Marks can stand wherever runs do: in paragraphs, hyperlinks,
 * tracked insertions, content controls. Word ignores them in text boxes and notes, takes no comment inside of formulas and ruby, and drops
 * one with the text of a control or a field that it fills anew: there they go around the whole thing. A control around whole paragraphs or
 * cells keeps them inside: there is no run next to it that could refer to the comment.
 *
 * Rejecting a tracked insertion removes a comment that the document refers to inside of it. It may only where the quoted words are all in
 * the insertion, and go with it.
 */
export function findAnchors(xml: string, wanted: readonly WantedAnchor[]): (Anchor | null)[] {
  const texts = new Set<number>();
  for (const { target } of wanted) if (target.kind === 'TEXT') texts.add(target.from.xmlStart).add(target.to.xmlStart);
  const { placeAt, placeOfNote } = findPlaces(
    xml,
    texts,
    wanted.some(({ target }) => target.kind !== 'TEXT'),
  );
  return wanted.map(({ target, isQuoted }) => {
    if (target.kind !== 'TEXT') return aroundNote(target.kind, placeOfNote(target.kind, target.id));
    const from = placeAt(target.from.xmlStart);
    const to = placeAt(target.to.xmlStart);
    if (!from || !to) return null;
    const [before, behind] = [from.insertions.before, to.insertions.behind];
    const isInserted = isQuoted && before !== null && before === behind;
    const end = behind && !isQuoted ? outside(behind.closeEnd) : endCut(xml, to, target);
    return {
      start: before && !isQuoted ? outside(before.start) : startCut(xml, from, target),
      end,
      reference: behind && !isInserted ? outside(behind.closeEnd) : end,
      around: from.around ?? to.around,
    };
  });
}

const outside = (at: number): Cut => ({ at, run: null, text: null });

type TextTarget = Extract<Target, { kind: 'TEXT' }>;

function startCut(xml: string, place: Place, { from, range }: TextTarget): Cut {
  if (place.barrier) return outside(place.barrier.start);
  const text = place.element;
  const run = text.parent as RunElement;
  const at = rawOffset(xml, from, Math.max(0, range.start - from.textStart), 'DOWN');
  if (at > text.openEnd) return { at, run, text };
  return run.contentStart === text.start ? outside(run.start) : { at: text.start, run, text: null };
}

function endCut(xml: string, place: Place, { to, range }: TextTarget): Cut {
  if (place.barrier) return outside(place.barrier.closeEnd);
  const text = place.element;
  const run = text.parent as RunElement;
  const at = rawOffset(xml, to, Math.min(to.textEnd, range.end) - to.textStart, 'UP');
  if (at < text.closeStart) return { at, run, text };
  return text.closeEnd === run.closeStart ? outside(run.closeEnd) : { at: text.closeEnd, run, text: null };
}

function aroundNote(kind: 'FOOTNOTE' | 'ENDNOTE', place: Place | null): Anchor | null {
  if (!place) return null;
  const { start, closeEnd } = extentOf(place);
  const end = outside(closeEnd);
  return { start: outside(start), end, reference: end, around: kind };
}

/** The place in the XML of a character of a span, counted from the span's start; never in the middle of an entity or of a pair. */
function rawOffset(xml: string, span: TextSpan, characters: number, round: 'UP' | 'DOWN'): number {
  let remaining = span.nodeOffset + characters;
  let at = span.xmlStart;
  while (remaining > 0 && at < span.xmlEnd) {
    const [rawLength, length] = characterAt(xml, at);
    if (length > remaining && round === 'DOWN') break;
    at += rawLength;
    remaining -= length;
  }
  return at;
}

/** How long the character is in the XML, and how long in the text. */
function characterAt(xml: string, at: number): [number, number] {
  if (xml[at] === '&') {
    const end = xml.indexOf(';', at) + 1;
    const code = /^&#(x?)([0-9a-f]+);$/i.exec(xml.slice(at, end));
    const point = code ? Number.parseInt(code[2] ?? '', code[1] ? 16 : 10) : 0;
    return [end - at, point > 0xffff ? 2 : 1];
  }
  if (xml.startsWith('\r\n', at)) return [2, 1];
  const isPair = (xml.codePointAt(at) ?? 0) > 0xffff;
  return isPair ? [2, 2] : [1, 1];
}
