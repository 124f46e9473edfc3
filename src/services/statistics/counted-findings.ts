import { Prisma } from '../../db.ts';
import { keyOf, viaDocument, within, type Scope } from './scope.ts';
import { fromTally } from './tallies.ts';

/**
 * A table `(…)` of the scope's findings, those of superseded analyses left out: `key`, "modelKey", "category", "risk" and "status" with the
 * "count" of such findings and the sum of their "confidence". The same may be in several rows.
 */
export const countedFindings = (scope: Scope): Prisma.Sql =>
  fromTally(scope, {
    tally: (days) => Prisma.sql`
      SELECT ''::text AS "key", t."modelKey", t."category", t."risk", t."status", t."count", t."confidence"
      FROM "FindingTally" t WHERE t."tenantId" = ${scope.tenantId} ${within(days, Prisma.sql`t."day"`)}`,
    rows: (window) => Prisma.sql`
      SELECT ${keyOf(scope)} AS "key", f."modelKey", f."category", f."risk", f."status", 1 AS "count", f."confidence"::decimal AS "confidence"
      FROM "Feedback" f ${viaDocument(scope, Prisma.sql`f."documentId"`)}
      WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" ${within(window, Prisma.sql`f."createdAt"`)}`,
  });
