import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** The fonts a page uses, and how much there is on it. */
export type PageFonts = { readonly fonts: ReadonlySet<string>; readonly fragmentCount: number };

/** More pages are not looked at: fonts that only the rest uses count as regular. */
const mostPages = 6;
const boldName = /bold|black|heavy|demi|CMBX|[-,]bd\b/i;

/** Which fonts are bold, by their names. */
export async function findBoldFonts(pdf: PDFDocumentProxy, pages: readonly PageFonts[]): Promise<Set<string>> {
  const bold = new Set<string>();
  await visitFonts(pdf, pages, mostPages, (font, { name }) => {
    if (typeof name === 'string' && boldName.test(name)) bold.add(font);
  });
  return bold;
}

/**
 * Shows the fonts that a document uses. With text alone pdf.js does not tell them; they come with a page's drawing instructions, which
 * cost as much as its text. So the fewest and emptiest pages that use all fonts are asked, usually one or two, and `most` of them at most.
 */
export async function visitFonts(
  pdf: PDFDocumentProxy,
  pages: readonly PageFonts[],
  most: number,
  visit: (name: string, font: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  const unknown = new Set(pages.flatMap(({ fonts }) => [...fonts]));
  for (let looked = 0; looked < most && unknown.size > 0; looked += 1) {
    const index = mostTelling(pages, unknown);
    const page = await pdf.getPage(index + 1);
    await page.getOperatorList();
    for (const font of pages[index]?.fonts ?? []) {
      if (!unknown.delete(font) || !page.commonObjs.has(font)) continue;
      visit(font, page.commonObjs.get(font) as Readonly<Record<string, unknown>>);
    }
    page.cleanup();
  }
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
