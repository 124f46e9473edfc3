import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { documentLimits } from './document-limits.ts';
import { DocumentError } from './document-types.ts';

export type XmlAttributes = Readonly<Record<string, string>>;

/**
 * Names come with the prefixes that Word uses (w, mc, m, r; none for relationships and content types), whatever prefixes the file uses.
 * Positions are UTF-16 offsets in the part's decoded text without its byte order mark.
 */
export type XmlHandlers = {
  /** `position` is the one behind the tag. */
  open(name: string, attributes: XmlAttributes, position: number): void;
  close(name: string): void;
  /** `position` is the one behind the text; null for a CDATA section. */
  text?(text: string, position: number | null): void;
};

const prefixByNamespace: ReadonlyMap<string, string> = new Map([
  ['http://schemas.openxmlformats.org/wordprocessingml/2006/main', 'w:'],
  ['http://purl.oclc.org/ooxml/wordprocessingml/main', 'w:'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/math', 'm:'],
  ['http://purl.oclc.org/ooxml/officeDocument/math', 'm:'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/relationships', 'r:'],
  ['http://purl.oclc.org/ooxml/officeDocument/relationships', 'r:'],
  ['http://schemas.openxmlformats.org/markup-compatibility/2006', 'mc:'],
  ['http://schemas.openxmlformats.org/package/2006/relationships', ''],
]);

const notWellFormed = (part: string, cause: unknown): DocumentError =>
  new DocumentError(
    'UNREADABLE_DOCUMENT',
    `The document is damaged: its part ${part} is not well-formed XML. Open it in a word processor, save it again and upload the new file.`,
    { cause },
  );

/**
 * Streams one XML part through the handlers. No entity but the five of XML itself is ever expanded, and nothing is ever fetched.
 * @throws DocumentError for a DOCTYPE, for elements nested too deep, and for what is not well-formed.
 */
export async function readXml(part: string, bytes: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  const parser = createParser(part, handlers);
  let decoder: TextDecoder | null = null;
  for await (const chunk of bytes) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    parser.write(decoder.decode(chunk, { stream: true }));
  }
  parser.write(decoder?.decode() ?? '');
  parser.close();
}

/** A part as text that can be edited: the positions that `readXml` tells are offsets in it. */
export type XmlText = {
  readonly text: string;
  /** In the part's own encoding, with its byte order mark if it has one. */
  encode(text: string): Buffer;
};

/**
 * Reads a whole part, as `readXml` does, and keeps it.
 * @throws DocumentError as `readXml`: what is returned is well-formed.
 */
export async function readXmlText(
  part: string,
  bytes: AsyncIterable<Buffer>,
  handlers: XmlHandlers = { open() {}, close() {} },
): Promise<XmlText> {
  const xml = toXmlText(await collect(bytes));
  createParser(part, handlers).write(xml.text).close();
  return xml;
}

/** Reads a part that `readXml` has accepted before, which is not asked a second time. */
export const readCheckedXmlText = async (bytes: AsyncIterable<Buffer>): Promise<XmlText> =>
  toXmlText(await collect(bytes));

async function collect(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toXmlText(bytes: Buffer): XmlText {
  const encoding = encodingOf(bytes);
  const mark = encoding !== 'utf-8' || bytes.subarray(0, 3).equals(utf8Mark) ? '\ufeff' : '';
  return {
    text: new TextDecoder(encoding).decode(bytes),
    encode(text) {
      const encoded = Buffer.from(mark + text, encoding === 'utf-8' ? 'utf8' : 'utf16le');
      return encoding === 'utf-16be' ? encoded.swap16() : encoded;
    },
  };
}

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** XML is UTF-8 unless it begins with the mark of UTF-16; other encodings are not allowed in Office files. */
function encodingOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function createParser(part: string, handlers: XmlHandlers): SaxesParser {
  const parser = new SaxesParser();
  const names = createNames();
  const openNames: string[] = [];
  parser.on('error', (error) => {
    throw notWellFormed(part, error);
  });
  parser.on('doctype', () => {
    throw new DocumentError(
      'UNREADABLE_DOCUMENT',
      'The document declares a DOCTYPE, which Office files never do and attacks on XML readers need; it is refused.',
    );
  });
  parser.on('opentag', (tag) => {
    if (openNames.length >= documentLimits.xmlDepth)
      throw new DocumentError(
        'UNREADABLE_DOCUMENT',
        `The document nests elements deeper than ${documentLimits.xmlDepth} levels, which no word processor does; it is refused.`,
      );
    const name = names.element(tag.name, tag.attributes);
    openNames.push(name);
    handlers.open(name, names.attributes(tag.attributes), parser.position);
  });
  parser.on('closetag', () => handlers.close(openNames.pop() ?? ''));
  if (handlers.text) {
    // saxes reports text when it has read the `<` behind it.
    parser.on('text', (text) => handlers.text?.(text, parser.position - 1));
    parser.on('cdata', (text) => handlers.text?.(text, null));
  }
  return parser;
}

/**
 * saxes can resolve namespaces itself, at 1.5 times the cost. A prefix means the same throughout an Office file, so that one look at
 * each new name is enough: at the element that declares its prefix or at the root.
 */
function createNames() {
  const prefixes = new Map<string, string>();
  const elements = new Map<string, string>();
  let isUsual = true;

  const learn = (attributes: XmlAttributes) => {
    for (const [name, uri] of Object.entries(attributes)) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
      const canonical = prefixByNamespace.get(uri);
      const own = name === 'xmlns' ? '' : `${name.slice('xmlns:'.length)}:`;
      if (canonical === undefined || canonical === own) continue;
      prefixes.set(own, canonical);
      isUsual = false;
    }
  };
  const rename = (name: string): string => {
    const prefix = name.slice(0, name.indexOf(':') + 1);
    const canonical = prefixes.get(prefix);
    return canonical === undefined ? name : canonical + name.slice(prefix.length);
  };

  return {
    element(name: string, attributes: XmlAttributes): string {
      const known = elements.get(name);
      if (known !== undefined) return known;
      learn(attributes);
      const renamed = rename(name);
      // A hostile file may have a new name in each tag.
      if (elements.size < 2_000) elements.set(name, renamed);
      return renamed;
    },
    attributes(attributes: XmlAttributes): XmlAttributes {
      if (isUsual) return attributes;
      return Object.fromEntries(
        // An attribute without prefix has no namespace, whatever the default one is.
        Object.entries(attributes).map(([name, value]) => [name.includes(':') ? rename(name) : name, value]),
      );
    },
  };
}
