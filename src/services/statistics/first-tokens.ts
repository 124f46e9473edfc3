import { Prisma, type Db } from '../../db.ts';
import { callsOf } from './calls.ts';
import { percentilesOf, toPercentiles, type Percentiles } from './percentiles.ts';
import type { Found, Scope } from './scope.ts';

type Row = { key: string; found: (number | null)[] | null };

/**
 * How long models take to their first token, of every call that began in the window and came so far, however it ended: from the call to the
 * provider on, without waits. One statement.
 */
export async function readFirstTokens(db: Db, scope: Scope): Promise<Found<Percentiles>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT m."key", ${percentilesOf(Prisma.sql`m."firstTokenMs"`)} AS "found"
    FROM ${callsOf(scope)} m WHERE m."firstTokenMs" IS NOT NULL GROUP BY 1`;
  return new Map(rows.map(({ key, found }) => [key, toPercentiles(found)]));
}
