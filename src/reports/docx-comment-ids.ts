/** Numbers for new comments and changes, and ids for their paragraphs, that no other has. */
export type CommentIds = { readonly next: () => number; readonly nextParagraph: () => string };

/** Word reads ids as signed 32-bit numbers. */
const largestId = 2 ** 31 - 1;

/** `parts` are the texts of all parts whose ids must be kept apart. */
export function createCommentIds(parts: readonly string[]): CommentIds {
  const used = new Set<number>();
  const usedParagraphs = new Set<number>();
  for (const xml of parts) {
    for (const [, digits] of xml.matchAll(/:id\s*=\s*["'](\d{1,10})["']/g)) used.add(Number(digits));
    for (const [, digits] of xml.matchAll(/:paraId\s*=\s*["']([0-9a-f]{1,8})["']/gi))
      usedParagraphs.add(Number.parseInt(digits ?? '', 16));
  }
  const next = unused(used, 0);
  // Anywhere in the range but at its start, where hand-made files begin to count.
  const nextParagraph = unused(usedParagraphs, 0x5000_0001);
  return { next, nextParagraph: () => nextParagraph().toString(16).toUpperCase().padStart(8, '0') };
}

/** Counts on from the largest that is used, or fills the gaps from `first` on where there is no room above. */
function unused(used: ReadonlySet<number>, first: number): () => number {
  let largest = first - 1;
  for (const id of used) if (id > largest && id <= largestId) largest = id;
  const hasRoom = largest < largestId - 1_000_000;
  let candidate = hasRoom ? largest : first - 1;
  return () => {
    do candidate += 1;
    while (used.has(candidate));
    return candidate;
  };
}
