import type { Clock } from '../clock.ts';
import type { Db, DbTransaction } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { Cancelled, CancelWhere } from './cancellation.ts';
import { logOfMessage } from './log-names.ts';
import { streamedIn } from './streamed-so-far.ts';

/** Ending answers before they are done, as cancellation.ts ends analyses: the fence is taken first. What was said until then is kept. */
export function createChatCancellation(deps: { db: Db; events: EventLog; queue: JobQueue; clock: Clock }) {
  const { db, events, queue, clock } = deps;

  async function tell(message: Cancelled): Promise<void> {
    const { id, attempt } = message;
    await events.append(logOfMessage(message), attempt, { type: 'message:cancelled', messageId: id });
    const { thinking, text } = streamedIn(id, await events.readAll(logOfMessage(message)));
    await db.chatMessage.updateMany({
      where: { id, closedAt: null },
      data: { thinking, text, closedAt: new Date(clock.now()) },
    });
    await queue.remove('answer-message', id).catch(() => undefined);
  }

  return {
    /** Cancels what is queued or streamed; `announce` it once the transaction stands. */
    take: (transaction: DbTransaction, where: CancelWhere): Promise<Cancelled[]> =>
      transaction.chatMessage.updateManyAndReturn({
        where: { ...where, status: { in: ['QUEUED', 'STREAMING'] } },
        data: { status: 'CANCELLED', attempt: { increment: 1 }, finishedAt: new Date(clock.now()) },
        select: { id: true, documentId: true, attempt: true },
      }),

    /** Tells followers and workers, and keeps what was said. Doing it again changes nothing. */
    async announce(cancelled: readonly Cancelled[]): Promise<void> {
      for (const message of cancelled) await tell(message);
    },
  };
}
