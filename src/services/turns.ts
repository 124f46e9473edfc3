import { Prisma, type Db } from '../db.ts';
import type { JobQueue } from '../queue/job-queue.ts';

/** Where something stands in its queue. */
export type Turn<T> = {
  readonly waiting: T;
  /** Of its job: the smallest goes first. */
  readonly priority: number;
  /** How many jobs go before it, those that run not counted. */
  readonly ahead: number;
};

/** The rows that jobs are for whose tenants take turns. They are QUEUED with attempt 0 until a worker takes them up first. */
const tables = {
  'analyze-section': Prisma.sql`"Analysis"`,
  'answer-message': Prisma.sql`"ChatMessage"`,
};

/**
 * Tenants take turns at the workers, at analyses and at answers in chats, each kind in its own queue: a job's priority is the turn that is
 * being served now plus its place in its own tenant's backlog, so that the n-th job of one tenant waits for at most n of each other.
 *
 *   A has queued 300: turns 1 to 300. When A's 100th starts, B queues 2: turns 100 and 101. Served: A100 B100 A101 B101 A102 …
 *
 * Guarantees: one tenant's backlog, however long, costs another one turn per job; and those who come later, however many and however
 * often, start at the turn of those who wait, never before it, so that the tail of a long backlog is reached, too. Not guaranteed: exact
 * shares. A job that comes back from a wait keeps its turn and goes first, and whoever comes at that moment starts there, too; requests of
 * one tenant at the same moment may share turns. The queue knows 2,097,151 turns and begins anew whenever it is empty; behind the last one
 * it is first come, first served.
 * `waiting` are of one tenant, in the order in which they are to run; their rows are there already.
 */
export async function takeTurns<T extends { readonly id: string; readonly tenantId: string }>(
  { db, queue }: { db: Db; queue: JobQueue },
  job: keyof typeof tables,
  waiting: readonly T[],
): Promise<Turn<T>[]> {
  const [first] = waiting;
  if (!first) return [];
  const [served, backlogs] = await Promise.all([queue.firstPriority(job), backlogsBefore(db, job, first)]);
  const isOwn = ({ tenantId }: { tenantId: string }): boolean => tenantId === first.tenantId;
  const before = backlogs.find(isOwn)?.count ?? 0;
  const others = backlogs.filter((backlog) => !isOwn(backlog)).map(({ count }) => count);
  return waiting.map((each, index) => {
    const place = before + index;
    return { waiting: each, priority: (served ?? 1) + place, ahead: jobsAhead(place, others) };
  });
}

/** How much each tenant has queued; of the own one, what comes before. Those that are put back to wait have had their turn. */
const backlogsBefore = (
  db: Db,
  job: keyof typeof tables,
  { id, tenantId }: { readonly id: string; readonly tenantId: string },
): Promise<{ tenantId: string; count: number }[]> =>
  db.$queryRaw`
    SELECT "tenantId", count(*)::int AS "count" FROM ${tables[job]}
    WHERE "status" = 'QUEUED' AND "attempt" = 0 AND ("tenantId" <> ${tenantId} OR "id" < ${id})
    GROUP BY "tenantId"`;

/** How many jobs start before the one that has `place` others of its own tenant before it. */
export const jobsAhead = (place: number, backlogsOfOthers: readonly number[]): number =>
  backlogsOfOthers.reduce((sum, backlog) => sum + Math.min(backlog, place + 1), place);
