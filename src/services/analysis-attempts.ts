import type { Clock } from '../clock.ts';
import type { Analysis, Db, DbTransaction, Feedback, Prisma } from '../db.ts';
import type { Problem } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Evidence } from '../review/evidence.ts';
import type { FindingLine, RiskLevel } from '../review/finding.ts';
import { maxAttempts, recordModelAttempt, type ModelAttemptRecord } from './model-attempts.ts';

/** One attempt at an analysis: the fence that every write of a worker is conditional on. */
export type Fence = { readonly analysisId: string; readonly attempt: number };

export type AnalysisResult = {
  readonly summary: string;
  readonly risk: RiskLevel | null;
  readonly confidence: number;
  readonly thinking: string;
  readonly modelKey: string;
};

/** An attempt as a worker has it now. */
export type BegunAttempt = {
  readonly analysis: Analysis;
  /** It goes on behind a wait; nothing was streamed that would be void. */
  readonly isResumed: boolean;
  /** Attempts are used up: it must be failed. */
  readonly isExhausted: boolean;
};

/**
 * What workers write of an analysis.
 *
 *   QUEUED(0) --begin--> RUNNING(1)
 *   RUNNING(n) --begin (its worker died) | restart (a model failed in mid-answer)--> RUNNING(n+1)
 *   RUNNING(n) --suspend (the throttle makes it wait)--> QUEUED(n) --begin--> RUNNING(n)
 *   RUNNING(n) --complete | fail, only with attempt n--> COMPLETED | FAILED
 *   QUEUED, RUNNING(n) --cancel, attempt n+1--> CANCELLED
 *
 * Guarantees: after `begin` no write of an earlier attempt has any effect (each is conditional on the attempt, in the same statement or
 * transaction); findings of earlier attempts are gone; invocations of models are kept, so that cost counts what was really spent.
 */
export function createAnalysisAttempts({ db, clock }: { db: Db; clock: Clock }) {
  const now = (): Date => new Date(clock.now());
  const running = (fence: Fence) => ({ id: fence.analysisId, attempt: fence.attempt, status: 'RUNNING' as const });

  async function finish(fence: Fence, data: Prisma.AnalysisUpdateManyMutationInput): Promise<Analysis | null> {
    const [analysis] = await db.analysis.updateManyAndReturn({
      where: running(fence),
      data: { ...data, finishedAt: now() },
    });
    return analysis ?? null;
  }

  /** Findings of earlier attempts go; a resumed attempt has none yet. */
  async function takeUp(transaction: DbTransaction, analysisId: string, attempt: number): Promise<Analysis> {
    await transaction.feedback.deleteMany({ where: { analysisId } });
    const analysis = await transaction.analysis.update({
      where: { id: analysisId },
      data: { status: 'RUNNING', attempt },
    });
    if (analysis.startedAt !== null) return analysis;
    return transaction.analysis.update({ where: { id: analysisId }, data: { startedAt: now() } });
  }

  return {
    /**
     * Takes up an analysis: the first attempt, the same attempt again behind a wait, or the next attempt where one was broken off. Null when
     * the analysis has ended or is gone.
     */
    async begin(analysisId: string): Promise<BegunAttempt | null> {
      return db.$transaction(async (transaction) => {
        const rows = await transaction.$queryRaw<Pick<Analysis, 'status' | 'attempt'>[]>`
          SELECT "status"::text, "attempt" FROM "Analysis" WHERE "id" = ${analysisId} FOR UPDATE`;
        const [before] = rows;
        if (before?.status !== 'QUEUED' && before?.status !== 'RUNNING') return null;
        const isResumed = before.status === 'QUEUED' && before.attempt > 0;
        const analysis = await takeUp(transaction, analysisId, isResumed ? before.attempt : before.attempt + 1);
        return { analysis, isResumed, isExhausted: analysis.attempt > maxAttempts };
      });
    },

    /** Starts over within one execution: the next attempt, if this one is not over; null when it is. */
    async restart(fence: Fence): Promise<Analysis | null> {
      return db.$transaction(async (transaction) => {
        const { count } = await transaction.analysis.updateMany({
          where: running(fence),
          data: { attempt: { increment: 1 } },
        });
        return count === 0 ? null : takeUp(transaction, fence.analysisId, fence.attempt + 1);
      });
    },

    /** Gives the attempt back to wait in the queue; whoever takes it up goes on with it. Whether the attempt still ran. */
    async suspend(fence: Fence): Promise<boolean> {
      const { count } = await db.analysis.updateMany({ where: running(fence), data: { status: 'QUEUED' } });
      return count > 0;
    },

    /** Stores a finding of the attempt; null when the attempt is over. */
    async addFinding(
      fence: Fence,
      scope: Pick<Analysis, 'tenantId' | 'documentId' | 'sectionId'>,
      finding: FindingLine,
      checked: { evidence: readonly Evidence[]; confidence: number },
    ): Promise<Feedback | null> {
      return db.$transaction(async (transaction) => {
        // The share lock holds off a `begin` or `cancel` until this finding is in, so that they see it and remove it.
        const rows = await transaction.$queryRaw<unknown[]>`
          SELECT 1 FROM "Analysis"
          WHERE "id" = ${fence.analysisId} AND "attempt" = ${fence.attempt} AND "status" = 'RUNNING' FOR SHARE`;
        if (rows.length === 0) return null;
        const id = newId('Feedback');
        return transaction.feedback.create({
          data: {
            id,
            groupId: id,
            tenantId: scope.tenantId,
            documentId: scope.documentId,
            sectionId: scope.sectionId,
            analysisId: fence.analysisId,
            source: 'MODEL',
            kind: finding.kind,
            category: finding.category,
            risk: finding.risk,
            title: finding.title,
            detail: finding.detail,
            recommendation: finding.recommendation ?? null,
            questions: finding.questions,
            confidence: checked.confidence,
            evidence: [...checked.evidence],
            checks: finding.checks,
          },
        });
      });
    },

    /** Raises the percentage, never lowers it; whether the attempt still runs. */
    async setPercent(fence: Fence, percent: number): Promise<boolean> {
      const changed = await db.$executeRaw`
        UPDATE "Analysis" SET "percent" = greatest("percent", ${percent})
        WHERE "id" = ${fence.analysisId} AND "attempt" = ${fence.attempt} AND "status" = 'RUNNING'`;
      return changed > 0;
    },

    /** Records an invocation of a model, also one of an attempt that was superseded: it was paid for. */
    addModelAttempt: (fence: Fence, tenantId: string, record: ModelAttemptRecord): Promise<void> =>
      recordModelAttempt(db, { tenantId, ...fence }, record),

    /** Ends the attempt with its result; null when the attempt is over. */
    complete: (fence: Fence, result: AnalysisResult, promptVersion: string): Promise<Analysis | null> =>
      finish(fence, { ...result, promptVersion, status: 'COMPLETED', percent: 100 }),

    /** Ends the attempt with a failure; its findings go, since half a review must not look like one. Null when the attempt is over. */
    async fail(fence: Fence, problem: Problem, thinking: string): Promise<Analysis | null> {
      const failed = await finish(fence, { status: 'FAILED', error: { ...problem }, thinking });
      if (failed) await db.feedback.deleteMany({ where: { analysisId: fence.analysisId } });
      return failed;
    },

    /** The terminal event is in the log: the reconciler owes nothing any more. */
    async markClosed(analysisId: string): Promise<void> {
      await db.analysis.updateMany({ where: { id: analysisId }, data: { closedAt: now() } });
    },
  };
}
