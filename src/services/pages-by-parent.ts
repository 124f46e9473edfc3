import { groupBy } from 'es-toolkit/array/groupBy';
import { Prisma, type Db } from '../db.ts';
import { toPage, type Page, type PageRequest } from './page.ts';

/** Of rows of several parents each parent's own, in the order of ids. */
type RowsByParent = {
  readonly parentIds: readonly string[];
  /** A query for the rows of one parent, whose id is parent."id"; ordered and limited by whoever uses it. */
  readonly ofParent: Prisma.Sql;
  readonly order: 'oldest first' | 'newest first';
};

/**
 * A page for each of several parents by one statement. Each parent's rows are limited by themselves (LATERAL), so that a first page costs as
 * much as its rows, however many more there are.
 */
export async function pagesByParent<T extends { readonly id: string }>(
  db: Db,
  { parentIds, ofParent, order }: RowsByParent,
  { first, after }: PageRequest,
): Promise<Map<string, Page<T>>> {
  const isOldestFirst = order === 'oldest first';
  const behind = isOldestFirst ? Prisma.sql`r."id" > ${after}` : Prisma.sql`r."id" < ${after}`;
  const direction = isOldestFirst ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const rows = await db.$queryRaw<(T & { readonly parentId: string })[]>`
    SELECT parent."id" AS "parentId", page.*
    FROM unnest(${[...parentIds]}::text[]) AS parent("id") CROSS JOIN LATERAL (
      SELECT * FROM (${ofParent}) r WHERE ${after === null ? Prisma.sql`true` : behind}
      ORDER BY r."id" ${direction} LIMIT ${first + 1}
    ) page
    ORDER BY page."id" ${direction}`;
  const byParent = groupBy(rows, (row) => row.parentId);
  return new Map(parentIds.map((id) => [id, toPage(byParent[id] ?? [], first)]));
}
