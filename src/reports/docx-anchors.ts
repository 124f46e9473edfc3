import type { TextSpan } from '../documents/docx-flat-text.ts';
import { scanElements, type XmlElement } from '../documents/xml-tags.ts';
import type { TextRange } from './annotation-places.ts';

/** A place in document.xml at which marks can be put, and what has to be closed before them and opened again behind. */
export type Cut = {
  readonly at: number;
  /** Null between runs. */
  readonly run: RunElement | null;
  /** Null between the elements of a run. */
  readonly text: XmlElement | null;
};

export type RunElement = XmlElement & {
  /** Its w:rPr, for the part behind a cut; null where it has none. */
  properties: XmlElement | null;
  /** Of the first element behind the properties. */
  contentStart: number;
};

export type Anchor = {
  readonly start: Cut;
  readonly end: Cut;
  /** What keeps the marks from standing around the very words; null where they do. */
  readonly around: Surroundings | null;
};

export type Surroundings = 'BOX' | 'FORMULA' | 'CONTROL' | 'FOOTNOTE' | 'ENDNOTE' | 'OTHER';

/** What is to be commented on: a stretch of the document's own text, or a note by the id that refers to it. */
export type Target =
  | { readonly kind: 'TEXT'; readonly from: TextSpan; readonly to: TextSpan; readonly range: TextRange }
  | { readonly kind: 'FOOTNOTE' | 'ENDNOTE'; readonly id: string };

type Place = { readonly text: XmlElement; readonly barrier: XmlElement | null; readonly around: Surroundings | null };

/**
 * Finds the places for the marks of each target; null where it has none. Marks can stand wherever runs do: in paragraphs, hyperlinks,
 * tracked insertions, content controls. Word ignores them in text boxes and notes, and takes no comment inside of formulas, ruby or the
 * text of a plain or bound control, which it renews: there they go around the whole thing.
 */
export function findAnchors(xml: string, targets: readonly Target[]): (Anchor | null)[] {
  const wanted = new Set<number>();
  for (const target of targets) if (target.kind === 'TEXT') wanted.add(target.from.xmlStart).add(target.to.xmlStart);
  const { places, references } = findPlaces(
    xml,
    wanted,
    targets.some(({ kind }) => kind !== 'TEXT'),
  );
  return targets.map((target) => {
    if (target.kind !== 'TEXT') return aroundNote(target, references.get(`${target.kind} ${target.id}`));
    const from = places.get(target.from.xmlStart);
    const to = places.get(target.to.xmlStart);
    if (!from || !to) return null;
    return {
      start: startCut(xml, from, target),
      end: endCut(xml, to, target),
      around: from.around ?? to.around,
    };
  });
}

function findPlaces(xml: string, wanted: ReadonlySet<number>, findsNotes: boolean) {
  const places = new Map<number, Place>();
  const references = new Map<string, Place>();
  const boundControls = new Set<XmlElement>();
  /** Of the elements: the root's. */
  let prefix = '';
  let run: RunElement | null = null;

  scanElements(xml, {
    open(element) {
      const { parent, name } = element;
      if (parent === null) prefix = name.slice(0, name.indexOf(':') + 1);
      if (run !== null && parent === run) noteContent(run, element, `${prefix}rPr`);
      if (name === `${prefix}r`) run = Object.assign(element, { properties: null, contentStart: -1 });
      else if (name === `${prefix}dataBinding` || name === `${prefix}text`) {
        if (parent?.name === `${prefix}sdtPr` && parent.parent) boundControls.add(parent.parent);
      } else if (wanted.has(element.openEnd)) {
        const place = placeOf(element, prefix, boundControls);
        if (place) places.set(element.openEnd, place);
      } else if (findsNotes && name.endsWith('noteReference')) noteReference(element);
    },
    close(element) {
      // Behind a run that is inside of another, as in a text box, the outer one goes on.
      if (element === run) run = enclosingRun(element);
    },
  });

  function enclosingRun(element: XmlElement): RunElement | null {
    let outer = element.parent;
    while (outer !== null && outer.name !== `${prefix}r`) outer = outer.parent;
    return outer as RunElement | null;
  }
  function noteReference(element: XmlElement): void {
    const kind = element.name === `${prefix}footnoteReference` ? 'FOOTNOTE' : 'ENDNOTE';
    const id = /:id\s*=\s*["']([^"']*)/.exec(xml.slice(element.start, element.openEnd))?.[1] ?? '';
    const key = `${kind} ${id}`;
    const place = placeOf(element, prefix, boundControls);
    // A note is read where it is first referred to, but for what was deleted.
    const isDeleted = place?.barrier?.name === `${prefix}del` || place?.barrier?.name === `${prefix}moveFrom`;
    if (place && !isDeleted && !references.has(key)) references.set(key, place);
  }
  return { places, references };
}

function noteContent(run: RunElement, child: XmlElement, properties: string): void {
  if (child.name !== properties) {
    if (run.contentStart === -1) run.contentStart = child.start;
  } else run.properties ??= child;
}

/** Inside of which runs may be parted and marks stand between them. */
const transparent = new Set([
  'p',
  'hyperlink',
  'ins',
  'moveTo',
  'smartTag',
  'customXml',
  'sdt',
  'sdtContent',
  'fldSimple',
  'dir',
  'bdo',
]);

/** Looks at what is around a text element, from the outermost paragraph inwards, for the first thing that takes no marks. */
function placeOf(text: XmlElement, prefix: string, boundControls: ReadonlySet<XmlElement>): Place | null {
  const path: XmlElement[] = [];
  for (let element = text.parent; element !== null; element = element.parent) path.unshift(element);
  const paragraph = path.findIndex(({ name }) => name === `${prefix}p`);
  const inParagraph = paragraph === -1 ? [] : path.slice(paragraph);
  for (const element of inParagraph) {
    const own = element.name.startsWith(prefix) ? element.name.slice(prefix.length) : '';
    if (transparent.has(own) && !boundControls.has(element)) continue;
    if (own === 'r' && element === text.parent) return { text, barrier: null, around: null };
    return { text, barrier: element, around: surroundings(element, inParagraph, boundControls) };
  }
  return null;
}

function surroundings(
  barrier: XmlElement,
  path: readonly XmlElement[],
  boundControls: ReadonlySet<XmlElement>,
): Surroundings {
  if (boundControls.has(barrier)) return 'CONTROL';
  const names = new Set(path.map(({ name }) => name.slice(name.indexOf(':') + 1)));
  if (names.has('txbxContent')) return 'BOX';
  return names.has('oMath') ? 'FORMULA' : 'OTHER';
}

const outside = (at: number): Cut => ({ at, run: null, text: null });

function startCut(xml: string, { text, barrier }: Place, { from, range }: Extract<Target, { kind: 'TEXT' }>): Cut {
  if (barrier) return outside(barrier.start);
  const run = text.parent as RunElement;
  const at = rawOffset(xml, from, Math.max(0, range.start - from.textStart), 'DOWN');
  if (at > text.openEnd) return { at, run, text };
  return run.contentStart === text.start ? outside(run.start) : { at: text.start, run, text: null };
}

function endCut(xml: string, { text, barrier }: Place, { to, range }: Extract<Target, { kind: 'TEXT' }>): Cut {
  if (barrier) return outside(barrier.closeEnd);
  const run = text.parent as RunElement;
  const at = rawOffset(xml, to, Math.min(to.textEnd, range.end) - to.textStart, 'UP');
  if (at < text.closeStart) return { at, run, text };
  return text.closeEnd === run.closeStart ? outside(run.closeEnd) : { at: text.closeEnd, run, text: null };
}

function aroundNote({ kind }: Exclude<Target, { kind: 'TEXT' }>, place: Place | undefined): Anchor | null {
  if (!place) return null;
  const element = place.barrier ?? place.text.parent;
  if (!element) return null;
  return { start: outside(element.start), end: outside(element.closeEnd), around: kind };
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
