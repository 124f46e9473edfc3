import { groupBy } from 'es-toolkit/array/groupBy';
import { sumBy } from 'es-toolkit/math/sumBy';
import { Prisma, type Db } from '../../db.ts';
import { keyOf, ofSessions, viaDocument, within, type Found, type Scope } from './scope.ts';

/** How much there is. */
export type Contents = {
  /** By when they were uploaded. */
  readonly documents: number;
  /** By when their document was uploaded. */
  readonly sections: number;
  /** Of users and of assistants, by when they were made. */
  readonly chatMessages: number;
};

export const noContents: Contents = { documents: 0, sections: 0, chatMessages: 0 };

/** One statement. */
export async function readContents(db: Db, scope: Scope): Promise<Found<Contents>> {
  const key = keyOf(scope);
  const { tenantId, window } = scope;
  const rows = await db.$queryRaw<(Contents & { key: string })[]>`
    SELECT ${key} AS "key", count(*)::int AS "documents", sum(d."sectionCount")::int AS "sections", 0 AS "chatMessages"
    FROM "Document" d WHERE d."tenantId" = ${tenantId} ${ofSessions(scope)} ${within(window, Prisma.sql`d."createdAt"`)} GROUP BY 1
    UNION ALL
    SELECT ${key}, 0, 0, count(*)::int
    FROM "ChatMessage" m ${viaDocument(scope, Prisma.sql`m."documentId"`)}
    WHERE m."tenantId" = ${tenantId} ${within(window, Prisma.sql`m."createdAt"`)} GROUP BY 1`;
  const found = Object.entries(groupBy(rows, (row) => row.key));
  return new Map(found.map(([session, counts]) => [session, toContents(counts)]));
}

const toContents = (counts: readonly Contents[]): Contents => ({
  documents: sumBy(counts, ({ documents }) => documents),
  sections: sumBy(counts, ({ sections }) => sections),
  chatMessages: sumBy(counts, ({ chatMessages }) => chatMessages),
});
