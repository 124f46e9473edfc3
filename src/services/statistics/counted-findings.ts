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

/**
 * The same columns, with numbers below zero, of those findings that say the same as an earlier one of their document within the window: added
 * to all, they leave each group counted once, as its first. They are few, but it takes some time to find that out of each. Sum up the two
 * tables apart before they are put together: of both at once, Postgres expects so many rows that it sorts them all.
 */
export const repeatedFindings = (scope: Scope): Prisma.Sql => Prisma.sql`(
  SELECT ${keyOf(scope)} AS "key", f."modelKey", f."category", f."risk", -(f."status" = 'PENDING')::int AS "pending",
         -(f."status" = 'ACCEPTED')::int AS "accepted", -(f."status" = 'REJECTED')::int AS "rejected",
         -f."confidence"::decimal AS "confidence"
  FROM "Feedback" f ${viaDocument(scope, Prisma.sql`f."documentId"`)}
  WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" ${within(scope.window, Prisma.sql`f."createdAt"`)}
        AND f."groupId" <> f."id" AND ${repeatsEarlierOne(scope)})`;

/** Of "Feedback" f. OFFSET 0 keeps it a look-up for each of the few; as a join, all findings would be hashed. */
const repeatsEarlierOne = ({ window }: Scope): Prisma.Sql => Prisma.sql`EXISTS (
  SELECT FROM "Feedback" e
  WHERE e."groupId" = f."groupId" AND e."id" < f."id" AND e."isCurrent" ${within(window, Prisma.sql`e."createdAt"`)}
  OFFSET 0)`;
