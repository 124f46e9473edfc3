import { Prisma, type Db } from '../../db.ts';
import type { Scope, Window } from './scope.ts';
import { splitIntoDays } from './whole-days.ts';

/*
 * Tallies: what can be added up, by day in UTC, so that a read of the statistics need not count every row.
 *
 *   row written, changed or deleted --trigger, same transaction--> fresh rows of the tally, +1 or −1
 *   fresh rows of a day --mergeTallies--> one row of each kind
 *
 * Guarantees: at every moment, what the tally of a day adds up to is what counting its rows would find, for a reader with the same snapshot:
 * both are written by one transaction, merging by one statement. Sums are decimal, so nothing is left of what was taken away. Writers only
 * append: they neither wait for each other nor for a merge. Not guaranteed: that the tally is short; without merging it grows with every
 * write.
 */

type Sources = {
  /** Rows of the tally, of whole days. */
  readonly tally: (days: Window) => Prisma.Sql;
  /** The same columns, of every row in the window for itself. */
  readonly rows: (window: Window) => Prisma.Sql;
};

/** A table `(…)`: of a tenant, whole days by the tally and the ends of the window by its rows; of sessions, which have no tally, all by rows. */
export function fromTally({ sessionIds, window }: Scope, { tally, rows }: Sources): Prisma.Sql {
  const { days, ends } = sessionIds === null ? splitIntoDays(window) : { days: null, ends: [window] };
  const parts = [...(days ? [tally(days)] : []), ...ends.map(rows)];
  return Prisma.sql`(${Prisma.join(parts, ' UNION ALL ')})`;
}

/** Of days with something new. Whoever merges at the same time passes over what this one has in hand: none waits, and nothing is merged twice. */
const taken = (table: Prisma.Sql): Prisma.Sql => Prisma.sql`
  DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
    SELECT t.ctid FROM ${table} t JOIN (SELECT DISTINCT "tenantId", "day" FROM ${table} WHERE "isFresh") fresh USING ("tenantId", "day")
    FOR UPDATE OF t SKIP LOCKED))
  RETURNING *`;

/** Sums up what was written since the last time. Run it at any time, on any number of processes; without anything new it does nothing. */
export async function mergeTallies(db: Db): Promise<void> {
  await db.$executeRaw`
    WITH taken AS (${taken(Prisma.sql`"FindingTally"`)})
    INSERT INTO "FindingTally"
    SELECT "tenantId", "day", "modelKey", "category", "risk", sum("pending"), sum("accepted"), sum("rejected"), sum("confidence"), false
    FROM taken GROUP BY 1, 2, 3, 4, 5 
    HAVING (sum("pending"), sum("accepted"), sum("rejected"), sum("confidence")) <> (0, 0, 0, 0)`;
  await db.$executeRaw`
    WITH taken AS (${taken(Prisma.sql`"CallTally"`)})
    INSERT INTO "CallTally"
    SELECT "tenantId", "day", "modelKey", sum("requests"), sum("throttles"), sum("fallbacks"),
           sum("inputTokens"), sum("outputTokens"), sum("cacheReadTokens"), sum("cacheWriteTokens"), sum("costUsd"), false
    FROM taken GROUP BY 1, 2, 3
    HAVING (sum("requests"), sum("throttles"), sum("fallbacks"), sum("inputTokens"), sum("outputTokens"), sum("cacheReadTokens"),
            sum("cacheWriteTokens"), sum("costUsd")) <> (0, 0, 0, 0, 0, 0, 0, 0)`;
}
