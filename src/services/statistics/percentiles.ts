import { Prisma } from '../../db.ts';

/** Null when there is nothing to rank. */
export type Percentiles = { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };

export const noPercentiles: Percentiles = { p50: null, p95: null, p99: null };

/** An aggregate over what `value` yields, nulls left out: an array for `toPercentiles`. Between two values it interpolates linearly. */
export const percentilesOf = (value: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${value})`;

export function toPercentiles(found: readonly (number | null)[] | null): Percentiles {
  const [p50 = null, p95 = null, p99 = null] = found ?? [];
  return { p50, p95, p99 };
}
