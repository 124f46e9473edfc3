import { scanElements, type XmlElement } from '../documents/xml-tags.ts';
import { attributeOf, createFieldTracker, isRenewed, type Field } from './docx-fields.ts';

export type RunElement = XmlElement & {
  /** Its w:rPr, for the part behind a cut; null where it has none. */
  properties: XmlElement | null;
  /** Of the first element behind the properties. */
  contentStart: number;
};

/** What keeps marks from standing around the very words. */
export type Surroundings = 'BOX' | 'FORMULA' | 'CONTROL' | 'FIELD' | 'FOOTNOTE' | 'ENDNOTE' | 'OTHER';

/** Where an element of a run stands, and what there is around it. */
export type Place = {
  readonly element: XmlElement;
  /** Its outermost paragraph. */
  readonly paragraph: XmlElement;
  /** What takes no marks inside; null where they can stand at the element itself. */
  readonly barrier: { readonly start: number; readonly closeEnd: number } | null;
  readonly around: Surroundings | null;
  /** The tracked insertions in which marks before and behind it would stand. */
  readonly insertions: { readonly before: XmlElement | null; readonly behind: XmlElement | null };
};

type PlaceInFields = Place & { readonly fields: readonly Field<Place | null>[] };

/**
 * The places of the text elements whose content begins at one of the wanted offsets, by these; and of what refers to notes, by kind and id.
 */
export function findPlaces(xml: string, wanted: ReadonlySet<number>, findsNotes: boolean) {
  const places = new Map<number, PlaceInFields>();
  const references = new Map<string, PlaceInFields>();
  const controls = new Set<XmlElement>();
  /** Of the elements: the root's. */
  let prefix = '';
  let run: RunElement | null = null;
  const place = (element: XmlElement): Place | null => placeOf(xml, element, prefix, controls);
  const fields = createFieldTracker(xml, () => prefix, place);
  const note = <Key>(found: Map<Key, PlaceInFields>, key: Key, element: XmlElement): void => {
    const own = place(element);
    if (own) found.set(key, { ...own, fields: fields.around() });
  };

  scanElements(xml, {
    open(element) {
      const { parent, name } = element;
      if (parent === null) prefix = name.slice(0, name.indexOf(':') + 1);
      if (run !== null && parent === run) noteContent(run, element, `${prefix}rPr`);
      fields.visit(element);
      if (name === `${prefix}r`) run = Object.assign(element, { properties: null, contentStart: -1 });
      else if (parent?.name === `${prefix}sdtPr`) {
        if (parent.parent && refilled.has(localName(name))) controls.add(parent.parent);
      } else if (wanted.has(element.openEnd)) note(places, element.openEnd, element);
      else if (findsNotes && name.endsWith('noteReference')) noteReference(element);
    },
    close(element) {
      fields.leave(element);
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
    const key = `${kind} ${attributeOf(xml, element, 'id')}`;
    // A note is read where it is first referred to, but for what was deleted.
    if (!references.has(key) && !isDeleted(element, prefix)) note(references, key, element);
  }
  return {
    placeAt: (offset: number): Place | null => outOfFields(places.get(offset)),
    placeOfNote: (kind: 'FOOTNOTE' | 'ENDNOTE', id: string): Place | null =>
      outOfFields(references.get(`${kind} ${id}`)),
  };
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Properties of content controls that Word fills anew: from data, by a choice, or as soon as somebody types. */
const refilled = new Set(['dataBinding', 'text', 'dropDownList', 'comboBox', 'date', 'checkbox', 'showingPlcHdr']);

function noteContent(run: RunElement, child: XmlElement, properties: string): void {
  if (child.name !== properties) {
    if (run.contentStart === -1) run.contentStart = child.start;
  } else run.properties ??= child;
}

function isDeleted(element: XmlElement, prefix: string): boolean {
  for (let outer = element.parent; outer !== null; outer = outer.parent)
    if (outer.name === `${prefix}del` || outer.name === `${prefix}moveFrom`) return true;
  return false;
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

/** Looks at what is around an element of a run, from the outermost paragraph inwards, for the first thing that takes no marks. */
function placeOf(xml: string, element: XmlElement, prefix: string, controls: ReadonlySet<XmlElement>): Place | null {
  const path: XmlElement[] = [];
  for (let outer = element.parent; outer !== null; outer = outer.parent) path.unshift(outer);
  const first = path.findIndex(({ name }) => name === `${prefix}p`);
  const inParagraph = first === -1 ? [] : path.slice(first);
  const [paragraph] = inParagraph;
  let insertion: XmlElement | null = null;
  for (const outer of inParagraph) {
    const own = outer.name.startsWith(prefix) ? outer.name.slice(prefix.length) : '';
    const isField = own === 'fldSimple' && isRenewed(attributeOf(xml, outer, 'instr'));
    if (transparent.has(own) && !controls.has(outer) && !isField) {
      if (own === 'ins' || own === 'moveTo') insertion ??= outer;
      continue;
    }
    const isFree = own === 'r' && outer === element.parent;
    const around = isField ? 'FIELD' : controls.has(outer) ? 'CONTROL' : surroundings(inParagraph);
    const insertions = { before: insertion, behind: insertion };
    return paragraph
      ? { element, paragraph, barrier: isFree ? null : outer, around: isFree ? null : around, insertions }
      : null;
  }
  return null;
}

function surroundings(path: readonly XmlElement[]): Surroundings {
  const names = new Set(path.map(({ name }) => localName(name)));
  if (names.has('txbxContent')) return 'BOX';
  return names.has('oMath') ? 'FORMULA' : 'OTHER';
}

/**
 * A place in the result of a field is around the whole field, since what is in it goes when Word updates it. Not so of a field over several
 * paragraphs, such as a table of contents: its comment would stand far from its words.
 */
function outOfFields(place: PlaceInFields | undefined): Place | null {
  if (!place) return null;
  for (const { begin, end, instruction } of place.fields) {
    if (begin?.paragraph !== place.paragraph || end?.paragraph !== place.paragraph) continue;
    if (!isRenewed(instruction)) continue;
    const extents = [begin, place, end].map(extentOf);
    return {
      ...place,
      barrier: {
        start: Math.min(...extents.map(({ start }) => start)),
        closeEnd: Math.max(...extents.map(({ closeEnd }) => closeEnd)),
      },
      around: place.around ?? 'FIELD',
      insertions: { before: begin.insertions.before, behind: end.insertions.behind },
    };
  }
  return place;
}

/** From where to where marks around a place, or the run that it is in, stand. */
export const extentOf = ({ barrier, element }: Place): { readonly start: number; readonly closeEnd: number } =>
  barrier ?? element.parent ?? element;
