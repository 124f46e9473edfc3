import { createHash } from 'node:crypto';
import type { Db, DbTransaction, IdempotencyRecord } from '../db.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';

const keptMs = 24 * 3_600_000;

export type IdempotentRequest = {
  readonly operation: string;
  readonly key: string | null | undefined;
  /** What the key stands for: everything of the input that decides the result. */
  readonly input: unknown;
  /** How long the transaction may take, in ms; 5 s when left out. */
  readonly timeoutMs?: number;
};

/**
 * Runs `work` in a transaction, at most once per tenant and key within 24 hours: the same key and input again get the first result, the
 * same key with another input or operation is a CONFLICT. The key is claimed in the transaction that does the work, so a failure leaves it
 * free, and of two requests at the same moment one waits for the other. A result is kept as JSON.
 *
 * What has to follow the commit, in Redis or storage, may have been cut off: it is done on a repeat as well where doing it again changes
 * nothing. Where it would, `isRepeat` says to leave it out, and the reconciler mends what was cut off.
 */
export async function runIdempotently<R extends object>(
  db: Db,
  caller: Caller,
  request: IdempotentRequest,
  now: Date,
  work: (transaction: DbTransaction) => Promise<R>,
): Promise<{ result: R; isRepeat: boolean }> {
  const { key, operation, timeoutMs: timeout = 5_000 } = request;
  if (key === null || key === undefined) return { result: await db.$transaction(work, { timeout }), isRepeat: false };
  if (key.length === 0 || key.length > 200) {
    throw new AppError('BAD_USER_INPUT', 'idempotencyKey must have 1 to 200 characters.');
  }
  const id = { tenantId: caller.tenantId, key };
  const once = async (transaction: DbTransaction): Promise<{ result: R; isRepeat: boolean }> => {
    await transaction.idempotencyRecord.deleteMany({ where: { ...id, createdAt: { lt: oldest(now) } } });
    const claimed = await transaction.idempotencyRecord.createMany({
      data: { ...id, operation, inputHash: hashOf(request), result: {}, createdAt: now },
      skipDuplicates: true,
    });
    if (claimed.count === 0) {
      const first = await transaction.idempotencyRecord.findUniqueOrThrow({ where: { tenantId_key: id } });
      return { result: resultOf<R>(first, request), isRepeat: true };
    }
    const result = await work(transaction);
    await transaction.idempotencyRecord.update({ where: { tenantId_key: id }, data: { result } });
    return { result, isRepeat: false };
  };
  return db.$transaction(once, { timeout });
}

/**
 * The first result of a request that was made with this key already, else null: for work that has to prepare something before its transaction,
 * out of what the first request has used up.
 */
export async function firstResult<R extends object>(
  db: Db,
  { tenantId }: Caller,
  request: IdempotentRequest,
  now: Date,
): Promise<R | null> {
  if (request.key === null || request.key === undefined) return null;
  const first = await db.idempotencyRecord.findFirst({
    where: { tenantId, key: request.key, createdAt: { gte: oldest(now) } },
  });
  return first && resultOf<R>(first, request);
}

const oldest = (now: Date): Date => new Date(now.getTime() - keptMs);

const hashOf = ({ input }: IdempotentRequest): string =>
  createHash('sha256').update(JSON.stringify(input)).digest('hex');

function resultOf<R extends object>(first: IdempotencyRecord, request: IdempotentRequest): R {
  if (first.inputHash === hashOf(request) && first.operation === request.operation) return first.result as R;
  throw new AppError(
    'CONFLICT',
    'This idempotencyKey was used for another request within the last 24 hours. Use a new key for a new request.',
  );
}
