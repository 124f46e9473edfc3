import type { Clock } from '../clock.ts';
import type { Db, DbTransaction, Prisma, Report } from '../db.ts';
import type { Problem } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { reportEvent, reportLog } from './report-events.ts';
import { requeueLost } from './requeue-lost.ts';

/** One attempt at a report: the fence that every write of a worker is conditional on. */
export type ReportFence = { readonly reportId: string; readonly attempt: number };

export type Rendered = { readonly filename: string; readonly storageKey: string; readonly sizeBytes: number };

// A report whose workers died this often would go on killing them.
const maxAttempts = 10;

const batchSize = 500;

/**
 * What workers write of a report, and what is mended of it.
 *
 *   QUEUED(0) --begin--> RENDERING(1) --begin (its worker died)--> RENDERING(2) …
 *   RENDERING(n) --complete | fail, only with attempt n--> READY | FAILED
 *   QUEUED, RENDERING(n) --its document is deleted, attempt n+1--> FAILED, then gone
 *
 * Guarantees: after `begin` no write of an earlier attempt has any effect, and an end is told behind the row that it is about.
 */
export function createReportRendering(deps: { db: Db; clock: Clock; events: EventLog; queue: JobQueue }) {
  const { db, clock, events, queue } = deps;
  const now = (): Date => new Date(clock.now());

  /** Tells of an end that Postgres has; again, if need be. */
  async function close(report: Report): Promise<void> {
    await events.close(reportLog(report), report.attempt, reportEvent(report));
    await db.report.updateMany({ where: { id: report.id }, data: { closedAt: now() } });
  }

  async function end(
    { reportId: id, attempt }: ReportFence,
    data: Prisma.ReportUpdateManyMutationInput,
  ): Promise<Report | null> {
    const [ended] = await db.report.updateManyAndReturn({
      where: { id, attempt, status: 'RENDERING' },
      data: { ...data, finishedAt: now() },
    });
    if (ended) await close(ended);
    return ended ?? null;
  }

  return {
    /** Takes the fence and says so; null when the report has ended or is gone. `isExhausted`: it must be failed. */
    async begin(reportId: string): Promise<{ report: Report; isExhausted: boolean } | null> {
      const [report] = await db.report.updateManyAndReturn({
        where: { id: reportId, status: { in: ['QUEUED', 'RENDERING'] } },
        data: { status: 'RENDERING', attempt: { increment: 1 } },
      });
      if (!report) return null;
      await events.append(reportLog(report), report.attempt, reportEvent(report));
      return { report, isExhausted: report.attempt > maxAttempts };
    },

    /** Makes the report READY; null when the attempt is over. */
    complete: (fence: ReportFence, rendered: Rendered): Promise<Report | null> =>
      end(fence, { ...rendered, status: 'READY' }),

    /** Makes the report FAILED; null when the attempt is over. */
    fail: (fence: ReportFence, problem: Problem): Promise<Report | null> =>
      end(fence, { status: 'FAILED', error: { ...problem } }),

    /** Ends what is under way of a document that is being deleted; `announce` it once the transaction stands. */
    take: (transaction: DbTransaction, documentId: string): Promise<Report[]> =>
      transaction.report.updateManyAndReturn({
        where: { documentId, status: { in: ['QUEUED', 'RENDERING'] } },
        data: { status: 'FAILED', attempt: { increment: 1 }, error: { ...documentDeleted }, finishedAt: now() },
      }),

    /** Tells followers and workers of what was taken. Telling them again changes nothing. */
    async announce(ended: readonly Report[]): Promise<void> {
      for (const report of ended) {
        await close(report);
        await queue.remove('render-report', report.id).catch(() => undefined);
      }
    },

    /** Gives reports that are under way and older than `before` their jobs again where they have none; how many. */
    requeueLost: (before: Date): Promise<number> =>
      requeueLost(
        queue,
        'render-report',
        (after, take) =>
          db.report.findMany({
            where: { status: { in: ['QUEUED', 'RENDERING'] }, createdAt: { lt: before }, id: { gt: after } },
            orderBy: { id: 'asc' },
            select: { id: true },
            take,
          }),
        ({ id }) => queue.add('render-report', id, { reportId: id }),
      ),

    /** Tells of ends before `before` that were never told; how many. */
    async closeLogs(before: Date): Promise<number> {
      const rows = await db.report.findMany({
        where: { status: { in: ['READY', 'FAILED'] }, closedAt: null, finishedAt: { lt: before } },
        take: batchSize,
      });
      for (const report of rows) await close(report);
      return rows.length;
    },
  };
}

const documentDeleted: Problem = { code: 'CANCELLED', message: 'The document was deleted.', retryable: false };
