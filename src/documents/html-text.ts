import { Parser } from 'htmlparser2';
import { DocumentError, type Heading } from './document-types.ts';
import {
  blockElements,
  droppedElements,
  headingLevel,
  inputText,
  isBold,
  isHidden,
  paragraphElements,
  preformattedElements,
} from './html-elements.ts';
import { createListMarkers } from './html-lists.ts';
import { toTitle } from './section-title.ts';
import { createTextWriter, type TextMark } from './text-writer.ts';

/** Browsers cope with a few hundred; files that never close their fonts come to some thousands. */
const deepest = 10_000;

type Attributes = Readonly<Record<string, string | undefined>>;
type OpenHeading = { readonly depth: number; readonly level: number; start: TextMark | undefined };

type HtmlText = {
  readonly text: string;
  readonly headings: Heading[];
  /** Where lines begin that are bold as a whole: headings, in documents without heading elements. */
  readonly emphasised: ReadonlySet<number>;
};

export type HtmlReader = {
  write(html: string): void;
  /** Found so far. */
  headingCount(): number;
  finish(): HtmlText;
};

/**
 * Reads HTML as a stream of tags. The title in the document's head is not shown on the page, so that no section could begin with it:
 * it is dropped with the rest of the head.
 * @throws DocumentError when elements are nested beyond reason.
 */
export function createHtmlReader(): HtmlReader {
  const emphasised = new Set<number>();
  const writer = createTextWriter((offset) => emphasised.add(offset));
  const lists = createListMarkers();
  const headings: Heading[] = [];
  const cellStarts: number[] = [];
  let depth = 0;
  let heading: OpenHeading | undefined;
  /** How deep the element is in which nothing counts; 0 for none. */
  let droppedFrom = 0;
  const boldFrom: number[] = [];
  const preformattedFrom: number[] = [];

  const endHeading = (): void => {
    if (heading?.start !== undefined) {
      const title = toTitle(writer.textFrom(heading.start));
      if (title !== '') headings.push({ offset: heading.start.offset, level: heading.level, title });
    }
    heading = undefined;
    writer.break(2, true);
  };
  const written = (write: () => void): void => {
    const before = writer.length();
    write();
    if (heading !== undefined && heading.start === undefined && writer.length() > before) heading.start = writer.last();
  };

  const open = (name: string, attributes: Attributes): void => {
    depth += 1;
    if (depth > deepest) throw tooDeep();
    if (droppedFrom > 0) return;
    if (droppedElements.has(name) || isHidden(name, attributes)) {
      droppedFrom = depth;
      return;
    }
    if (isBold(name, attributes)) boldFrom.push(depth);
    if (preformattedElements.has(name)) preformattedFrom.push(depth);
    const level = headingLevel(name, attributes);
    if (level !== undefined) {
      if (heading !== undefined) endHeading();
      writer.break(2, true);
      writer.keepLines();
      heading = { depth, level, start: undefined };
    } else openElement(name, attributes);
  };
  const openElement = (name: string, attributes: Attributes): void => {
    if (paragraphElements.has(name)) writer.break(2);
    else if (blockElements.has(name)) writer.break(1);
    if (name === 'br') writer.newLine();
    else if (name === 'input') written(() => writer.text(inputText(attributes)));
    else if (name === 'ul' || name === 'ol' || name === 'menu' || name === 'dir') {
      lists.open(name, attributes);
      writer.keepLines();
    } else if (name === 'li') writer.mark(lists.item(attributes));
    else if (name === 'tr') writer.startRow();
    else if (name === 'td' || name === 'th') {
      writer.startCell();
      cellStarts.push(writer.length());
    }
  };
  const close = (name: string): void => {
    const closing = depth;
    depth -= 1;
    if (droppedFrom > 0) {
      if (droppedFrom === closing) droppedFrom = 0;
      return;
    }
    if (boldFrom.at(-1) === closing) boldFrom.pop();
    if (preformattedFrom.at(-1) === closing) preformattedFrom.pop();
    if (heading?.depth === closing) endHeading();
    else closeElement(name);
  };
  const closeElement = (name: string): void => {
    if (paragraphElements.has(name)) writer.break(2);
    else if (blockElements.has(name)) writer.break(1);
    if (name === 'ul' || name === 'ol' || name === 'menu' || name === 'dir') lists.close();
    else if (name === 'li') writer.mark('');
    else if (name === 'tr') writer.endRow();
    else if (name === 'td' || name === 'th') writer.endCell(writer.length() > (cellStarts.pop() ?? 0));
  };

  const parser = new Parser({
    onopentag: open,
    onclosetag: close,
    ontext(text) {
      if (droppedFrom > 0) return;
      written(() => (preformattedFrom.length > 0 ? writer.preformatted(text) : writer.text(text, boldFrom.length > 0)));
    },
  });
  return {
    write: (html) => parser.write(html),
    headingCount: () => headings.length,
    finish() {
      parser.end();
      return { text: writer.finish(), headings, emphasised };
    },
  };
}

const tooDeep = (): DocumentError =>
  new DocumentError(
    'UNREADABLE_DOCUMENT',
    `The HTML nests more than ${deepest.toLocaleString('en')} elements inside each other. Open it in a browser, save it anew and upload that file.`,
  );
