import type { Db } from '../db.ts';

/**
 * When decisions that were carried over were made, by the id of the entry that carries them: each goes back, over as many re-runs as there
 * were, to the entry that it was taken from. One whose origin is gone is not among them.
 */
export async function decidedTimes(db: Db, revisionIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  if (revisionIds.length === 0) return new Map();
  // Ids sort by creation: what was carried over is the last entry of then, with the same decision.
  const rows = await db.$queryRaw<{ carriedId: string; at: Date }[]>`
    WITH RECURSIVE step AS (
      SELECT r."id" AS "carriedId", r.* FROM "FeedbackRevision" r WHERE r."id" = ANY(${[...revisionIds]})
      UNION ALL
      SELECT s."carriedId", origin.* FROM step s CROSS JOIN LATERAL (
        SELECT * FROM "FeedbackRevision" r WHERE r."feedbackId" = s."carriedFromId" AND r."id" < s."id"
        ORDER BY r."id" DESC LIMIT 1
      ) origin
      WHERE origin."status" = s."status" AND origin."actor" = s."actor"
    )
    SELECT "carriedId", "at" FROM step WHERE "carriedFromId" IS NULL`;
  return new Map(rows.map(({ carriedId, at }) => [carriedId, at]));
}
