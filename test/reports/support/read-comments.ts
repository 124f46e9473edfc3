import { unzipSync } from 'fflate';
import { Parser } from 'htmlparser2';
import { SaxesParser } from 'saxes';

/** A comment as another reader than the project's own finds it in the package. */
export type FoundComment = {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly paragraphs: readonly string[];
  /** The text between its marks: tabs and line ends for what is generated, nothing for what was deleted. */
  readonly marked: string;
  /** Whether the document refers to it, behind the end of its marks. */
  readonly isReferred: boolean;
  readonly isResolved: boolean;
  /** Id of the comment that it replies to. */
  readonly repliesTo: string | null;
};

export type Package = Readonly<Record<string, Uint8Array>>;

export const unpack = (bytes: Uint8Array): Package => unzipSync(bytes);

/** Throws unless every XML part is well-formed and declares its prefixes. */
export function assertWellFormed(parts: Package): void {
  for (const [name, bytes] of Object.entries(parts)) {
    if (!/\.(?:xml|rels)$/.test(name)) continue;
    const parser = new SaxesParser({ xmlns: true });
    parser.on('error', (error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    parser.write(decode(bytes)).close();
  }
}

export const partText = (parts: Package, name: string): string => decode(parts[name] ?? new Uint8Array());

/** XML is UTF-8 unless it begins with the mark of UTF-16. */
const decode = (bytes: Uint8Array): string =>
  new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);

const parseXml = (xml: string, handlers: ConstructorParameters<typeof Parser>[0]): void => {
  const parser = new Parser(handlers, { xmlMode: true, decodeEntities: true });
  parser.write(xml);
  parser.end();
};

export function readComments(parts: Package): FoundComment[] {
  const { marked, referred } = readMarks(partText(parts, 'word/document.xml'));
  const threads = readThreads(partText(parts, 'word/commentsExtended.xml'));
  const comments = readCommentParts(partText(parts, 'word/comments.xml'));
  return comments.map(({ paragraphId, ...comment }) => {
    const thread = threads.get(paragraphId);
    const parent = comments.find((other) => other.paragraphId !== '' && other.paragraphId === thread?.parent);
    return {
      ...comment,
      marked: marked.get(comment.id) ?? '',
      isReferred: referred.has(comment.id),
      isResolved: thread?.isDone ?? false,
      repliesTo: parent?.id ?? null,
    };
  });
}

function readMarks(xml: string) {
  const marked = new Map<string, string>();
  const open = new Set<string>();
  const ended = new Set<string>();
  const referred = new Set<string>();
  let skipped = 0;
  let isText = false;
  const append = (text: string): void => {
    for (const id of open) marked.set(id, (marked.get(id) ?? '') + text);
  };
  parseXml(xml, {
    onopentag(name, attributes) {
      if (['w:del', 'w:moveFrom', 'mc:Fallback'].includes(name)) skipped += 1;
      const id = attributes['w:id'] ?? '';
      if (name === 'w:commentRangeStart') open.add(id);
      else if (name === 'w:commentRangeEnd') {
        open.delete(id);
        ended.add(id);
      } else if (name === 'w:commentReference' && ended.has(id)) referred.add(id);
      else if (name === 'w:t') isText = true;
      else if (name === 'w:tab' || name === 'w:br') append(name === 'w:tab' ? '\t' : '\n');
    },
    ontext(text) {
      if (isText && skipped === 0) append(text.replaceAll('\r\n', '\n'));
    },
    onclosetag(name) {
      if (['w:del', 'w:moveFrom', 'mc:Fallback'].includes(name)) skipped -= 1;
      else if (name === 'w:t') isText = false;
      else if (name === 'w:p') append('\n');
    },
  });
  return { marked, referred };
}

function readThreads(xml: string): Map<string, { parent: string | undefined; isDone: boolean }> {
  const threads = new Map<string, { parent: string | undefined; isDone: boolean }>();
  parseXml(xml, {
    onopentag(name, attributes) {
      if (name !== 'w15:commentEx') return;
      threads.set(attributes['w15:paraId'] ?? '', {
        parent: attributes['w15:paraIdParent'],
        isDone: attributes['w15:done'] === '1',
      });
    },
  });
  return threads;
}

function readCommentParts(xml: string) {
  const comments: { id: string; author: string; date: string; paragraphs: string[]; paragraphId: string }[] = [];
  parseXml(xml, {
    onopentag(name, attributes) {
      const last = comments.at(-1);
      if (name === 'w:comment')
        comments.push({
          id: attributes['w:id'] ?? '',
          author: attributes['w:author'] ?? '',
          date: attributes['w:date'] ?? '',
          paragraphs: [],
          paragraphId: '',
        });
      else if (name === 'w:p' && last) {
        last.paragraphs.push('');
        last.paragraphId = attributes['w14:paraId'] ?? '';
      }
    },
    ontext(text) {
      const last = comments.at(-1);
      if (last) last.paragraphs.push((last.paragraphs.pop() ?? '') + text);
    },
  });
  return comments;
}
