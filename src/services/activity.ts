import { Prisma, type Activity, type Db, type DbTransaction } from '../db.ts';
import { newId } from '../ids.ts';
import type { Caller } from './caller.ts';
import type { Page, PageRequest } from './page.ts';
import { pagesByParent } from './pages-by-parent.ts';

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
    /** Of several sessions at once, newest first, a page for each. */
    pages: (caller: Caller, sessionIds: readonly string[], page: PageRequest): Promise<Map<string, Page<Activity>>> =>
      pagesByParent(
        db,
        {
          parentIds: sessionIds,
          ofParent: Prisma.sql`
            SELECT * FROM "Activity" WHERE "tenantId" = ${caller.tenantId} AND "sessionId" = parent."id"`,
          order: 'newest first',
        },
        page,
      ),

    async counts(caller: Caller, sessionIds: readonly string[]): Promise<Map<string, number>> {
      const groups = await db.activity.groupBy({
        by: ['sessionId'],
        where: { tenantId: caller.tenantId, sessionId: { in: [...sessionIds] } },
        _count: true,
      });
      return new Map(groups.map((group) => [group.sessionId, group._count]));
    },
  };
}
