import type { DbTransaction, Feedback, Prisma } from '../db.ts';
import { isDuplicateTitle } from '../review/same-finding.ts';

/**
 * Findings that count, or may come to: reviewers' own, those of the analyses that their sections show, and those of analyses that are under
 * way. What is left are findings that were superseded, or whose analysis came to nothing.
 */
export const livingFindings: Prisma.FeedbackWhereInput = {
  OR: [
    { analysisId: null },
    { analysis: { currentOf: { isNot: null } } },
    { analysis: { status: { in: ['QUEUED', 'RUNNING'] } } },
  ],
};

/** A finding of the document that says the same as the one that is being stored; null when it is the first. */
export async function findDuplicate(
  transaction: DbTransaction,
  found: { readonly documentId: string; readonly title: string; readonly quoteKeys: string[] },
): Promise<Pick<Feedback, 'id' | 'groupId'> | null> {
  if (found.quoteKeys.length === 0) return null;
  const candidates = await transaction.feedback.findMany({
    where: {
      documentId: found.documentId,
      source: 'MODEL',
      quoteKeys: { hasSome: found.quoteKeys },
      ...livingFindings,
    },
    orderBy: { id: 'asc' },
    select: { id: true, groupId: true, title: true },
  });
  return candidates.find(({ title }) => isDuplicateTitle(title, found.title)) ?? null;
}
