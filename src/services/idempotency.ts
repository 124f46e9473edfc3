import { createHash } from 'node:crypto';
import type { Db, DbTransaction } from '../db.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';

const keptMs = 24 * 3_600_000;

export type IdempotentRequest = {
  readonly operation: string;
  readonly key: string | null | undefined;
  /** What the key stands for: everything of the input that decides the result. */
  readonly input: unknown;
};

/**
 * Runs `work` in a transaction, at most once per tenant and key within 24 hours: the same key and input again get the first result, the
 * same key with another input or operation is a CONFLICT. The key is claimed in the transaction that does the work, so a failure leaves it
 * free, and of two requests at the same moment one waits for the other. `isRepeat` tells the caller to leave out effects that came after.
 */
export async function runIdempotently<R extends object>(
  db: Db,
  caller: Caller,
  request: IdempotentRequest,
  now: Date,
  work: (transaction: DbTransaction) => Promise<R>,
): Promise<{ result: R; isRepeat: boolean }> {
  const { key, operation } = request;
  if (key === null || key === undefined) return { result: await db.$transaction(work), isRepeat: false };
  if (key.length === 0 || key.length > 200) {
    throw new AppError('BAD_USER_INPUT', 'idempotencyKey must have 1 to 200 characters.');
  }
  const inputHash = createHash('sha256').update(JSON.stringify(request.input)).digest('hex');
  const id = { tenantId: caller.tenantId, key };
  return db.$transaction(async (transaction) => {
    await transaction.idempotencyRecord.deleteMany({
      where: { ...id, createdAt: { lt: new Date(now.getTime() - keptMs) } },
    });
    const claimed = await transaction.idempotencyRecord.createMany({
      data: { ...id, operation, inputHash, result: {}, createdAt: now },
      skipDuplicates: true,
    });
    if (claimed.count === 0) {
      const first = await transaction.idempotencyRecord.findUniqueOrThrow({ where: { tenantId_key: id } });
      if (first.inputHash !== inputHash || first.operation !== operation) {
        throw new AppError(
          'CONFLICT',
          'This idempotencyKey was used for another request within the last 24 hours. Use a new key for a new request.',
        );
      }
      return { result: first.result as R, isRepeat: true };
    }
    const result = await work(transaction);
    await transaction.idempotencyRecord.update({ where: { tenantId_key: id }, data: { result } });
    return { result, isRepeat: false };
  });
}
