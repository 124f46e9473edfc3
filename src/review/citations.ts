import { createEvidenceFinder, type Evidence, type QuotedSection } from './evidence.ts';
import { unescapeFence } from './fence.ts';

/** A quotation as a model wrote it: it copies the fence's escapes; where it did not, they are the document's own. */
export function locateQuotation(quote: string, locate: (quote: string) => Evidence): Evidence {
  const unescaped = locate(unescapeFence(quote));
  if (unescaped.verified) return unescaped;
  const asWritten = locate(quote);
  return asWritten.verified ? asWritten : unescaped;
}

/**
 * Looks up the quotations of an answer in one batch of sections after another, until all are found or there are no more. Each comes back in
 * its place: where it was found first, or as not verified.
 */
export async function locateCitations(
  quotes: readonly string[],
  batches: AsyncIterable<readonly QuotedSection[]>,
): Promise<Evidence[]> {
  const found = new Map<string, Evidence>();
  const missing = new Set(quotes);
  if (missing.size === 0) return [];
  for await (const sections of batches) {
    for (const section of sections) {
      const locate = createEvidenceFinder(section);
      for (const quote of missing) {
        const evidence = locateQuotation(quote, locate);
        if (!evidence.verified) continue;
        found.set(quote, evidence);
        missing.delete(quote);
      }
    }
    if (missing.size === 0) break;
  }
  return quotes.map((quote) => found.get(quote) ?? notFound(unescapeFence(quote)));
}

const notFound = (quote: string): Evidence => ({
  quote,
  startOffset: null,
  endOffset: null,
  page: null,
  verified: false,
});
