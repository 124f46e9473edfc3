import { getDocument, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** A node of the structure that a document is read aloud by. */
export type Tag = { readonly role: string; readonly children: readonly Tag[]; readonly contentIds: readonly string[] };

export type ReadPdf = {
  readonly texts: readonly string[];
  readonly tags: readonly (Tag | null)[];
  readonly outline: readonly OutlineItem[];
  readonly info: Readonly<Record<string, unknown>>;
  readonly isMarked: boolean;
  /** Text by the id of the marked content that it stands in, for each page. */
  readonly marked: readonly ReadonlyMap<string, string>[];
  readonly linkCount: number;
};

export type OutlineItem = {
  readonly title: string;
  readonly pageNumber: number;
  readonly items: readonly OutlineItem[];
};

type Node = { role?: string; children?: Node[]; type?: string; id?: string };

/** Reads a PDF with a library that had no part in writing it. */
export async function readPdfBack(bytes: Uint8Array): Promise<ReadPdf> {
  const task = getDocument({ data: Uint8Array.from(bytes), useSystemFonts: false, verbosity: 0 });
  const pdf = await task.promise;
  try {
    const pages = await Promise.all(Array.from({ length: pdf.numPages }, (_, index) => pdf.getPage(index + 1)));
    type Raw = { title: string; dest: unknown; items: Raw[] };
    const toItem = async ({ title, dest, items }: Raw): Promise<OutlineItem> => {
      const [reference] = dest as [{ num: number; gen: number }];
      return {
        title,
        pageNumber: (await pdf.getPageIndex(reference)) + 1,
        items: await Promise.all(items.map(toItem)),
      };
    };
    const annotations = await Promise.all(pages.map((page) => page.getAnnotations()));
    return {
      texts: await Promise.all(pages.map(textOf)),
      tags: await Promise.all(pages.map(async (page) => toTag((await page.getStructTree()) as Node | null))),
      outline: await Promise.all((((await pdf.getOutline()) ?? []) as Raw[]).map(toItem)),
      info: (await pdf.getMetadata()).info as Record<string, unknown>,
      isMarked: (await pdf.getMarkInfo())?.Marked === true,
      marked: await Promise.all(pages.map(markedTextOf)),
      linkCount: annotations.flat().filter((each: { subtype?: string }) => each.subtype === 'Link').length,
    };
  } finally {
    await task.destroy();
  }
}

/** Every tag of a document, in the order of reading. */
export const flatten = (tag: Tag | null): readonly Tag[] =>
  tag === null ? [] : [tag, ...tag.children.flatMap(flatten)];

async function textOf(page: PDFPageProxy): Promise<string> {
  const { items } = await page.getTextContent();
  return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
}

async function markedTextOf(page: PDFPageProxy): Promise<ReadonlyMap<string, string>> {
  const { items } = await page.getTextContent({ includeMarkedContent: true });
  const texts = new Map<string, string>();
  const open: string[] = [];
  for (const item of items) {
    if ('type' in item) {
      if (item.type === 'endMarkedContent') open.pop();
      else open.push(item.id ?? open.at(-1) ?? '');
    } else {
      const id = open.at(-1) ?? 'outside';
      texts.set(id, (texts.get(id) ?? '') + item.str);
    }
  }
  return texts;
}

function toTag(node: Node | null): Tag | null {
  if (node === null) return null;
  const children = node.children ?? [];
  return {
    role: node.role ?? '',
    children: children.filter(({ role }) => role !== undefined).map((child) => toTag(child) as Tag),
    contentIds: children.flatMap(({ type, id }) => (type === 'content' && id !== undefined ? [id] : [])),
  };
}
