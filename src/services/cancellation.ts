import type { Clock } from '../clock.ts';
import type { Db, DbTransaction } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';

/** What was ended before it was done, with the attempt that ended it. */
export type Cancelled = { readonly id: string; readonly documentId: string; readonly attempt: number };

/** Of whom, and which: one, or all of a document. */
export type CancelWhere = { readonly tenantId: string } & ({ readonly id: string } | { readonly documentId: string });

/**
 * Ending analyses before they are done. Cancelling takes the fence: it raises the attempt in the same statement that sets the status, so
 * whatever a worker still writes is refused by Postgres and by the log, and the terminal event is the first and last of its attempt. The
 * worker sees that event on the log's channel and stops the model.
 */
export function createCancellation({
  db,
  events,
  queue,
  clock,
}: {
  db: Db;
  events: EventLog;
  queue: JobQueue;
  clock: Clock;
}) {
  async function tell({ id, documentId, attempt }: Cancelled): Promise<void> {
    await events.append({ documentId, id }, attempt, { type: 'analysis:cancelled', analysisId: id });
    await db.analysis.updateMany({ where: { id, closedAt: null }, data: { closedAt: new Date(clock.now()) } });
    await queue.remove('analyze-section', id).catch(() => undefined);
  }

  return {
    /** Cancels what is queued or running; `announce` it once the transaction stands. */
    take: (transaction: DbTransaction, where: CancelWhere): Promise<Cancelled[]> =>
      transaction.analysis.updateManyAndReturn({
        where: { ...where, status: { in: ['QUEUED', 'RUNNING'] } },
        data: { status: 'CANCELLED', attempt: { increment: 1 }, finishedAt: new Date(clock.now()) },
        select: { id: true, documentId: true, attempt: true },
      }),

    /** Tells followers and workers. Telling them again changes nothing. */
    async announce(cancelled: readonly Cancelled[]): Promise<void> {
      for (const analysis of cancelled) await tell(analysis);
    },
  };
}

/** CONFLICT for what has ended otherwise than by being cancelled; `noun` says in the message what it is. */
export function refuseEnded(noun: string, { status }: { readonly status: string }): void {
  if (status === 'CANCELLED') return;
  throw new AppError('CONFLICT', `This ${noun} has ${status.toLowerCase()} already; there is nothing to cancel.`);
}
