import type { DbTransaction, Feedback, FeedbackRevision } from '../db.ts';
import { newId } from '../ids.ts';
import { predecessorsOf, type ComparedFinding } from '../review/same-finding.ts';
import { evidenceOf } from './feedback.ts';
import { livingFindings } from './finding-groups.ts';

type Compared = Pick<Feedback, 'id' | 'kind' | 'title' | 'detail' | 'evidence'>;

const compared = ({ id, kind, title, detail, ...row }: Compared): ComparedFinding => ({
  id,
  kind,
  title,
  detail,
  evidence: evidenceOf(row),
});

const comparedFields = { id: true, kind: true, title: true, detail: true, evidence: true } as const;

const findingsOf = (transaction: DbTransaction, analysisId: string): Promise<Compared[]> =>
  transaction.feedback.findMany({ where: { analysisId }, orderBy: { id: 'asc' }, select: comparedFields });

/**
 * The finding of the analysis before that this one is, of those that no other one of the analysis is already; null when it is new. As far as
 * can be said while further ones may come: `settlePredecessors` has the last word.
 */
export async function findPredecessor(
  transaction: DbTransaction,
  analysis: { readonly id: string; readonly previousId: string | null },
  found: Compared,
): Promise<string | null> {
  if (analysis.previousId === null) return null;
  const before = await findingsOf(transaction, analysis.previousId);
  const taken = await transaction.feedback.findMany({
    where: { analysisId: analysis.id, previousId: { not: null } },
    select: { previousId: true },
  });
  const left = before.filter(({ id }) => !taken.some(({ previousId }) => previousId === id));
  return predecessorsOf([compared(found)], left.map(compared)).get(found.id) ?? null;
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

/**
 * When all of an analysis has been found: what each finding is of the analysis before, the best pairs first. One that was taken for another
 * while it came gives back the decision that it got from there, unless a reviewer has decided on it since. The findings are locked.
 */
export async function settlePredecessors(
  transaction: DbTransaction,
  analysis: { readonly id: string; readonly previousId: string | null },
  at: Date,
): Promise<void> {
  if (analysis.previousId === null) return;
  const before = await findingsOf(transaction, analysis.previousId);
  const found = await transaction.feedback.findMany({
    where: { analysisId: analysis.id },
    orderBy: { id: 'asc' },
    select: { ...comparedFields, previousId: true, status: true, groupId: true },
  });
  const settled = predecessorsOf(found.map(compared), before.map(compared));
  for (const { id, previousId: former, groupId, status } of found) {
    const previousId = settled.get(id) ?? null;
    if (previousId === former) continue;
    await transaction.feedback.update({ where: { id }, data: { previousId } });
    const left = former === null ? status : await giveBack(transaction, { id, status }, former);
    const group = await transaction.feedback.findMany({
      where: { groupId, id: { not: id }, ...livingFindings },
      orderBy: { id: 'asc' },
      select: { id: true },
    });
    const same = [...(previousId === null ? [] : [previousId]), ...group.map((one) => one.id)];
    await carryDecision(transaction, same, { id, status: left }, at);
  }
}

/** Takes back what was carried over to a finding from another one, if that is what stands; the status of the finding from then on. */
async function giveBack(
  transaction: DbTransaction,
  { id, status }: Pick<Feedback, 'id' | 'status'>,
  carriedFromId: string,
): Promise<Feedback['status']> {
  const history = await transaction.feedbackRevision.findMany({ where: { feedbackId: id }, orderBy: { id: 'asc' } });
  if (history.at(-1)?.carriedFromId !== carriedFromId) return status;
  const kept = history.filter((revision) => revision.carriedFromId !== carriedFromId);
  const left = kept.at(-1)?.status ?? 'PENDING';
  await transaction.feedbackRevision.deleteMany({ where: { feedbackId: id, carriedFromId } });
  await transaction.feedback.update({ where: { id }, data: { status: left } });
  return left;
}
