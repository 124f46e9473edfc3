import { groupBy } from 'es-toolkit/array/groupBy';
import { orderBy } from 'es-toolkit/array/orderBy';
import { round } from 'es-toolkit/math/round';
import { sumBy } from 'es-toolkit/math/sumBy';
import type { Db } from '../../db.ts';
import type { TokenUsage } from '../../models/model-types.ts';
import { callsOf } from './calls.ts';
import type { Found, Scope } from './scope.ts';

export type Usage = TokenUsage & { readonly costUsd: number };

export type ModelUsage = {
  readonly modelKey: string;
  /** Calls that were made, however they ended; models that were only passed over are not there. */
  readonly requests: number;
  /** Of all requests, 0 to 1. */
  readonly share: number;
  readonly usage: Usage;
};

/** Of the calls of models that began in the window, for analyses and chats, failed and superseded ones among them. */
export type CallFigures = {
  /** Most requests first. */
  readonly modelUsage: readonly ModelUsage[];
  /** Calls that the provider refused for its rate or quota; what was not tried for that reason is not among them. */
  readonly throttles: number;
  readonly usage: Usage;
};

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 };
export const noCalls: CallFigures = { modelUsage: [], throttles: 0, usage: noUsage };

type Row = Usage & { key: string; modelKey: string; requests: number; throttles: number };

/** One statement, one pass. */
export async function readCallFigures(db: Db, scope: Scope): Promise<Found<CallFigures>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT m."key", m."modelKey", count(*)::int AS "requests",
           (count(*) FILTER (WHERE m."outcome" = 'THROTTLED'))::int AS "throttles",
           sum(m."inputTokens")::float8 AS "inputTokens", sum(m."outputTokens")::float8 AS "outputTokens",
           sum(m."cacheReadTokens")::float8 AS "cacheReadTokens", sum(m."cacheWriteTokens")::float8 AS "cacheWriteTokens",
           sum(m."costUsd") AS "costUsd"
    FROM ${callsOf(scope)} m
    WHERE m."outcome" NOT IN ('SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN')
    GROUP BY 1, 2`;
  return new Map(Object.entries(groupBy(rows, ({ key }) => key)).map(([key, models]) => [key, toFigures(models)]));
}

function toFigures(rows: readonly Row[]): CallFigures {
  const requests = sumBy(rows, (row) => row.requests);
  return {
    modelUsage: orderBy(rows, ['requests', 'modelKey'], ['desc', 'asc']).map((row) => ({
      modelKey: row.modelKey,
      requests: row.requests,
      share: row.requests / requests,
      usage: totalOf([row]),
    })),
    throttles: sumBy(rows, (row) => row.throttles),
    usage: totalOf(rows),
  };
}

/** Sums of fractions depend on their order in the last digits, which the plan decides: rounded off, or the same would look changed. */
const totalOf = (rows: readonly Usage[]): Usage => ({
  inputTokens: sumBy(rows, (row) => row.inputTokens),
  outputTokens: sumBy(rows, (row) => row.outputTokens),
  cacheReadTokens: sumBy(rows, (row) => row.cacheReadTokens),
  cacheWriteTokens: sumBy(rows, (row) => row.cacheWriteTokens),
  costUsd: round(
    sumBy(rows, (row) => row.costUsd),
    9,
  ),
});
