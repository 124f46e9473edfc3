import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { Caller } from './caller.ts';
import { logOfMessage } from './log-names.ts';
import { streamedIn } from './streamed-so-far.ts';

type Cancelled = { readonly id: string; readonly documentId: string; readonly attempt: number };

/** Ending answers before they are done, as cancellation.ts ends analyses: the fence is taken first. What was said until then is kept. */
export function createChatCancellation(deps: { db: Db; events: EventLog; queue: JobQueue; clock: Clock }) {
  const { db, events, queue, clock } = deps;

  async function announce(message: Cancelled): Promise<void> {
    const { id, attempt } = message;
    await events.append(logOfMessage(message), attempt, { type: 'message:cancelled', messageId: id });
    const { thinking, text } = streamedIn(id, await events.readAll(logOfMessage(message)));
    await db.chatMessage.updateMany({ where: { id }, data: { thinking, text, closedAt: new Date(clock.now()) } });
    await queue.remove('answer-message', id).catch(() => undefined);
  }

  async function cancel(where: { tenantId: string; id?: string; documentId?: string }): Promise<void> {
    const cancelled = await db.chatMessage.updateManyAndReturn({
      where: { ...where, status: { in: ['QUEUED', 'STREAMING'] } },
      data: { status: 'CANCELLED', attempt: { increment: 1 }, finishedAt: new Date(clock.now()) },
      select: { id: true, documentId: true, attempt: true },
    });
    for (const message of cancelled) await announce(message);
  }

  return {
    cancelMessage: ({ tenantId }: Caller, id: string): Promise<void> => cancel({ tenantId, id }),
    cancelDocument: ({ tenantId }: Caller, documentId: string): Promise<void> => cancel({ tenantId, documentId }),
  };
}
