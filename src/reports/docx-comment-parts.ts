import { escapeXml, scanElements } from '../documents/xml-tags.ts';
import type { Remark, Thread } from './annotation-text.ts';
import { readingOf } from './text-direction.ts';

/** A thread with the numbers that tie its parts together: of its own comment first, then of each reply. */
export type NumberedThread = {
  readonly thread: Thread;
  readonly ids: readonly number[];
  /** Of the last paragraph of each comment: by these a reply names what it replies to. */
  readonly paragraphIds: readonly string[];
};

const commentNamespaces = {
  w14: 'http://schemas.microsoft.com/office/word/2010/wordml',
  w15: 'http://schemas.microsoft.com/office/word/2012/wordml',
} as const;

/** The comments themselves, as elements for comments.xml. Each declares its prefixes: an existing part may have others. */
export const commentElements = (threads: readonly NumberedThread[], wordNamespace: string): string =>
  threads
    .flatMap(({ thread, ids, paragraphIds }) =>
      [thread, ...thread.replies].map((remark, index) =>
        commentElement(remark, ids[index] ?? 0, paragraphIds[index] ?? '', wordNamespace),
      ),
    )
    .join('');

function commentElement(remark: Remark, id: number, paragraphId: string, wordNamespace: string): string {
  const { at, heading, lines } = remark;
  const author = authorName(remark.author);
  const content = [
    paragraph(heading, { id: lines.length === 0 ? paragraphId : null, isHeading: true }),
    ...lines.map((line, index) =>
      paragraph(line, { id: index === lines.length - 1 ? paragraphId : null, isHeading: false }),
    ),
  ];
  const namespaces = `xmlns:w="${wordNamespace}" xmlns:w14="${commentNamespaces.w14}"`;
  const attributes = `w:id="${id}" w:author="${escapeXml(author)}" w:date="${wordDate(at)}" w:initials="${escapeXml(initials(author))}"`;
  return `<w:comment ${namespaces} ${attributes}>${content.join('')}</w:comment>`;
}

/** Word does not look at the letters: it has to be told of a paragraph, and of each run, that it reads from the right. */
function paragraph(
  text: string,
  { id, isHeading }: { readonly id: string | null; readonly isHeading: boolean },
): string {
  const { isRightToLeft, split } = readingOf(text);
  const runs = split(0, text.length).map((stretch) => {
    const properties = `${isHeading ? '<w:b/><w:bCs/>' : ''}${stretch.isRightToLeft ? '<w:rtl/>' : ''}`;
    const format = properties === '' ? '' : `<w:rPr>${properties}</w:rPr>`;
    return `<w:r>${format}<w:t xml:space="preserve">${escapeXml(stretch.text)}</w:t></w:r>`;
  });
  const start = `<w:p${id === null ? '' : ` w14:paraId="${id}"`}>${isRightToLeft ? '<w:pPr><w:bidi/></w:pPr>' : ''}`;
  return `${start}${isHeading ? '<w:r><w:annotationRef/></w:r>' : ''}${runs.join('')}</w:p>`;
}

/** What belongs together, and what is resolved: of a rejected finding the whole thread is. */
export const threadElements = (threads: readonly NumberedThread[]): string =>
  threads
    .flatMap(({ thread, paragraphIds }) =>
      paragraphIds.map((paragraphId, index) => {
        const parent = index === 0 ? '' : ` w15:paraIdParent="${paragraphIds[0]}"`;
        return `<w15:commentEx xmlns:w15="${commentNamespaces.w15}" w15:paraId="${paragraphId}"${parent} w15:done="${thread.isRejected ? 1 : 0}"/>`;
      }),
    )
    .join('');

/** The authors that people.xml does not have yet. */
export function personElements(threads: readonly NumberedThread[], existing: string): string {
  const authors = new Set(
    threads.flatMap(({ thread }) => [thread, ...thread.replies].map(({ author }) => authorName(author))),
  );
  return [...authors]
    .map(escapeXml)
    .filter((author) => !existing.includes(`:author="${author}"`))
    .map(
      (author) =>
        `<w15:person xmlns:w15="${commentNamespaces.w15}" w15:author="${author}"><w15:presenceInfo w15:providerId="None" w15:userId="${author}"/></w15:person>`,
    )
    .join('');
}

/** A part of its own; programs that do not know the newer namespaces are told to pass over them. */
export const newPart = (root: string, wordNamespace: string): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<${root} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:w="${wordNamespace}" xmlns:w14="${commentNamespaces.w14}" xmlns:w15="${commentNamespaces.w15}" mc:Ignorable="w14 w15"></${root}>`;

/** Well-formed XML with more elements at the end of its root. */
export function appendToRoot(xml: string, elements: string): string {
  let result = xml;
  scanElements(xml, {
    close({ parent, name, isEmpty, openEnd, closeStart }) {
      if (parent !== null) return;
      result = isEmpty
        ? `${xml.slice(0, openEnd - 2)}>${elements}</${name}>${xml.slice(openEnd)}`
        : xml.slice(0, closeStart) + elements + xml.slice(closeStart);
    },
  });
  return result;
}

const wordDate = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** Word takes no author of more characters, and no initials. */
const longestAuthor = 255;
const longestInitials = 9;

/** Cut where it is too long, and never in the middle of a character. */
const authorName = (author: string): string =>
  author.length <= longestAuthor ? author : `${author.slice(0, longestAuthor - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** First letters of the first words; of a name without any, its first character: Word shows initials in front of a comment's number. */
function initials(author: string): string {
  const words = author.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
  const letters = (words.length === 0 ? [author] : words.slice(0, 4)).map((word) =>
    String.fromCodePoint(word.codePointAt(0) ?? 0x20),
  );
  // In capitals a letter can become three.
  return letters.join('').toUpperCase().slice(0, longestInitials);
}
