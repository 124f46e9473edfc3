import type { DbTransaction, Feedback, Prisma } from '../db.ts';
import { newId } from '../ids.ts';
import { isDuplicateTitle, isSameDetail } from '../review/same-finding.ts';

/**
 * Findings that count, or may come to: reviewers' own, those of the analyses that their sections show, and those of analyses that are under
 * way. What is left are findings that were superseded, or whose analysis came to nothing.
 */
export const livingFindings: Prisma.FeedbackWhereInput = {
  OR: [
    { source: 'REVIEWER' },
    { analysis: { currentOf: { isNot: null } } },
    { analysis: { status: { in: ['QUEUED', 'RUNNING'] } } },
  ],
};

type Found = Pick<Feedback, 'documentId' | 'part' | 'title' | 'detail' | 'quoteKeys'> & { readonly analysisId: string };

/**
 * A finding of the document that says the same as the one that is being stored; null when it is the first. Who tells two things of the same
 * words in one answer means two things: those are one only when their details say the same, too, and none joins a group that has the other.
 */
export async function findDuplicate(
  transaction: DbTransaction,
  found: Found,
): Promise<Pick<Feedback, 'id' | 'groupId' | 'status'> | null> {
  if (found.quoteKeys.length === 0) return null;
  const candidates = await transaction.feedback.findMany({
    where: {
      documentId: found.documentId,
      source: 'MODEL',
      quoteKeys: { hasSome: found.quoteKeys },
      ...livingFindings,
    },
    orderBy: { id: 'asc' },
    select: { id: true, groupId: true, status: true, title: true, detail: true, analysisId: true, part: true },
  });
  const alike = candidates.filter(({ title }) => isDuplicateTitle(title, found.title));
  const others = alike.filter(
    ({ analysisId, part, detail }) =>
      analysisId === found.analysisId && part === found.part && !isSameDetail(detail, found.detail),
  );
  const taken = new Set(others.map(({ groupId }) => groupId));
  return alike.find(({ groupId }) => !taken.has(groupId)) ?? null;
}

/**
 * Takes findings out of their group where it has been decided on otherwise than on them: one got its decision from the same finding of the
 * analysis before, and nobody decided so on what says the same elsewhere. A group is of one mind; neither side's decision is changed.
 */
export async function leaveMixedGroups(transaction: DbTransaction, ids: readonly string[]): Promise<void> {
  const fields = { id: true, groupId: true, status: true } as const;
  const own = await transaction.feedback.findMany({ where: { id: { in: [...ids] } }, select: fields });
  const groups = own.map(({ groupId }) => groupId);
  const members = await transaction.feedback.findMany({
    where: { groupId: { in: groups }, ...livingFindings },
    select: fields,
  });
  for (const { id, groupId, status } of own) {
    if (!members.some((member) => member.groupId === groupId && member.status !== status)) continue;
    // Not its own id: that is the name of the group, if it was the first.
    await transaction.feedback.update({ where: { id }, data: { groupId: newId('Feedback') } });
  }
}
