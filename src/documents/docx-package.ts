import { readXml } from './docx-xml.ts';
import type { ZipArchive } from './docx-zip.ts';

/** Names of the parts that hold the text and what is needed to read it; null where the document has none. */
export type DocxParts = {
  readonly document: string;
  readonly styles: string | null;
  readonly numbering: string | null;
  readonly footnotes: string | null;
  readonly endnotes: string | null;
  /** Where the document's relationships are, or would be. */
  readonly relationships: string;
  readonly comments: string | null;
  readonly commentsExtended: string | null;
  readonly people: string | null;
};

/** Finds the parts by their relationships: names are free, and some programs write `word/document2.xml`. */
export async function findDocxParts(zip: ZipArchive): Promise<DocxParts> {
  const root = await readRelationships(zip, '_rels/.rels', '');
  const document = root.get('officeDocument') ?? 'word/document.xml';
  const cut = document.lastIndexOf('/') + 1;
  const folder = document.slice(0, cut);
  const relationships = `${folder}_rels/${document.slice(cut)}.rels`;
  const related = await readRelationships(zip, relationships, folder);
  const part = (type: string): string | null => {
    const name = related.get(type) ?? `${folder}${type}.xml`;
    return zip.has(name) ? name : null;
  };
  // A part that nothing refers to is no comment of this document, whatever its name.
  const referredTo = (type: string): string | null => {
    const name = related.get(type);
    return name !== undefined && zip.has(name) ? name : null;
  };
  return {
    document,
    styles: part('styles'),
    numbering: part('numbering'),
    footnotes: part('footnotes'),
    endnotes: part('endnotes'),
    relationships,
    comments: referredTo('comments'),
    commentsExtended: referredTo('commentsExtended'),
    people: referredTo('people'),
  };
}

/** Targets inside the container by the last word of the relationship's type, which differs only before it between versions of the format. */
async function readRelationships(zip: ZipArchive, name: string, folder: string): Promise<Map<string, string>> {
  const targets = new Map<string, string>();
  if (!zip.has(name)) return targets;
  await readXml(name, zip.read(name), {
    open(element, attributes) {
      if (element !== 'Relationship' || attributes['TargetMode'] === 'External') return;
      const type = (attributes['Type'] ?? '').split('/').at(-1) ?? '';
      const target = attributes['Target'] ?? '';
      if (!targets.has(type)) targets.set(type, resolveTarget(target, folder));
    },
    close() {},
  });
  return targets;
}

function resolveTarget(target: string, folder: string): string {
  if (target.startsWith('/')) return target.slice(1);
  const steps: string[] = [];
  for (const step of `${folder}${target}`.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}
