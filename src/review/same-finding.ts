import { createHash } from 'node:crypto';
import type { Evidence } from './evidence.ts';
import {
  plainWords,
  profileOf,
  profileSimilarity,
  sameFromSimilarity,
  similarity,
  type TextProfile,
} from './similarity.ts';

export type ComparedFinding = {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly evidence: readonly Evidence[];
};

/**
 * One key per quotation of a finding, the same for the same words within one document, so that duplicates are found through an index. White
 * space, case and punctuation make no difference. Quotations of the same place have the same key.
 */
export const quoteKeys = (documentId: string, evidence: readonly Pick<Evidence, 'quote'>[]): string[] => [
  ...new Set(
    evidence.map(({ quote }) =>
      createHash('sha256')
        .update(`${documentId}\n${plainWords(quote)}`)
        .digest('base64url')
        .slice(0, 22),
    ),
  ),
];

/**
 * Whether two findings of one document that rest on the same words are one finding: their titles say the same. The words alone do not
 * make them one: a sentence can be wrong in two ways, and a decision on one must not decide the other.
 */
export const isDuplicateTitle = (a: string, b: string): boolean => similarity(a, b) >= sameFromSimilarity;

/**
 * The finding of an earlier analysis that `found` is, out of those that are left; null when it is new. The same is what rests on exactly
 * the same passages, or what says at least 85 % the same in title and detail; of several the most similar.
 */
export function predecessorOf(found: ComparedFinding, left: readonly ComparedFinding[]): string | null {
  const own = profileOfFinding(found);
  let best: { id: string; score: number } | null = null;
  for (const candidate of left) {
    const alike = profileSimilarity(own, profileOfFinding(candidate));
    const isSamePlace = hasSameRanges(found.evidence, candidate.evidence);
    if (!isSamePlace && alike < sameFromSimilarity) continue;
    // What rests on the same passages goes before what only reads the same: a clause may stand in a section twice.
    const score = alike + (isSamePlace ? 1 - sameFromSimilarity : 0);
    if (best === null || score > best.score) best = { id: candidate.id, score };
  }
  return best?.id ?? null;
}

const profileOfFinding = ({ title, detail }: ComparedFinding): TextProfile => profileOf(`${title} ${detail}`);

/** Only quotations that were found have a place. */
function hasSameRanges(a: readonly Evidence[], b: readonly Evidence[]): boolean {
  const ranges = rangesOf(a);
  return ranges !== '' && ranges === rangesOf(b);
}

const rangesOf = (evidence: readonly Evidence[]): string =>
  evidence
    .filter(({ verified }) => verified)
    .map(({ startOffset, endOffset }) => `${startOffset}-${endOffset}`)
    .sort()
    .join(' ');
