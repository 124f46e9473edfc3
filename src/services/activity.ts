import type { Activity, Db, DbTransaction } from '../db.ts';
import { newId } from '../ids.ts';
import type { Caller } from './caller.ts';
import { toPage, type Page, type PageRequest } from './page.ts';

export type ActivityAction =
  | 'session.created'
  | 'document.uploaded'
  | 'document.deleted'
  | 'analysis.requested'
  | 'analysis.cancelled'
  | 'chat.started'
  | 'chat.asked'
  | 'chat.cancelled'
  | 'feedback.added'
  | 'feedback.updated'
  | 'feedback.deleted'
  | 'feedback.decided'
  | 'report.requested';

type Entry = {
  readonly sessionId: string;
  readonly action: ActivityAction;
  readonly subject: string;
  readonly detail?: string;
};

/** Writes what was done into the session's trail, in the transaction that does it: it happened if and only if it stands there. */
export const recordActivity = (transaction: DbTransaction, caller: Caller, entry: Entry): Promise<void> =>
  recordActivities(transaction, caller, [entry]);

/** The same for many, in one statement. */
export async function recordActivities(
  transaction: DbTransaction,
  { tenantId, actor }: Caller,
  entries: readonly Entry[],
): Promise<void> {
  await transaction.activity.createMany({
    data: entries.map((entry) => ({ ...entry, id: newId('Activity'), tenantId, actor })),
  });
}

/** The trail of a session: uploads, analyses, decisions, chats, reports, deletions. */
export function createActivity({ db }: { db: Db }) {
  return {
    /** Newest first. */
    async page(caller: Caller, sessionId: string, page: PageRequest): Promise<Page<Activity>> {
      const rows = await db.activity.findMany({
        where: { tenantId: caller.tenantId, sessionId, ...(page.after ? { id: { lt: page.after } } : {}) },
        orderBy: { id: 'desc' },
        take: page.first + 1,
      });
      return toPage(rows, page.first);
    },

    count: (caller: Caller, sessionId: string): Promise<number> =>
      db.activity.count({ where: { tenantId: caller.tenantId, sessionId } }),
  };
}
