import { groupBy } from 'es-toolkit/array/groupBy';
import { orderBy } from 'es-toolkit/array/orderBy';
import { round } from 'es-toolkit/math/round';
import { sumBy } from 'es-toolkit/math/sumBy';
import type { Db } from '../../db.ts';
import type { TokenUsage } from '../../models/model-types.ts';
import { countedCalls } from './counted-calls.ts';
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
  /**
   * Analyses and assistant's messages that another model answered than the first one that failed or was passed over for them. Each counts
   * once, when the first such answer began. A model that fails and answers when it is tried again is no fallback.
   */
  readonly fallbacks: number;
  readonly usage: Usage;
};

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 };
export const noCalls: CallFigures = { modelUsage: [], throttles: 0, fallbacks: 0, usage: noUsage };

type Row = Usage & { key: string; modelKey: string; requests: number; throttles: number; fallbacks: number };

/** One statement. */
export async function readCallFigures(db: Db, scope: Scope): Promise<Found<CallFigures>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT "key", "modelKey", sum("requests")::int AS "requests", sum("throttles")::int AS "throttles",
           sum("fallbacks")::int AS "fallbacks",
           sum("inputTokens")::float8 AS "inputTokens", sum("outputTokens")::float8 AS "outputTokens",
           sum("cacheReadTokens")::float8 AS "cacheReadTokens", sum("cacheWriteTokens")::float8 AS "cacheWriteTokens",
           sum("costUsd")::float8 AS "costUsd"
    FROM ${countedCalls(scope)} c
    GROUP BY 1, 2 HAVING sum("requests") > 0`;
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
    fallbacks: sumBy(rows, (row) => row.fallbacks),
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
