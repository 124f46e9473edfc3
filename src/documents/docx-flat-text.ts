import { documentLimits } from './document-limits.ts';
import { DocumentError, type Heading } from './document-types.ts';

/**
 * A stretch of extracted text and the XML it was read from. Stretches are in order of `textStart` and do not overlap; text between
 * them (numbering, separators, note marks) was generated and is in no run.
 */
export type TextSpan = {
  readonly textStart: number;
  readonly textEnd: number;
  /** Name of the part inside the container, such as `word/document.xml`. */
  readonly part: string;
  /** The content of the text element (w:t), as UTF-16 offsets in the part's decoded text without its byte order mark. */
  readonly xmlStart: number;
  readonly xmlEnd: number;
  /** Characters of the element's content, with its entities resolved, that come before the stretch. */
  readonly nodeOffset: number;
};

type TextSource = Pick<TextSpan, 'part' | 'xmlStart' | 'xmlEnd'>;

/** Counts what all texts of one document may still take. */
export type TextBudget = { remaining: number };

export const createTextBudget = (): TextBudget => ({ remaining: documentLimits.textLength });

/** Text under construction: pieces, with headings and spans at offsets relative to its own start. */
export type FlatText = {
  readonly pieces: string[];
  readonly headings: Heading[];
  /** Null when nobody asked for them: they cost more memory than the text. */
  readonly spans: TextSpan[] | null;
  length: number;
};

export const createFlatText = (keepSpans: boolean): FlatText => ({
  pieces: [],
  headings: [],
  spans: keepSpans ? [] : null,
  length: 0,
});

export const flatTextToString = (flat: FlatText): string => flat.pieces.join('');

/** Appends text that is in no run. */
export function appendText(flat: FlatText, text: string, budget: TextBudget): void {
  budget.remaining -= text.length;
  if (budget.remaining < 0)
    throw new DocumentError(
      'PAYLOAD_TOO_LARGE',
      `The document holds more than ${documentLimits.textLength.toLocaleString('en')} characters of text. Split it and upload its parts.`,
    );
  flat.pieces.push(text);
  flat.length += text.length;
}

// In a w:t, white space of any kind is a space; a soft hyphen only says where a word may break, and would keep quotations from matching.
// oxlint-disable-next-line no-control-regex
const special = /[\t\n\r\u00ad]/;

/** Appends the content of a text element. `source` is null where its place in the XML is not known exactly. */
export function appendNode(flat: FlatText, content: string, source: TextSource | null, budget: TextBudget): void {
  if (!special.test(content)) return appendStretch(flat, content, 0, source, budget);
  let nodeOffset = 0;
  for (const stretch of content.split('\u00ad')) {
    if (stretch) appendStretch(flat, stretch.replace(/[\t\n\r]/g, ' '), nodeOffset, source, budget);
    nodeOffset += stretch.length + 1;
  }
}

function appendStretch(
  flat: FlatText,
  text: string,
  nodeOffset: number,
  source: TextSource | null,
  budget: TextBudget,
): void {
  const textStart = flat.length;
  appendText(flat, text, budget);
  if (!flat.spans || !source) return;
  const { part, xmlStart, xmlEnd } = source;
  flat.spans.push({ textStart, textEnd: flat.length, part, xmlStart, xmlEnd, nodeOffset });
}

/** Appends a finished text with its headings and spans; its characters were counted when they were read. */
export function appendFlat(flat: FlatText, other: FlatText): void {
  const shift = flat.length;
  flat.pieces.push(flatTextToString(other));
  flat.length += other.length;
  for (const heading of other.headings) flat.headings.push({ ...heading, offset: heading.offset + shift });
  if (flat.spans && other.spans)
    for (const { textStart, textEnd, part, xmlStart, xmlEnd, nodeOffset } of other.spans)
      flat.spans.push({
        textStart: textStart + shift,
        textEnd: textEnd + shift,
        part,
        xmlStart,
        xmlEnd,
        nodeOffset,
      });
}

/** The same text on one line, for a cell of a row: breaks and tabs become spaces, so that offsets stay; headings are dropped. */
export const onOneLine = (flat: FlatText): FlatText => ({
  pieces: [flatTextToString(flat).replace(/[\n\t]/g, ' ')],
  headings: [],
  spans: flat.spans,
  length: flat.length,
});

/** Takes the line break off the end, if there is one. */
export function withoutLastBreak(flat: FlatText): FlatText {
  const text = flatTextToString(flat);
  if (!text.endsWith('\n')) return flat;
  return { ...flat, pieces: [text.slice(0, -1)], length: flat.length - 1 };
}

export const isBlank = (flat: FlatText): boolean => flat.pieces.every((piece) => piece.trim() === '');
