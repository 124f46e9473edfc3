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
  const documents = Prisma.sql`d."tenantId" = ${tenantId} ${ofSessions(scope)} ${within(window, Prisma.sql`d."createdAt"`)}`;
  const rows = await db.$queryRaw<{ key: string; what: keyof Contents; count: number }[]>`
    SELECT ${key} AS "key", 'documents' AS "what", count(*)::int AS "count" FROM "Document" d WHERE ${documents} GROUP BY 1
    UNION ALL
    SELECT ${key}, 'sections', count(*)::int FROM "Document" d JOIN "Section" s ON s."documentId" = d."id" WHERE ${documents} GROUP BY 1
    UNION ALL
    SELECT ${key}, 'chatMessages', count(*)::int
    FROM "ChatMessage" m ${viaDocument(scope, Prisma.sql`m."documentId"`)}
    WHERE m."tenantId" = ${tenantId} ${within(window, Prisma.sql`m."createdAt"`)} GROUP BY 1`;
  const found = new Map<string, Contents>();
  for (const { key, what, count } of rows) found.set(key, { ...(found.get(key) ?? noContents), [what]: count });
  return found;
}
