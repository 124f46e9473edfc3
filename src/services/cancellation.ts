import type { Clock } from '../clock.ts';
import type { Analysis, Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { Caller } from './caller.ts';

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
  async function announce(analysis: Pick<Analysis, 'id' | 'documentId' | 'attempt'>): Promise<void> {
    await events.append({ documentId: analysis.documentId, id: analysis.id }, analysis.attempt, {
      type: 'analysis:cancelled',
      analysisId: analysis.id,
    });
    await db.analysis.updateMany({ where: { id: analysis.id }, data: { closedAt: new Date(clock.now()) } });
    await queue.remove('analyze-section', analysis.id).catch(() => undefined);
  }

  async function cancel(where: { tenantId: string; id?: string; documentId?: string }): Promise<string[]> {
    const cancelled = await db.analysis.updateManyAndReturn({
      where: { ...where, status: { in: ['QUEUED', 'RUNNING'] } },
      data: { status: 'CANCELLED', attempt: { increment: 1 }, finishedAt: new Date(clock.now()) },
      select: { id: true, documentId: true, attempt: true },
    });
    for (const analysis of cancelled) await announce(analysis);
    return cancelled.map(({ id }) => id);
  }

  return {
    /** Whether it was still queued or running. */
    cancelAnalysis: async (caller: Caller, id: string): Promise<boolean> =>
      (await cancel({ tenantId: caller.tenantId, id })).length > 0,
    /** Ids of what was cancelled. */
    cancelDocument: (caller: Caller, documentId: string): Promise<string[]> =>
      cancel({ tenantId: caller.tenantId, documentId }),
  };
}
