import type { Clock } from '../clock.ts';
import type { Db, Session } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId, requireId } from '../ids.ts';
import { recordActivity } from './activity.ts';
import type { Caller } from './caller.ts';
import { deletionTimeoutMs, type createDeletion } from './deletion.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import { toPage, type Page, type PageRequest } from './page.ts';

const titleLimit = 300;

/** Sessions: one reviewer's piece of work each. */
export function createSessions({
  db,
  clock,
  deletion,
}: {
  db: Db;
  clock: Clock;
  deletion: ReturnType<typeof createDeletion>;
}) {
  const byIds = (caller: Caller, ids: readonly string[]): Promise<Session[]> =>
    db.session.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  return {
    byIds,

    async list(caller: Caller, page: PageRequest): Promise<Page<Session>> {
      const rows = await db.session.findMany({
        where: { tenantId: caller.tenantId, ...(page.after ? { id: { lt: page.after } } : {}) },
        orderBy: { id: 'desc' },
        take: page.first + 1,
      });
      return toPage(rows, page.first);
    },

    count: (caller: Caller): Promise<number> => db.session.count({ where: { tenantId: caller.tenantId } }),

    /** Throws BAD_USER_INPUT for a title that is blank or over 300 characters. */
    async create(
      caller: Caller,
      input: { title: string; idempotencyKey?: string | null | undefined },
    ): Promise<Session> {
      const title = input.title.replaceAll('\0', '').trim();
      if (title === '' || title.length > titleLimit) {
        throw new AppError('BAD_USER_INPUT', `title must have 1 to ${titleLimit} characters.`);
      }
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'createSession', key: input.idempotencyKey, input: { title } },
        new Date(clock.now()),
        async (transaction) => {
          const { id } = await transaction.session.create({
            data: { id: newId('Session'), tenantId: caller.tenantId, title },
          });
          await recordActivity(transaction, caller, { sessionId: id, action: 'session.created', subject: id });
          return { id };
        },
      );
      const [session] = await byIds(caller, [result.id]);
      if (!session) throw notFound('Session', result.id);
      return session;
    },

    /** Removes the session with all that belongs to it, also while it is being analysed. Deleting again is NOT_FOUND, unless by the same key. */
    async delete(caller: Caller, input: { id: string; idempotencyKey?: string | null | undefined }): Promise<string> {
      requireId('Session', input.id);
      const { result } = await runIdempotently(
        db,
        caller,
        {
          operation: 'deleteSession',
          key: input.idempotencyKey,
          input: { id: input.id },
          timeoutMs: deletionTimeoutMs,
        },
        new Date(clock.now()),
        async (transaction) => ({ removed: await deletion.removeSession(transaction, caller, input.id) }),
      );
      await deletion.clearSession(input.id, result.removed);
      return input.id;
    },
  };
}
