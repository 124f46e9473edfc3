type Read = { readonly id: string; readonly status: string; readonly attempt: number };

/** Ids of those whose status and attempt are what they were when they were read. */
export async function unchangedOf(
  rows: readonly Read[],
  findMany: (query: { where: { id: { in: string[] } }; select: Record<keyof Read, true> }) => Promise<Read[]>,
): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const where = { id: { in: rows.map(({ id }) => id) } };
  const current = await findMany({ where, select: { id: true, status: true, attempt: true } });
  const asRead = new Map(rows.map((row) => [row.id, row]));
  const isUnchanged = ({ id, status, attempt }: Read): boolean =>
    asRead.get(id)?.status === status && asRead.get(id)?.attempt === attempt;
  return new Set(current.filter(isUnchanged).map(({ id }) => id));
}
