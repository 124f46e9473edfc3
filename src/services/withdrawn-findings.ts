import type { Analysis, DbTransaction, Prisma } from '../db.ts';
import { lockFindings } from './finding-lock.ts';

/**
 * Findings of attempts and analyses that came to nothing. Those of a cancelled analysis stay with it. Those of an attempt that was broken off
 * go, but for what a reviewer has decided on: that stays with its history, belongs to no analysis, and is shown nowhere but by its id. The
 * decision waits there for the section to find the same again.
 */
export const withdrawnFindings: Prisma.FeedbackWhereInput = {
  source: 'MODEL',
  OR: [{ analysisId: null }, { analysis: { status: 'CANCELLED' } }],
};

/** A reviewer decided on the finding itself; a decision that was carried over to it stands on another one, too. */
export const decidedHere: Prisma.FeedbackWhereInput = { revisions: { some: { carriedFromId: null } } };

/** Takes back what an analysis has found, from a part on. */
export async function withdrawFindings(
  transaction: DbTransaction,
  { id: analysisId, documentId }: Pick<Analysis, 'id' | 'documentId'>,
  fromPart: number,
): Promise<void> {
  // Whoever decides on one of them has done so by now, or will not find it any more.
  await lockFindings(transaction, [documentId]);
  const withdrawn = { analysisId, part: { gte: fromPart } };
  const data = { analysisId: null, isCurrent: false };
  await transaction.feedback.updateMany({ where: { ...withdrawn, ...decidedHere }, data });
  await transaction.feedback.deleteMany({ where: withdrawn });
}
