/** An element while a scan is inside of it or has left it. Positions are offsets in the scanned text; -1 until its end was met. */
export type XmlElement = {
  readonly name: string;
  readonly parent: XmlElement | null;
  /** Of the opening tag. */
  readonly start: number;
  /** Behind the opening tag. */
  readonly openEnd: number;
  readonly isEmpty: boolean;
  /** Of the closing tag; of an empty element, behind it. */
  closeStart: number;
  /** Behind the closing tag. */
  closeEnd: number;
};

export type ElementVisitor = {
  open?(element: XmlElement): void;
  close?(element: XmlElement): void;
};

/**
 * Walks the elements of well-formed XML by their places in the text, so that it can be edited where it stands and all else stays as it is.
 * It checks nothing: the caller has had `readXml` accept the text.
 */
export function scanElements(xml: string, visitor: ElementVisitor): void {
  let current: XmlElement | null = null;
  for (let at = xml.indexOf('<'); at !== -1;) {
    const second = xml.charCodeAt(at + 1);
    if (second === exclamation || second === question) at = endOfOther(xml, at);
    else if (second === slash) {
      const end = xml.indexOf('>', at) + 1;
      if (current) {
        current.closeStart = at;
        current.closeEnd = end;
        visitor.close?.(current);
        current = current.parent;
      }
      at = end;
    } else {
      const end = endOfTag(xml, at);
      const element = toElement(xml, at, end, current);
      visitor.open?.(element);
      if (element.isEmpty) visitor.close?.(element);
      else current = element;
      at = end;
    }
    at = xml.indexOf('<', at);
  }
}

/** The opening tag of the root, behind whatever comes before it. */
export function rootTag(xml: string): string {
  let at = xml.indexOf('<');
  while (at !== -1 && (xml.charCodeAt(at + 1) === exclamation || xml.charCodeAt(at + 1) === question))
    at = xml.indexOf('<', endOfOther(xml, at));
  return at === -1 ? '' : xml.slice(at, endOfTag(xml, at));
}

const [doubleQuote, singleQuote, slash, greater, question, exclamation] = [0x22, 0x27, 0x2f, 0x3e, 0x3f, 0x21];

/** Behind a comment, a CDATA section or a processing instruction. */
function endOfOther(xml: string, start: number): number {
  const end = xml.startsWith('<!--', start) ? '-->' : xml.startsWith('<![CDATA[', start) ? ']]>' : '?>';
  const found = xml.indexOf(end, start + 2);
  return found === -1 ? xml.length : found + end.length;
}

/** Behind the tag: an attribute's value may hold a `>`. */
function endOfTag(xml: string, start: number): number {
  let quote = 0;
  for (let at = start + 1; at < xml.length; at += 1) {
    const code = xml.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === greater) return at + 1;
    else if (code === doubleQuote || code === singleQuote) quote = code;
  }
  return xml.length;
}

function toElement(xml: string, start: number, openEnd: number, parent: XmlElement | null): XmlElement {
  let nameEnd = start + 1;
  for (; nameEnd < openEnd; nameEnd += 1) {
    const code = xml.charCodeAt(nameEnd);
    if (code <= 0x20 || code === slash || code === greater) break;
  }
  const isEmpty = xml.charCodeAt(openEnd - 2) === slash;
  const end = isEmpty ? openEnd : -1;
  const name = xml.slice(start + 1, nameEnd);
  return { name, parent, start, openEnd, isEmpty, closeStart: end, closeEnd: end };
}

/** What may not stand in XML 1.0 at all, in whatever form, and code units that are no character by themselves. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for content and for attributes in double quotes. */
export const escapeXml = (text: string): string =>
  text.replace(forbidden, '').replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);
