import type { Analysis, Db } from '../db.ts';
import type { JobQueue } from '../queue/job-queue.ts';

/** Where an analysis stands in the queue. */
export type Turn<T> = {
  readonly analysis: T;
  /** Of its job: the smallest goes first. */
  readonly priority: number;
  /** How many jobs go before it, those that run not counted. */
  readonly ahead: number;
};

/**
 * Tenants take turns at the workers: a job's priority is the turn that is being served now plus its place in its own tenant's backlog, so
 * that the n-th job of one tenant waits for at most n of each other.
 *
 *   A has queued 300: turns 1 to 300. When A's 100th starts, B queues 2: turns 100 and 101. Served: A100 B100 A101 B101 A102 …
 *
 * Guarantees: one tenant's backlog, however long, costs another one turn per job; and those who come later, however many and however
 * often, start at the turn of those who wait, never before it, so that the tail of a long backlog is reached, too. Not guaranteed: exact
 * shares. A job that comes back from a wait keeps its turn and goes first, and whoever comes at that moment starts there, too; requests of
 * one tenant at the same moment may share turns. The queue knows 2,097,151 turns and begins anew whenever it is empty; behind the last one
 * it is first come, first served.
 * `analyses` are of one tenant, in the order in which they are to run.
 */
export async function takeTurns<T extends Pick<Analysis, 'id' | 'tenantId'>>(
  { db, queue }: { db: Db; queue: JobQueue },
  analyses: readonly T[],
): Promise<Turn<T>[]> {
  const [first] = analyses;
  if (!first) return [];
  const { id, tenantId } = first;
  const [served, backlogs] = await Promise.all([
    queue.firstPriority('analyze-section'),
    db.analysis.groupBy({
      by: ['tenantId'],
      // Those that are put back to wait have had their turn.
      where: { status: 'QUEUED', attempt: 0, OR: [{ tenantId: { not: tenantId } }, { id: { lt: id } }] },
      _count: true,
    }),
  ]);
  const before = backlogs.find((backlog) => backlog.tenantId === tenantId)?._count ?? 0;
  const others = backlogs.filter((backlog) => backlog.tenantId !== tenantId).map(({ _count }) => _count);
  return analyses.map((analysis, index) => {
    const place = before + index;
    return { analysis, priority: (served ?? 1) + place, ahead: jobsAhead(place, others) };
  });
}

/** How many jobs start before the one that has `place` others of its own tenant before it. */
export const jobsAhead = (place: number, backlogsOfOthers: readonly number[]): number =>
  backlogsOfOthers.reduce((sum, backlog) => sum + Math.min(backlog, place + 1), place);
