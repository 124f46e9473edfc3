import type { XmlElement } from '../documents/xml-tags.ts';

/** A field from its first mark to its last, each a w:fldChar; `P` is where such a mark is. */
export type Field<P> = {
  readonly begin: P;
  end: P | null;
  instruction: string;
  /** From the mark between the instruction and what it gives. */
  hasResult: boolean;
};

/** Fields in fields: a file that opens ever more of them and closes none is not followed any deeper. */
const deepest = 100;

/** Follows the fields of a document through a scan of it: they are no elements, but stretches between marks. */
export function createFieldTracker<P>(xml: string, prefix: () => string, placeOf: (mark: XmlElement) => P) {
  const open: Field<P>[] = [];
  return {
    /** Those whose results the scan is in, from the outermost on. */
    around: (): readonly Field<P>[] => open.slice(-deepest).filter(({ hasResult }) => hasResult),
    visit(element: XmlElement): void {
      if (element.name !== `${prefix()}fldChar`) return;
      const kind = attributeOf(xml, element, 'fldCharType');
      const last = open.at(-1);
      if (kind === 'begin') open.push({ begin: placeOf(element), end: null, instruction: '', hasResult: false });
      else if (kind === 'separate' && last) last.hasResult = true;
      else if (kind === 'end' && last) {
        last.end = placeOf(element);
        open.pop();
      }
    },
    leave(element: XmlElement): void {
      const last = open.at(-1);
      if (last && !last.hasResult && element.name === `${prefix()}instrText`)
        last.instruction += xml.slice(element.openEnd, element.closeStart);
    },
  };
}

/** Whether Word writes the result anew when it updates the field; of a link it keeps what is there. */
export const isRenewed = (instruction: string): boolean => !/^\s*HYPERLINK\b/i.test(instruction);

/** Of an element's tag, whatever the prefix. */
export const attributeOf = (xml: string, element: XmlElement, name: string): string =>
  new RegExp(String.raw`:${name}\s*=\s*(["'])(.*?)\1`, 's').exec(xml.slice(element.start, element.openEnd))?.[2] ?? '';
