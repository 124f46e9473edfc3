/** A text as it compares: how often each pair of neighbouring letters or digits stands in it. */
export type TextProfile = { readonly pairs: ReadonlyMap<string, number>; readonly size: number };

/** Case, accents' encoding, punctuation and white space make no difference between words. Linear in the text. */
export function profileOf(text: string): TextProfile {
  const pairs = new Map<string, number>();
  // The spaces around it count the first and the last letter in as much as any other.
  const padded = ` ${plainWords(text)} `;
  if (padded.trim() === '') return { pairs, size: 0 };
  for (let index = 0; index + 2 <= padded.length; index += 1) {
    const pair = padded.slice(index, index + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return { pairs, size: padded.length - 1 };
}

/**
 * Letters, with the marks that belong to them, and digits in lower case, with a space between words. A text that has none, as "§§", is left
 * as it is: it differs from another one in its signs alone.
 */
export function plainWords(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  // Variation selectors only say how a sign is drawn.
  const words = plain
    .replaceAll(/\p{Variation_Selector}/gu, '')
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  return words === '' ? plain.trim() : words;
}

/**
 * Sørensen–Dice coefficient of two texts over pairs of neighbouring characters: twice what they have in common, divided by what they have
 * together. 1 for texts that differ in nothing that counts, 0 for texts without a common pair. Symmetric.
 */
export function profileSimilarity(a: TextProfile, b: TextProfile): number {
  if (a.size === 0 || b.size === 0) return a.size === b.size ? 1 : 0;
  let common = 0;
  for (const [pair, count] of a.pairs) common += Math.min(count, b.pairs.get(pair) ?? 0);
  return (2 * common) / (a.size + b.size);
}

export const similarity = (a: string, b: string): number => profileSimilarity(profileOf(a), profileOf(b));

/** From here on two findings are taken to say the same. */
export const sameFromSimilarity = 0.85;
