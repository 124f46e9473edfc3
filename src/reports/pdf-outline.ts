import { span } from './pdf-blocks.ts';
import type { ContentsEntry } from './pdf-contents.ts';
import type { Element, Page, Pdf } from './pdf-page.ts';
import { sheet, type } from './pdf-style.ts';
import { toLine } from './printable.ts';

type Item = ReturnType<Pdf['outline']['addItem']>;

export type Outline = {
  /** Headings: each is written, and gets a bookmark below that of the level above. */
  part(title: string): void;
  section(title: string): void;
  finding(title: string): void;
  /** Parts and sections, for the table of contents. */
  readonly entries: readonly ContentsEntry[];
};

export function createOutline(page: Page, parent: Element): Outline {
  const { pdf } = page;
  const entries: ContentsEntry[] = [];
  let part: Item | null = null;
  let section: Item | null = null;

  function bookmark(above: Item | null, title: string, role: 'H1' | 'H2' | 'H3'): Item {
    const style = { H1: type.h1, H2: type.h2, H3: type.h3 }[role];
    const place = { H1: { before: 30, after: 8 }, H2: { before: 20, after: 4 }, H3: { before: 14, after: 3 } }[role];
    // Before writing, so that both are on the page where the heading begins.
    const lines = page.set([[span(title, style)]], sheet.width - sheet.left - sheet.right);
    page.ensure(place.before + lines.length * style.size * 1.42 + 80);
    const top = Math.max(0, page.y - 6);
    const item = (above ?? pdf.outline).addItem(toLine(title), {
      expanded: role !== 'H2',
      top,
      left: sheet.width,
    } as object);
    if (role !== 'H3') {
      const destination = `part-${entries.length + 1}`;
      pdf.addNamedDestination(destination, 'XYZ', 0, top, 0);
      const pageNumber = pdf.bufferedPageRange().count;
      entries.push({ level: role === 'H1' ? 1 : 2, text: toLine(title), destination, pageNumber });
    }
    page.write(parent, role, [[span(title, style)]], place);
    return item;
  }

  return {
    entries,
    part(title) {
      part = bookmark(null, title, 'H1');
      section = null;
    },
    section(title) {
      section = bookmark(part, title, 'H2');
    },
    finding(title) {
      bookmark(section, title, 'H3');
    },
  };
}
