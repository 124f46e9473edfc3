import { Prisma, type Db } from '../../db.ts';
import { noPercentiles, percentilesOf, toPercentiles, type Percentiles } from './percentiles.ts';
import { keyOf, viaDocument, within, type Found, type Scope } from './scope.ts';

/** Of the analyses that were requested in the window, whenever they ended; superseded ones among them. */
export type AnalysisFigures = {
  readonly analyses: number;
  /** Their status now. */
  readonly completedAnalyses: number;
  readonly failedAnalyses: number;
  readonly contextTokensSaved: number;
  /** Of the completed ones, from the first worker that took it up to the result: waits for the throttle count, the queue does not. */
  readonly analysisLatencyMs: Percentiles;
};

export const noAnalyses: AnalysisFigures = {
  analyses: 0,
  completedAnalyses: 0,
  failedAnalyses: 0,
  contextTokensSaved: 0,
  analysisLatencyMs: noPercentiles,
};

type Row = Omit<AnalysisFigures, 'analysisLatencyMs'> & { key: string; latencies: (number | null)[] | null };

/** One statement, one pass. */
export async function readAnalysisFigures(db: Db, scope: Scope): Promise<Found<AnalysisFigures>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${keyOf(scope)} AS "key", count(*)::int AS "analyses",
           (count(*) FILTER (WHERE a."status" = 'COMPLETED'))::int AS "completedAnalyses",
           (count(*) FILTER (WHERE a."status" = 'FAILED'))::int AS "failedAnalyses",
           sum(a."contextTokensSaved")::float8 AS "contextTokensSaved",
           ${percentilesOf(Prisma.sql`a."latencyMs"`)} FILTER (WHERE a."status" = 'COMPLETED') AS "latencies"
    FROM "Analysis" a ${viaDocument(scope, Prisma.sql`a."documentId"`)}
    WHERE a."tenantId" = ${scope.tenantId} ${within(scope.window, Prisma.sql`a."createdAt"`)}
    GROUP BY 1`;
  return new Map(
    rows.map(({ key, latencies, ...figures }) => [key, { ...figures, analysisLatencyMs: toPercentiles(latencies) }]),
  );
}
