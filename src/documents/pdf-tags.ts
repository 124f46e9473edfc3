import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PdfHeading } from './pdf-assemble.ts';
import type { Line } from './pdf-lines.ts';

/** The contents of one heading in the structure tree of a tagged PDF. */
export type TaggedHeading = { readonly page: number; readonly level: number; readonly contentIds: ReadonlySet<string> };

type StructNode = NonNullable<Awaited<ReturnType<PDFPageProxy['getStructTree']>>>;
type StructChild = StructNode['children'][number];

const deepest = 200;

/** The headings that the structure trees of the pages name, in order. */
export async function readTaggedHeadings(pdf: PDFDocumentProxy): Promise<TaggedHeading[]> {
  const headings: TaggedHeading[] = [];
  for (let page = 0; page < pdf.numPages; page += 1) {
    const tree: StructNode | null = await (await pdf.getPage(page + 1)).getStructTree();
    if (tree !== null) collect(tree, page, 0, 0, headings);
  }
  return headings;
}

function collect(node: StructNode, page: number, sections: number, depth: number, headings: TaggedHeading[]): void {
  if (depth > deepest) return;
  const level = headingLevel(node.role, sections);
  if (level !== undefined) {
    const contentIds = new Set<string>();
    collectIds(node, contentIds, depth);
    if (contentIds.size > 0) headings.push({ page, level, contentIds });
    return;
  }
  const inside = node.role === 'Sect' ? sections + 1 : sections;
  for (const child of node.children) if (isNode(child)) collect(child, page, inside, depth + 1, headings);
}

const isNode = (child: StructChild): child is StructNode => 'children' in child;

/** H1 to H6 (PDF 2.0 goes on counting); a plain H is as deep as the sections around it. */
function headingLevel(role: string, sections: number): number | undefined {
  if (role === 'H') return Math.max(1, sections);
  if (role === 'Title') return 1;
  const digits = /^H([1-9]\d?)$/.exec(role)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function collectIds(node: StructNode, ids: Set<string>, depth: number): void {
  if (depth > deepest) return;
  for (const child of node.children) {
    if (isNode(child)) collectIds(child, ids, depth + 1);
    else if (child.type === 'content') ids.add(child.id);
  }
}

/** Finds tagged headings in the lines; undefined where there are so few that most headings must have been left untagged. */
export function taggedHeadings(
  tagged: readonly TaggedHeading[],
  lines: readonly Line[],
  pageCount: number,
): PdfHeading[] | undefined {
  const byId = new Map<string, TaggedHeading>();
  for (const heading of tagged) for (const id of heading.contentIds) byId.set(id, heading);
  const found = new Map<TaggedHeading, { from: number; to: number; texts: string[]; runsIn: boolean }>();
  for (const [index, line] of lines.entries()) {
    for (const [at, { contentId, text }] of line.fragments.entries()) {
      const heading = contentId === undefined ? undefined : byId.get(contentId);
      if (heading === undefined) continue;
      const place = found.get(heading);
      // Only whole lines can begin a section, and only lines that follow each other are one heading.
      if (place === undefined ? at > 0 : index > place.to + 1) continue;
      const runsIn =
        line.fragments.at(-1)?.contentId === undefined ||
        !heading.contentIds.has(line.fragments.at(-1)?.contentId ?? '');
      if (place === undefined) found.set(heading, { from: index, to: index, texts: [text], runsIn });
      else {
        place.texts.push(`${index > place.to ? ' ' : (line.separators[at] ?? '')}${text}`);
        place.to = index;
        place.runsIn = runsIn;
      }
    }
  }
  if (found.size < Math.max(2, pageCount / 20)) return undefined;
  return [...found]
    .map(([{ level }, { from, to, texts, runsIn }]) => ({
      from,
      to,
      level,
      title: texts.join('').replace(/\s+/g, ' '),
      runsIn,
    }))
    .sort((a, b) => a.from - b.from);
}
