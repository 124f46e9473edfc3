import type { DocxParts } from '../documents/docx-package.ts';
import { readXmlText } from '../documents/docx-xml.ts';
import type { ZipArchive } from '../documents/docx-zip.ts';
import { escapeXml, scanElements } from '../documents/xml-tags.ts';
import {
  appendToRoot,
  commentElements,
  newPart,
  personElements,
  threadElements,
  type NumberedThread,
} from './docx-comment-parts.ts';

type Comments = { readonly threads: readonly NumberedThread[]; readonly namespace: string };

/** A part that holds comments, and how the package speaks of it. */
type CommentPart = {
  readonly key: 'comments' | 'commentsExtended' | 'people';
  readonly root: string;
  /** Last words of its content type. */
  readonly type: string;
  readonly relationship: string;
  /** What is put at the end of its root; `existing` is what it holds already. */
  readonly elements: (comments: Comments, existing: string) => string;
};

const isStrict = (namespace: string): boolean => namespace.startsWith('http://purl.oclc.org/');

const commentParts = (namespace: string): readonly CommentPart[] => [
  {
    key: 'comments',
    root: 'w:comments',
    type: 'comments',
    relationship: isStrict(namespace)
      ? 'http://purl.oclc.org/ooxml/officeDocument/relationships/comments'
      : 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments',
    elements: ({ threads }) => commentElements(threads, namespace),
  },
  {
    key: 'commentsExtended',
    root: 'w15:commentsEx',
    type: 'commentsExtended',
    relationship: 'http://schemas.microsoft.com/office/2011/relationships/commentsExtended',
    elements: ({ threads }) => threadElements(threads),
  },
  {
    key: 'people',
    root: 'w15:people',
    type: 'people',
    relationship: 'http://schemas.microsoft.com/office/2011/relationships/people',
    elements: ({ threads }, existing) => personElements(threads, existing),
  },
];

const contentTypes = '[Content_Types].xml';
const emptyRelationships =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>';

/** The parts of the package that change when comments are added, by name. New parts get a name that is free, beside the document. */
export async function addComments(
  zip: ZipArchive,
  parts: DocxParts,
  comments: Comments,
): Promise<Map<string, Uint8Array>> {
  const edited = new Map<string, Uint8Array>();
  const edit = async (name: string, change: (xml: string) => string, created = ''): Promise<void> => {
    const part = zip.has(name) ? await readXmlText(name, zip.read(name)) : null;
    const changed = change(part?.text ?? created);
    edited.set(name, part ? part.encode(changed) : Buffer.from(changed));
  };
  const added: (CommentPart & { readonly name: string })[] = [];
  for (const part of commentParts(comments.namespace)) {
    const name = parts[part.key] ?? freeName(zip, parts.document, part.key);
    if (parts[part.key] === null) added.push({ ...part, name });
    await edit(name, (xml) => appendToRoot(xml, part.elements(comments, xml)), newPart(part.root, comments.namespace));
  }
  if (added.length > 0) {
    await edit(contentTypes, (xml) => added.reduce(declareType, xml));
    await edit(
      parts.relationships,
      (xml) => appendToRoot(xml, added.map((part) => relationshipOf(part, xml)).join('')),
      emptyRelationships,
    );
  }
  return edited;
}

function freeName(zip: ZipArchive, document: string, key: string): string {
  const folder = document.slice(0, document.lastIndexOf('/') + 1);
  for (let number = 1; ; number += 1) {
    const name = `${folder}${key}${number === 1 ? '' : number}.xml`;
    if (!zip.has(name)) return name;
  }
}

/**
 * A program that removes a part can leave its type behind, for a part that gets the same name again: a name may have but one. Names of
 * parts are the same in any case.
 */
function declareType(xml: string, { name, type }: CommentPart & { readonly name: string }): string {
  const partName = `/${escapeXml(name)}`;
  const contentType = `application/vnd.openxmlformats-officedocument.wordprocessingml.${type}+xml`;
  const stale = findOverride(xml, partName);
  if (stale) return xml.slice(0, stale.start) + withContentType(stale.tag, contentType) + xml.slice(stale.end);
  // It declares its namespace: the part may use a prefix for it.
  return appendToRoot(
    xml,
    `<Override xmlns="http://schemas.openxmlformats.org/package/2006/content-types" PartName="${partName}" ContentType="${contentType}"/>`,
  );
}

function findOverride(xml: string, partName: string): { start: number; end: number; tag: string } | null {
  let found: { start: number; end: number; tag: string } | null = null;
  scanElements(xml, {
    open({ name, start, openEnd: end }) {
      if (!/^(?:\w+:)?Override$/.test(name)) return;
      const tag = xml.slice(start, end);
      const own = /\sPartName\s*=\s*(["'])(.*?)\1/s.exec(tag)?.[2];
      if (own?.toLowerCase() === partName.toLowerCase()) found ??= { start, end, tag };
    },
  });
  return found;
}

const withContentType = (tag: string, contentType: string): string =>
  tag.replace(/(\sContentType\s*=\s*)(["']).*?\2/s, (_, start: string) => `${start}"${contentType}"`);

function relationshipOf({ name, key, relationship }: CommentPart & { name: string }, existing: string): string {
  let id = `prism-${key}`;
  while (existing.includes(`"${id}"`)) id += '-1';
  return `<Relationship xmlns="http://schemas.openxmlformats.org/package/2006/relationships" Id="${id}" Type="${relationship}" Target="/${escapeXml(name)}"/>`;
}
