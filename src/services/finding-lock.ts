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
