import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { createChatMessages } from './chat-messages.ts';
import { logOfMessage } from './log-names.ts';
import { requeueLost } from './requeue-lost.ts';
import { terminalOfMessage } from './terminal-events.ts';

const batchSize = 500;

/** The reconciler's part for assistants' messages; see reconciler.ts. `before`: younger rows may be in the hands of a process that is alive. */
export function createChatReconciler(deps: {
  db: Db;
  events: EventLog;
  queue: JobQueue;
  clock: Clock;
  chatMessages: Pick<ReturnType<typeof createChatMessages>, 'enqueue'>;
}) {
  const { db, events, queue, clock } = deps;

  return {
    /** Jobs of messages that have none; how many. */
    requeue: (before: Date): Promise<number> =>
      requeueLost(
        queue,
        'answer-message',
        (after, take) =>
          db.chatMessage.findMany({
            where: { status: { in: ['QUEUED', 'STREAMING'] }, createdAt: { lt: before }, id: { gt: after } },
            orderBy: { id: 'asc' },
            select: { id: true, tenantId: true },
            take,
          }),
        (message) => deps.chatMessages.enqueue(message),
      ),

    /** Ends of logs whose message has ended; how many. */
    async closeLogs(before: Date): Promise<number> {
      const rows = await db.chatMessage.findMany({
        where: {
          role: 'ASSISTANT',
          status: { in: ['COMPLETED', 'FAILED', 'CANCELLED'] },
          closedAt: null,
          finishedAt: { lt: before },
        },
        take: batchSize,
      });
      for (const message of rows) {
        const terminal = terminalOfMessage(message);
        if (!terminal) continue;
        await events.close(logOfMessage(message), message.attempt, terminal);
        await db.chatMessage.updateMany({ where: { id: message.id }, data: { closedAt: new Date(clock.now()) } });
      }
      return rows.length;
    },
  };
}
