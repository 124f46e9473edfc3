import { Prisma } from '../../db.ts';
import { keyOf, viaDocument, within, type Scope } from './scope.ts';
import { fromTally } from './tallies.ts';

/**
 * A table `(…)` of the scope's findings, those of superseded analyses left out: `key`, "modelKey", "category" and "risk" with the number of
 * such findings that are "pending", "accepted" and "rejected", and the sum of their "confidence". The same may be in several rows.
 */
export const countedFindings = (scope: Scope): Prisma.Sql =>
  fromTally(scope, {
    tally: (days) => Prisma.sql`
      SELECT ''::text AS "key", t."modelKey", t."category", t."risk", t."pending", t."accepted", t."rejected", t."confidence"
      FROM "FindingTally" t WHERE t."tenantId" = ${scope.tenantId} ${within(days, Prisma.sql`t."day"`)}`,
    rows: (window) => Prisma.sql`
      SELECT ${keyOf(scope)} AS "key", f."modelKey", f."category", f."risk", (f."status" = 'PENDING')::int AS "pending",
             (f."status" = 'ACCEPTED')::int AS "accepted", (f."status" = 'REJECTED')::int AS "rejected",
             f."confidence"::decimal AS "confidence"
      FROM "Feedback" f ${viaDocument(scope, Prisma.sql`f."documentId"`)}
      WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" ${within(window, Prisma.sql`f."createdAt"`)}`,
  });
