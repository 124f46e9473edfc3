import type { DbTransaction, Feedback } from '../db.ts';
import { newId } from '../ids.ts';
import { recordActivities } from './activity.ts';
import type { Caller } from './caller.ts';
import { lastDecisions } from './carried-decisions.ts';
import { leaveMixedGroups, livingFindings } from './finding-groups.ts';
import { lockFindings } from './finding-lock.ts';
import { notFound } from './not-found.ts';
import { withdrawnFindings } from './withdrawn-findings.ts';

type Decision = { readonly status: Feedback['status']; readonly note: string | null };

/** A finding among others that may be the same. */
type Linked = Pick<Feedback, 'id' | 'groupId' | 'previousId'>;

const linkedFields = { id: true, groupId: true, previousId: true } as const;

/**
 * Decides on findings and on all that are the same. Each gets an entry in its history, which names the finding that was decided on where
 * that is another one; what has that status already gets one only for a note that is new. A dozen statements and one per document,
 * however many findings there are.
 */
export async function applyDecision(
  transaction: DbTransaction,
  caller: Caller,
  ids: readonly string[],
  decision: Decision,
  at: Date,
): Promise<void> {
  const asked = await lockAsked(transaction, caller, ids);
  const changed = await changedBy(transaction, asked, decision);
  const { status, note } = decision;
  // One array, however many there are: Prisma would bind each id for itself, and Postgres takes 65,535.
  await transaction.$executeRaw`
    UPDATE "Feedback" SET "status" = ${status}::"FeedbackStatus", "updatedAt" = ${at}
    WHERE "id" = ANY(${changed.map(({ id }) => id)})`;
  await transaction.feedbackRevision.createMany({
    data: changed.map((row) => ({
      id: newId('FeedbackRevision'),
      feedbackId: row.id,
      at,
      actor: caller.actor,
      status,
      note,
      carriedFromId: decidedOn(row, asked),
    })),
  });
  await recordActivities(
    transaction,
    caller,
    changed.map(({ id, document: { sessionId } }) => ({
      sessionId,
      action: 'feedback.decided',
      subject: id,
      detail: status,
    })),
  );
  // What is in no group of those that were asked for was reached as the same finding of another analysis.
  const groups = new Set(asked.map(({ groupId }) => groupId));
  const reached = changed.filter(({ groupId }) => !groups.has(groupId));
  await leaveMixedGroups(
    transaction,
    reached.map(({ id }) => id),
  );
}

/** The caller's findings. Their documents' findings are held to the end: what is stored from here on finds the decision. */
async function lockAsked(transaction: DbTransaction, caller: Caller, ids: readonly string[]): Promise<Linked[]> {
  const where = { id: { in: [...ids] }, tenantId: caller.tenantId };
  const documents = await transaction.feedback.findMany({
    where,
    distinct: 'documentId',
    select: { documentId: true },
  });
  await lockFindings(
    transaction,
    documents.map(({ documentId }) => documentId),
  );
  const asked = await transaction.feedback.findMany({ where, select: linkedFields });
  const found = new Set(asked.map(({ id }) => id));
  const missing = ids.find((id) => !found.has(id));
  if (missing) throw notFound('Feedback', missing);
  return asked;
}

/** Those of them and of what is the same to which the decision is news. */
async function changedBy(transaction: DbTransaction, asked: readonly Linked[], { status, note }: Decision) {
  const ids = asked.map(({ id }) => id);
  const groups = asked.map(({ groupId }) => groupId);
  // Both ways between a re-run and what is shown until it completes: it may still fail, and take its own findings with it.
  const before = asked.flatMap(({ previousId }) => previousId ?? []);
  const same = { OR: [{ groupId: { in: groups } }, { previousId: { in: ids } }, { id: { in: before } }] };
  const all = await transaction.feedback.findMany({
    where: { OR: [{ id: { in: ids } }, { AND: [same, { OR: [livingFindings, withdrawnFindings] }] }] },
    select: { ...linkedFields, status: true, document: { select: { sessionId: true } } },
  });
  const decided = all.filter((row) => row.status === status);
  const standing =
    note === null
      ? null
      : await lastDecisions(
          transaction,
          decided.map(({ id }) => id),
        );
  const isNews = ({ id }: Linked): boolean => standing !== null && standing.get(id)?.note !== note;
  return all.filter((row) => row.status !== status || isNews(row));
}

/** The finding that was decided on, when it is another one than this. */
function decidedOn(row: Linked, asked: readonly Linked[]): string | null {
  if (asked.some(({ id }) => id === row.id)) return null;
  const origin = asked.find(
    ({ id, groupId, previousId }) => row.groupId === groupId || row.previousId === id || row.id === previousId,
  );
  return origin?.id ?? null;
}
