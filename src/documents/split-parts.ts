export type TextPart = {
  readonly text: string;
  /** Half-open range in UTF-16 code units of the text that was split. */
  readonly startOffset: number;
  readonly endOffset: number;
};

/** Places to cut behind, best first: blank lines, lines, sentences, words. */
const borders: readonly RegExp[] = [/\n[^\S\n]*\n+/g, /\n/g, /[.!?…]["'”’)\]]*\s+|[。！？]/g, /\s+/g];

/**
 * Splits a text into parts of about equal length, each at most `maxLength` UTF-16 code units, at the borders of paragraphs where they
 * allow it. The parts cover the text exactly and in order; a character is never cut in two. A text that fits is one part.
 * @throws RangeError when `maxLength` is below 2, which a single character can need.
 */
export function splitParts(text: string, maxLength: number): TextPart[] {
  if (!(maxLength >= 2)) throw new RangeError('A part must have room for at least 2 code units.');
  const parts: TextPart[] = [];
  let startOffset = 0;
  do {
    const endOffset = startOffset + partLength(text, startOffset, maxLength);
    parts.push({ text: text.slice(startOffset, endOffset), startOffset, endOffset });
    startOffset = endOffset;
  } while (startOffset < text.length);
  return parts;
}

function partLength(text: string, startOffset: number, maxLength: number): number {
  const restLength = text.length - startOffset;
  if (restLength <= maxLength) return restLength;
  const window = text.slice(startOffset, startOffset + maxLength);
  // Equal shares, so that no scrap is left for the last part.
  const idealLength = restLength / Math.ceil(restLength / maxLength);
  for (const border of borders) {
    const length = nearestBorder(window, border, idealLength);
    if (length !== null) return length;
  }
  const cutsPair = /[\ud800-\udbff]$/.test(window) && /^[\udc00-\udfff]/.test(text.slice(startOffset + maxLength));
  return cutsPair ? maxLength - 1 : maxLength;
}

/** The end of the match nearest to the ideal length, unless it would leave a part of less than half of that. */
function nearestBorder(window: string, border: RegExp, idealLength: number): number | null {
  let nearest: number | null = null;
  for (const match of window.matchAll(border)) {
    const end = match.index + match[0].length;
    if (end < idealLength / 2) continue;
    if (nearest !== null && Math.abs(end - idealLength) >= Math.abs(nearest - idealLength)) break;
    nearest = end;
  }
  return nearest;
}
