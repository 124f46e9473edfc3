import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** The fonts a page uses, and how much there is on it. */
export type PageFonts = { readonly fonts: ReadonlySet<string>; readonly fragmentCount: number };

/** More pages are not looked at: fonts that only the rest uses count as regular. */
const mostPages = 6;
const boldName = /bold|black|heavy|demi|CMBX|[-,]bd\b/i;

/**
 * Which fonts are bold, by their names. With text alone pdf.js does not tell them; they come with a page's drawing instructions,
 * which cost as much as its text. So the fewest and emptiest pages that use all fonts are asked: usually one or two.
 */
export async function findBoldFonts(pdf: PDFDocumentProxy, pages: readonly PageFonts[]): Promise<Set<string>> {
  const unknown = new Set(pages.flatMap(({ fonts }) => [...fonts]));
  const bold = new Set<string>();
  for (let looked = 0; looked < mostPages && unknown.size > 0; looked += 1) {
    const index = mostTelling(pages, unknown);
    const page = await pdf.getPage(index + 1);
    await page.getOperatorList();
    for (const font of pages[index]?.fonts ?? []) {
      unknown.delete(font);
      const name: unknown = page.commonObjs.has(font)
        ? (page.commonObjs.get(font) as { name?: unknown }).name
        : undefined;
      if (typeof name === 'string' && boldName.test(name)) bold.add(font);
    }
    page.cleanup();
  }
  return bold;
}

function mostTelling(pages: readonly PageFonts[], unknown: ReadonlySet<string>): number {
  let best = 0;
  let most = -1;
  for (const [index, { fonts, fragmentCount }] of pages.entries()) {
    let news = 0;
    for (const font of fonts) if (unknown.has(font)) news += 1;
    const worth = news / (fragmentCount + 300);
    if (news > 0 && worth > most) [best, most] = [index, worth];
  }
  return best;
}
