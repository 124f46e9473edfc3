import type { DbTransaction, Feedback, FeedbackRevision } from '../db.ts';
import { newId } from '../ids.ts';
import { predecessorOf, type ComparedFinding } from '../review/same-finding.ts';
import { evidenceOf } from './feedback.ts';

type Compared = Pick<Feedback, 'id' | 'title' | 'detail' | 'evidence'>;

const compared = ({ id, title, detail, ...row }: Compared): ComparedFinding => ({
  id,
  title,
  detail,
  evidence: evidenceOf(row),
});

/** The finding of the analysis before that this one is, of those that no other one of the analysis is already; null when it is new. */
export async function findPredecessor(
  transaction: DbTransaction,
  analysis: { readonly id: string; readonly previousId: string | null },
  found: Compared,
): Promise<string | null> {
  if (analysis.previousId === null) return null;
  const before = await transaction.feedback.findMany({
    where: { analysisId: analysis.previousId },
    orderBy: { id: 'asc' },
    select: { id: true, title: true, detail: true, evidence: true },
  });
  const taken = await transaction.feedback.findMany({
    where: { analysisId: analysis.id, previousId: { not: null } },
    select: { previousId: true },
  });
  const left = before.filter(({ id }) => !taken.some(({ previousId }) => previousId === id));
  return predecessorOf(compared(found), left.map(compared));
}

type LastRevision = Pick<FeedbackRevision, 'id' | 'feedbackId' | 'actor' | 'status' | 'note'>;

/** The decision that stands on each of these findings; those on which none was ever made are not in it. */
async function lastDecisions(
  transaction: DbTransaction,
  feedbackIds: readonly string[],
): Promise<ReadonlyMap<string, LastRevision>> {
  const rows = await transaction.$queryRaw<LastRevision[]>`
    SELECT DISTINCT ON ("feedbackId") "id", "feedbackId", "actor", "status"::text AS "status", "note"
    FROM "FeedbackRevision" WHERE "feedbackId" = ANY(${[...feedbackIds]}) ORDER BY "feedbackId", "id" DESC`;
  return new Map(rows.map((row) => [row.feedbackId, row]));
}

/**
 * Carries the decision on a finding over to another one that says the same, unless one was made there later. The entry in its history
 * names who decided, and the finding on which. Answers the status of the other one from then on. The findings are locked.
 */
async function carry(
  transaction: DbTransaction,
  pair: { readonly from: string; readonly to: Pick<Feedback, 'id' | 'status'> },
  decisions: ReadonlyMap<string, LastRevision>,
  at: Date,
): Promise<Feedback['status']> {
  const decision = decisions.get(pair.from);
  const own = decisions.get(pair.to.id);
  // Ids sort by creation.
  if (!decision || decision.status === pair.to.status || (own && own.id > decision.id)) return pair.to.status;
  const { actor, status, note } = decision;
  await transaction.feedback.update({ where: { id: pair.to.id }, data: { status } });
  await transaction.feedbackRevision.create({
    data: { id: newId('FeedbackRevision'), feedbackId: pair.to.id, at, actor, status, note, carriedFromId: pair.from },
  });
  return status;
}

/** To a finding that was just stored, from the first of these on which there is a decision; its status from then on. */
export async function carryDecision(
  transaction: DbTransaction,
  from: readonly string[],
  to: Pick<Feedback, 'id' | 'status'>,
  at: Date,
): Promise<Feedback['status']> {
  const decisions = await lastDecisions(transaction, from);
  const decided = from.find((id) => decisions.has(id));
  return decided === undefined ? to.status : carry(transaction, { from: decided, to }, decisions, at);
}

/** When an analysis is completed: decisions that were made on the findings of the one before while it ran. */
export async function carryLateDecisions(transaction: DbTransaction, analysisId: string, at: Date): Promise<void> {
  const found = await transaction.feedback.findMany({
    where: { analysisId, previousId: { not: null } },
    select: { id: true, status: true, previousId: true },
  });
  const pairs = found.flatMap(({ previousId, ...to }) => (previousId === null ? [] : [{ from: previousId, to }]));
  if (pairs.length === 0) return;
  const decisions = await lastDecisions(
    transaction,
    pairs.flatMap(({ from, to }) => [from, to.id]),
  );
  for (const pair of pairs) await carry(transaction, pair, decisions, at);
}
