import type { Analysis, DbTransaction, Feedback, FeedbackRevision } from '../db.ts';
import { newId } from '../ids.ts';
import { predecessorsOf, type ComparedFinding } from '../review/same-finding.ts';
import { evidenceOf } from './feedback.ts';
import { leaveMixedGroups, livingFindings } from './finding-groups.ts';
import { decidedHere, withdrawnFindings } from './withdrawn-findings.ts';

type Compared = Pick<Feedback, 'id' | 'kind' | 'title' | 'detail' | 'evidence'>;

const compared = ({ id, kind, title, detail, ...row }: Compared): ComparedFinding => ({
  id,
  kind,
  title,
  detail,
  evidence: evidenceOf(row),
});

const comparedFields = { id: true, kind: true, title: true, detail: true, evidence: true } as const;

/** An analysis, as far as it says what came before it. */
type Following = Pick<Analysis, 'id' | 'documentId' | 'sectionId' | 'previousId'>;

/** What a finding of an analysis may be the same as. */
type Before = {
  /** Of the analysis before. */
  readonly shown: readonly Compared[];
  /** What reviewers have decided on since then in attempts and analyses that came to nothing; the latest first. */
  readonly withdrawn: readonly (Compared & Pick<Feedback, 'previousId'>)[];
};

async function findingsBefore(transaction: DbTransaction, { sectionId, previousId }: Following): Promise<Before> {
  const previous =
    previousId === null
      ? null
      : await transaction.analysis.findUnique({
          where: { id: previousId },
          select: { finishedAt: true, feedback: { orderBy: { id: 'asc' }, select: comparedFields } },
        });
  const withdrawn = await transaction.feedback.findMany({
    where: {
      sectionId,
      ...(previous?.finishedAt ? { createdAt: { gt: previous.finishedAt } } : {}),
      ...withdrawnFindings,
      ...decidedHere,
    },
    orderBy: { id: 'desc' },
    select: { ...comparedFields, previousId: true },
  });
  // Of those that follow one another the last one speaks for all.
  const followed = new Set(withdrawn.map((row) => row.previousId));
  return { shown: previous?.feedback ?? [], withdrawn: withdrawn.filter(({ id }) => !followed.has(id)) };
}

/**
 * What each of these is of what came before, by id; none of that is the same as two. The analysis before goes first; what was withdrawn
 * since is for those that are new against it.
 */
function followedBy(
  found: readonly Compared[],
  { shown, withdrawn }: Before,
  taken: ReadonlySet<string | null> = new Set(),
): ReadonlyMap<string, string> {
  const isLeft = ({ id }: Pick<Compared, 'id'>): boolean => !taken.has(id);
  const again = predecessorsOf(found.map(compared), shown.filter(isLeft).map(compared));
  const settled = new Set([...taken, ...again.values()]);
  const rest = found.filter(({ id }) => !again.has(id));
  // A withdrawn one that is itself the same as one of the analysis before has its decision there, too.
  const waiting = withdrawn.filter(({ id, previousId }) => !settled.has(id) && !settled.has(previousId ?? id));
  return new Map([...again, ...predecessorsOf(rest.map(compared), waiting.map(compared))]);
}

/**
 * The finding before that this one is, of those that no other one of the analysis is already; null when it is new. As far as can be said
 * while further ones may come: `settlePredecessors` has the last word.
 */
export async function findPredecessor(
  transaction: DbTransaction,
  analysis: Following,
  found: Compared,
): Promise<string | null> {
  const before = await findingsBefore(transaction, analysis);
  if (before.shown.length === 0 && before.withdrawn.length === 0) return null;
  const others = await transaction.feedback.findMany({
    where: { analysisId: analysis.id, previousId: { not: null } },
    select: { previousId: true },
  });
  return followedBy([found], before, new Set(others.map(({ previousId }) => previousId))).get(found.id) ?? null;
}

type LastRevision = Pick<FeedbackRevision, 'id' | 'feedbackId' | 'actor' | 'status' | 'note'>;

/** The decision that stands on each of these findings; those on which none was ever made are not in it. */
export async function lastDecisions(
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

/** To a finding, from the first of these on which there is a decision, unless one was made on it later; its status from then on. */
export async function carryDecision(
  transaction: DbTransaction,
  from: readonly string[],
  to: Pick<Feedback, 'id' | 'status'>,
  at: Date,
): Promise<Feedback['status']> {
  const decisions = await lastDecisions(transaction, [...from, to.id]);
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
  await leaveMixedGroups(
    transaction,
    pairs.map(({ to }) => to.id),
  );
}

/**
 * When all of an analysis has been found: what each finding is of what came before, the best pairs first. Two that were taken for the same
 * while they came give back the decisions that they got from each other, unless a reviewer has decided on them since. The findings are
 * locked.
 */
export async function settlePredecessors(transaction: DbTransaction, analysis: Following, at: Date): Promise<void> {
  const before = await findingsBefore(transaction, analysis);
  if (before.shown.length === 0 && before.withdrawn.length === 0) return;
  const found = await transaction.feedback.findMany({
    where: { analysisId: analysis.id },
    orderBy: { id: 'asc' },
    select: { ...comparedFields, previousId: true, groupId: true },
  });
  const settled = followedBy(found, before);
  const moved = found.filter(({ id, previousId }) => previousId !== (settled.get(id) ?? null));
  // All give back before any of them takes: what one leaves another one may follow.
  for (const { id, previousId: former } of moved) {
    await transaction.feedback.update({ where: { id }, data: { previousId: settled.get(id) ?? null } });
    if (former === null) continue;
    await giveBack(transaction, analysis.documentId, { id, carriedFromId: former });
    await giveBack(transaction, analysis.documentId, { id: former, carriedFromId: id });
  }
  for (const { id, groupId } of moved) {
    const to = await transaction.feedback.findUniqueOrThrow({ where: { id }, select: { id: true, status: true } });
    const group = await transaction.feedback.findMany({
      where: { groupId, id: { not: id }, ...livingFindings },
      orderBy: { id: 'asc' },
      select: { id: true },
    });
    const previousId = settled.get(id);
    const same = [...(previousId === undefined ? [] : [previousId]), ...group.map((one) => one.id)];
    await carryDecision(transaction, same, to, at);
  }
}

/**
 * Takes back what was carried over to a finding from another one (since an entry in a history), if that is what stands, and with it what was
 * carried on from there.
 */
async function giveBack(
  transaction: DbTransaction,
  documentId: string,
  pair: { readonly id: string; readonly carriedFromId: string },
  since = '',
): Promise<void> {
  const { id, carriedFromId } = pair;
  const history = await transaction.feedbackRevision.findMany({ where: { feedbackId: id }, orderBy: { id: 'asc' } });
  const given = history.filter((revision) => revision.carriedFromId === carriedFromId && revision.id > since);
  const [first] = given;
  if (!first || given.at(-1) !== history.at(-1)) return;
  const stands = history.filter((revision) => !given.includes(revision)).at(-1);
  await transaction.feedbackRevision.deleteMany({ where: { id: { in: given.map((revision) => revision.id) } } });
  await transaction.feedback.update({ where: { id }, data: { status: stands?.status ?? 'PENDING' } });
  const carriedOn = await transaction.feedbackRevision.findMany({
    where: { carriedFromId: id, id: { gt: first.id }, feedback: { documentId } },
    distinct: 'feedbackId',
    select: { feedbackId: true },
  });
  for (const { feedbackId } of carriedOn) {
    await giveBack(transaction, documentId, { id: feedbackId, carriedFromId: id }, first.id);
  }
}
