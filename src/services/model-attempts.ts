import type { Db, Prisma } from '../db.ts';
import { newId } from '../ids.ts';
import type { TokenUsage } from '../models/model-types.ts';

// Work whose workers died this often would go on killing them.
export const maxAttempts = 10;

export type ModelAttemptRecord = {
  readonly modelKey: string;
  readonly region: string;
  readonly outcome: Prisma.ModelAttemptCreateManyInput['outcome'];
  readonly reason: string | null;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  readonly usage: TokenUsage;
  readonly costUsd: number;
};

type Owner = { readonly tenantId: string; readonly attempt: number } & (
  { readonly analysisId: string } | { readonly messageId: string }
);

/** Records an invocation of a model, also one of an attempt that was superseded: it was paid for. */
export async function recordModelAttempt(db: Db, owner: Owner, record: ModelAttemptRecord): Promise<void> {
  const { usage, ...rest } = record;
  await db.modelAttempt.createMany({ data: { id: newId('ModelAttempt'), ...owner, ...rest, ...usage } });
}
