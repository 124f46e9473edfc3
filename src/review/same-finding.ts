import { createHash } from 'node:crypto';
import type { Evidence } from './evidence.ts';
import type { FindingLine } from './finding.ts';
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
  readonly kind: FindingLine['kind'];
  readonly title: string;
  readonly detail: string;
  readonly evidence: readonly Evidence[];
};

/**
 * One key per quotation of a finding, the same for the same words within one document, so that duplicates are found through an index. White
 * space, case and punctuation make no difference between words. Quotations of the same place have the same key.
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
 * make them one: a sentence can be wrong in two ways, and a decision on one must not decide the other. One word can be all the difference
 * ("30 days", "90 days"; "limited", "unlimited"; the Supplier, the Customer; "not"), however much the rest is alike; so only what never is
 * may differ: articles and endings. Rather the same is listed twice than a finding hidden behind another one.
 */
export function isDuplicateTitle(a: string, b: string): boolean {
  const [words, others] = [weightyWords(a), weightyWords(b)];
  return words.length === others.length && words.every((word, index) => isSameWord(word, others[index] ?? ''));
}

/** Whether details of two findings say the same. */
export const isSameDetail = (a: string, b: string): boolean => similarity(a, b) >= sameFromSimilarity;

const lightWords = new Set(['a', 'an', 'the', 'is', 'are']);
const endings = new Set(['', 's', 'es', 'd', 'ed']);

const weightyWords = (title: string): string[] => {
  const words = plainWords(title).split(' ');
  const weighty = words.filter((word) => !lightWords.has(word));
  return weighty.length === 0 ? words : weighty;
};

/** Apart from an ending; a number has none. */
function isSameWord(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return long.startsWith(short) && endings.has(long.slice(short.length)) && (a === b || /^\p{L}{3,}$/u.test(short));
}

/**
 * Which finding of an earlier analysis (`before`) each of these (`found`) is, by id; those that are new are not in it, and none of `before`
 * is the same as two. The same is what is of one kind and rests on exactly the same passages, or what says at least 85 % the same in title
 * and detail: the praise of a sentence and the risk in it are never one. The best pairs go first, so that the order in which findings come
 * makes no difference, but between pairs that are equally good.
 */
export function predecessorsOf(
  found: readonly ComparedFinding[],
  before: readonly ComparedFinding[],
): ReadonlyMap<string, string> {
  const earlier = before.map((finding) => ({ finding, profile: profileOfFinding(finding) }));
  const candidates = found.flatMap((finding) => {
    const own = profileOfFinding(finding);
    return earlier.flatMap((other) => {
      const alike = profileSimilarity(own, other.profile);
      const isSamePlace =
        finding.kind === other.finding.kind && hasSameRanges(finding.evidence, other.finding.evidence);
      if (!isSamePlace && alike < sameFromSimilarity) return [];
      // What rests on the same passages goes before what only reads the same: a clause may stand in a section twice.
      const score = alike + (isSamePlace ? 1 - sameFromSimilarity : 0);
      return [{ id: finding.id, previousId: other.finding.id, score }];
    });
  });
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, previousId } of candidates.toSorted((a, b) => b.score - a.score)) {
    if (pairs.has(id) || taken.has(previousId)) continue;
    pairs.set(id, previousId);
    taken.add(previousId);
  }
  return pairs;
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
