import type { DbTransaction } from '../db.ts';

// Any number, so that other advisory locks of this database are others.
const space = 7_316;

/**
 * Holds the findings of documents to the end of the transaction, against all others that look for what is the same as something: storing a
 * finding, deciding, completing. Lock it last: whoever has it waits for no row that another one may hold on its way here.
 */
export async function lockFindings(transaction: DbTransaction, documentIds: readonly string[]): Promise<void> {
  // In one order, so that two who need the same documents do not wait for each other.
  for (const id of [...new Set(documentIds)].sort()) {
    await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${space}::int, hashtext(${id}))`;
  }
}

/**
 * The same for one document, behind a share lock on an analysis of it, in one statement; false, and nothing locked, when that attempt does
 * not run any more.
 */
export async function lockFindingsOf(
  transaction: DbTransaction,
  { analysisId, attempt }: { readonly analysisId: string; readonly attempt: number },
  documentId: string,
): Promise<boolean> {
  const locked = await transaction.$executeRaw`
    WITH running AS MATERIALIZED (
      SELECT FROM "Analysis" WHERE "id" = ${analysisId} AND "attempt" = ${attempt} AND "status" = 'RUNNING' FOR SHARE)
    SELECT pg_advisory_xact_lock(${space}::int, hashtext(${documentId})) FROM running`;
  return locked > 0;
}
