import type { Db } from '../../db.ts';
import { callsOf } from './calls.ts';
import type { Found, Scope } from './scope.ts';

// A job that fails now is answered within minutes, or hours behind a long queue; behind a day it has failed.
const longestJobMs = 24 * 3_600_000;

/**
 * Analyses and assistant's messages that another model answered than the first one that failed or was passed over for them. Each counts
 * once, in the window in which that answer began. A model that fails and answers when it is tried again is no fallback. One statement.
 */
export async function readFallbacks(db: Db, scope: Scope): Promise<Found<number>> {
  const { since, until } = scope.window;
  const failedFrom = since === null ? null : new Date(since.getTime() - longestJobMs);
  const rows = await db.$queryRaw<{ key: string; count: number }[]>`
    SELECT answer."key", count(DISTINCT answer."job")::int AS "count"
    FROM (SELECT m."key", m."modelKey", coalesce(m."analysisId", m."messageId") AS "job", m."id"
          FROM ${callsOf(scope)} m WHERE m."outcome" = 'SUCCEEDED') answer
    JOIN (SELECT DISTINCT ON (1) coalesce(m."analysisId", m."messageId") AS "job", m."modelKey", m."id"
          FROM ${callsOf(scope, { since: failedFrom, until })} m WHERE m."outcome" <> 'SUCCEEDED'
          ORDER BY 1, m."id") failure
      ON failure."job" = answer."job" AND failure."modelKey" <> answer."modelKey" AND failure."id" < answer."id"
    GROUP BY 1`;
  return new Map(rows.map(({ key, count }) => [key, count]));
}
