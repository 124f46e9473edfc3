import { Prisma } from '../../db.ts';
import { callsOf } from './calls.ts';
import { within, type Scope } from './scope.ts';
import { fromTally } from './tallies.ts';

/**
 * A table `(…)` of the scope's calls of models, those that were not made left out: `key` and "modelKey" with the number of "requests", of
 * "throttles" and "fallbacks" among them, and the sums of what they used. The same may be in several rows.
 */
export const countedCalls = (scope: Scope): Prisma.Sql =>
  fromTally(scope, {
    tally: (days) => Prisma.sql`
      SELECT ''::text AS "key", t."modelKey", t."requests", t."throttles", t."fallbacks",
             t."inputTokens", t."outputTokens", t."cacheReadTokens", t."cacheWriteTokens", t."costUsd"
      FROM "CallTally" t WHERE t."tenantId" = ${scope.tenantId} ${within(days, Prisma.sql`t."day"`)}`,
    rows: (window) => Prisma.sql`
      SELECT m."key", m."modelKey", 1 AS "requests", (m."outcome" = 'THROTTLED')::int AS "throttles",
             m."isFallback"::int AS "fallbacks", m."inputTokens", m."outputTokens", m."cacheReadTokens", m."cacheWriteTokens",
             m."costUsd"::decimal AS "costUsd"
      FROM ${callsOf({ ...scope, window })} m
      WHERE m."outcome" NOT IN ('SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN')`,
  });
