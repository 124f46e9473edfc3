import { rootTag, type XmlElement } from '../documents/xml-tags.ts';
import type { Anchor, Cut } from './docx-anchors.ts';
import type { RunElement } from './docx-places.ts';

/** Where a thread goes, and the ids of its comment and of the replies to it. */
export type Marking = { readonly anchor: Anchor; readonly ids: readonly number[] };

type MarkedCut = { readonly cut: Cut; readonly ends: string[]; readonly starts: string[] };

const namespaces = {
  transitional: 'http://schemas.openxmlformats.org/wordprocessingml/2006/main',
  strict: 'http://purl.oclc.org/ooxml/wordprocessingml/main',
} as const;

/** Which of the two variants of the format a document is written in. */
export const wordNamespaceOf = (xml: string): string =>
  rootTag(xml).includes(namespaces.strict) ? namespaces.strict : namespaces.transitional;

/**
 * Puts the marks of comments into document.xml: where each begins, where it ends, and the reference to it. A run that is cut goes on behind
 * the marks with the same properties. Nothing is taken away; `freshId` gives ids for what has to be repeated.
 */
export function insertMarks(
  xml: string,
  markings: readonly Marking[],
  { namespace, freshId }: { readonly namespace: string; readonly freshId: () => number },
): string {
  const isDeclared = rootTag(xml).includes(` xmlns:w="${namespace}"`);
  const cuts = collectCuts(markings, createMarks(isDeclared ? '' : ` xmlns:w="${namespace}"`));
  const pieces: string[] = [];
  const spaced = new Set<XmlElement>();
  let last = 0;
  const copyTo = (at: number): void => {
    if (at > last) pieces.push(xml.slice(last, at));
    last = Math.max(last, at);
  };
  const keepSpaces = (text: XmlElement): void => {
    if (spaced.has(text)) return;
    spaced.add(text);
    copyTo(text.start + 1 + text.name.length);
    pieces.push(' xml:space="preserve"');
  };

  for (const [index, { cut, ends, starts }] of cuts.entries()) {
    const { at, run, text } = cut;
    const before = cuts[index - 1]?.cut;
    if (text && before?.text !== text && /\s/.test(xml.charAt(at - 1)) && !isSpaced(xml, text)) keepSpaces(text);
    copyTo(at);
    if (text) pieces.push(`</${text.name}>`);
    if (run) pieces.push(`</${run.name}>`);
    pieces.push(...ends, ...starts);
    if (run) pieces.push(reopenRun(xml, run, freshId));
    if (text) pieces.push(`<${text.name} xml:space="preserve">`);
  }
  copyTo(xml.length);
  return pieces.join('');
}

function collectCuts(markings: readonly Marking[], marks: ReturnType<typeof createMarks>): MarkedCut[] {
  const cuts = new Map<number, MarkedCut>();
  const at = (cut: Cut): MarkedCut => {
    const known = cuts.get(cut.at);
    if (known) return known;
    const created = { cut, ends: [], starts: [] };
    cuts.set(cut.at, created);
    return created;
  };
  for (const { anchor, ids } of markings) {
    for (const id of ids) {
      at(anchor.start).starts.push(marks.start(id));
      at(anchor.end).ends.push(marks.end(id));
      at(anchor.reference).ends.push(marks.reference(id));
    }
  }
  return [...cuts.values()].sort((a, b) => a.cut.at - b.cut.at);
}

/** The usual prefix is declared with each mark unless the whole document has it: then it need not be known what the document calls it. */
const createMarks = (declaration: string) => ({
  start: (id: number): string => `<w:commentRangeStart${declaration} w:id="${id}"/>`,
  end: (id: number): string => `<w:commentRangeEnd${declaration} w:id="${id}"/>`,
  reference: (id: number): string => `<w:r${declaration}><w:commentReference w:id="${id}"/></w:r>`,
});

/** The run's own tag and properties. A tracked change of its formatting is repeated under an id of its own. */
function reopenRun(xml: string, run: RunElement, freshId: () => number): string {
  const properties = run.properties ? xml.slice(run.properties.start, run.properties.closeEnd) : '';
  const repeated = properties.replace(
    /(<[^<>\s]*rPrChange\b[^<>]*?:id\s*=\s*)(["'])[^"']*\2/g,
    (_, start: string, quote: string) => `${start}${quote}${freshId()}${quote}`,
  );
  return xml.slice(run.start, run.openEnd) + repeated;
}

const isSpaced = (xml: string, text: XmlElement): boolean => xml.slice(text.start, text.openEnd).includes('xml:space');
