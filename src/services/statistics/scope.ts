import { Prisma } from '../../db.ts';
import { AppError } from '../../errors.ts';

/** From `since` on and before `until`; null: without that bound. */
export type Window = { readonly since: Date | null; readonly until: Date | null };

export const allTime: Window = { since: null, until: null };

/** Checks what a client asks for. Throws BAD_USER_INPUT when the window ends before it begins. */
export function requireWindow(since: Date | null | undefined, until: Date | null | undefined): Window {
  if (since && until && since > until) {
    throw new AppError(
      'BAD_USER_INPUT',
      `since (${since.toISOString()}) is later than until (${until.toISOString()}). Exchange them, or leave one out.`,
    );
  }
  return { since: since ?? null, until: until ?? null };
}

/** What figures are about. */
export type Scope = {
  readonly tenantId: string;
  /** Each of these sessions for itself; null: all of the tenant together. */
  readonly sessionIds: readonly string[] | null;
  readonly window: Window;
};

/** What a statement finds, by session; of a whole tenant by `ofTenant`. */
export type Found<T> = ReadonlyMap<string, T>;
export const ofTenant = '';

/*
 * Pieces of SQL that make one statement serve both kinds of scope. A statement over rows `x` that have a documentId:
 *
 *   SELECT ${keyOf(scope)} AS "key", … FROM "X" x ${viaDocument(scope, Prisma.sql`x."documentId"`)}
 *   WHERE x."tenantId" = ${scope.tenantId} ${within(scope.window, Prisma.sql`x."createdAt"`)} GROUP BY 1
 */

/** Of a row: what its figures are found by. With sessions it needs `d`, the document. */
export const keyOf = ({ sessionIds }: Scope): Prisma.Sql =>
  sessionIds === null ? Prisma.sql`''::text` : Prisma.sql`d."sessionId"`;

/** Restricts to documents `d` of the sessions. */
export const ofSessions = ({ sessionIds }: Scope): Prisma.Sql =>
  sessionIds === null ? Prisma.empty : Prisma.sql`AND d."sessionId" = ANY(${[...sessionIds]})`;

export const viaDocument = (scope: Scope, documentId: Prisma.Sql): Prisma.Sql =>
  scope.sessionIds === null
    ? Prisma.empty
    : Prisma.sql`JOIN "Document" d ON d."id" = ${documentId} ${ofSessions(scope)}`;

/** Restricts to rows whose time lies in the window. */
export const within = ({ since, until }: Window, time: Prisma.Sql): Prisma.Sql => {
  const from = since === null ? Prisma.empty : Prisma.sql`AND ${time} >= ${timestamp(since)}`;
  return until === null ? from : Prisma.sql`${from} AND ${time} < ${timestamp(until)}`;
};

/** Columns are in UTC without saying so; a cast from text keeps the server's time zone out of it. */
const timestamp = (at: Date): Prisma.Sql => Prisma.sql`${at.toISOString().slice(0, -1)}::timestamp`;
