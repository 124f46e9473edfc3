import type { Clock } from '../clock.ts';
import type { Analysis, Db, DbTransaction, Feedback, Prisma } from '../db.ts';
import type { Problem } from '../errors.ts';
import { partResults, type PartResult } from '../review/combine-parts.ts';
import type { RiskLevel } from '../review/finding.ts';
import { carryLateDecisions, settlePredecessors } from './carried-decisions.ts';
import { lockFindings, lockFindingsOf } from './finding-lock.ts';
import { storeFinding, type FoundFinding } from './found-findings.ts';
import { maxAttempts, recordModelAttempt, type ModelAttemptRecord } from './model-attempts.ts';
import { withdrawFindings } from './withdrawn-findings.ts';

/** One attempt at an analysis: the fence that every write of a worker is conditional on. */
export type Fence = { readonly analysisId: string; readonly attempt: number };

export type AnalysisResult = {
  readonly summary: string;
  readonly risk: RiskLevel | null;
  readonly confidence: number;
  readonly thinking: string;
  readonly modelKey: string;
  readonly contextTokensSaved: number;
};

/** Results of the parts of its section that are done, in order. */
export const partsDone = (analysis: Pick<Analysis, 'partResults'>): PartResult[] =>
  partResults.parse(analysis.partResults);

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
 * The text of a long section is asked for part by part within one analysis. `finishPart` keeps what a part came to; whoever takes the
 * analysis up, behind a wait or in a new attempt, goes on with the next part:
 *
 *   RUNNING(n), parts 0..k-1 done --finishPart, only with attempt n--> RUNNING(n), parts 0..k done
 *   RUNNING(n), parts 0..k done --begin | restart--> RUNNING(n+1), parts 0..k done: their findings stay, those of part k+1 go
 *
 * Completing makes it the analysis whose findings its section shows; until then, and when it fails or is cancelled, a section that has a
 * completed one goes on showing that one's.
 *
 * Guarantees: after `begin` no write of an earlier attempt has any effect (each is conditional on the attempt, in the same statement or
 * transaction); findings of earlier attempts are gone, but for those of parts that were done; what a reviewer has decided on them is not
 * lost, but holds for the same finding when it comes again, in this analysis or the next; a part that is done is not asked for again;
 * invocations of models are kept, so that cost counts what was really spent.
 */
export function createAnalysisAttempts({ db, clock }: { db: Db; clock: Clock }) {
  const now = (): Date => new Date(clock.now());
  const running = (fence: Fence) => ({ id: fence.analysisId, attempt: fence.attempt, status: 'RUNNING' as const });

  async function finish(
    on: Pick<DbTransaction, 'analysis'>,
    fence: Fence,
    data: Prisma.AnalysisUpdateManyMutationInput,
  ): Promise<Analysis | null> {
    const [analysis] = await on.analysis.updateManyAndReturn({
      where: running(fence),
      data: { ...data, finishedAt: now() },
    });
    return analysis ?? null;
  }

  /** Findings of a part that was not done are withdrawn. */
  async function takeUp(transaction: DbTransaction, analysisId: string, attempt: number): Promise<Analysis> {
    const analysis = await transaction.analysis.update({
      where: { id: analysisId },
      data: { status: 'RUNNING', attempt },
    });
    await withdrawFindings(transaction, analysis, partsDone(analysis).length);
    if (analysis.startedAt !== null) return analysis;
    return transaction.analysis.update({ where: { id: analysisId }, data: { startedAt: now() } });
  }

  return {
    /**
     * Takes up an analysis: the first attempt, the same attempt again behind a wait, or the next attempt where one was broken off. Null when
     * the analysis has ended or is gone.
     */
    async begin(analysisId: string): Promise<BegunAttempt | null> {
      // One statement for the attempt that most have alone: there is nothing of an earlier one to be removed.
      const [first] = await db.analysis.updateManyAndReturn({
        where: { id: analysisId, status: 'QUEUED', attempt: 0 },
        data: { status: 'RUNNING', attempt: 1, startedAt: now() },
      });
      if (first) return { analysis: first, isResumed: false, isExhausted: false };
      return db.$transaction(async (transaction) => {
        const rows = await transaction.$queryRaw<Pick<Analysis, 'status' | 'attempt'>[]>`
          SELECT "status"::text, "attempt" FROM "Analysis" WHERE "id" = ${analysisId} FOR UPDATE`;
        const [before] = rows;
        if (before?.status !== 'QUEUED' && before?.status !== 'RUNNING') return null;
        const isResumed = before.status === 'QUEUED' && before.attempt > 0;
        const analysis = await takeUp(transaction, analysisId, isResumed ? before.attempt : before.attempt + 1);
        const mostAttempts = maxAttempts + partsDone(analysis).length;
        return { analysis, isResumed, isExhausted: !isResumed && analysis.attempt > mostAttempts };
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
      analysis: Parameters<typeof storeFinding>[1],
      found: FoundFinding,
    ): Promise<Feedback | null> {
      return db.$transaction(async (transaction) => {
        // The share lock holds off a `begin` or `cancel` until this finding is in, so that they see it and remove it.
        const isRunning = await lockFindingsOf(transaction, fence, analysis.documentId);
        return isRunning ? storeFinding(transaction, analysis, found, now()) : null;
      });
    },

    /** Keeps what a part came to that is not the last; whether the attempt still ran. */
    async finishPart(fence: Fence, result: PartResult): Promise<boolean> {
      const changed = await db.$executeRaw`
        UPDATE "Analysis" SET "partResults" = "partResults" || ${JSON.stringify([result])}::jsonb
        WHERE "id" = ${fence.analysisId} AND "attempt" = ${fence.attempt} AND "status" = 'RUNNING'`;
      return changed > 0;
    },

    /** What the parts that are done have found, in the order in which it was found. */
    findingsOfParts: (analysisId: string): Promise<Feedback[]> =>
      db.feedback.findMany({ where: { analysisId }, orderBy: { id: 'asc' } }),

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

    /**
     * Ends the attempt with its result, and makes its findings those that the section shows, with the decisions that were made meanwhile on
     * the ones before. Null when the attempt is over.
     */
    async complete(fence: Fence, result: AnalysisResult, promptVersion: string): Promise<Analysis | null> {
      return db.$transaction(async (transaction) => {
        const outcome = { ...result, promptVersion, status: 'COMPLETED', percent: 100, partResults: [] } as const;
        const completed = await finish(transaction, fence, outcome);
        if (!completed) return null;
        const { id, sectionId, documentId } = completed;
        await lockFindings(transaction, [documentId]);
        await settlePredecessors(transaction, completed, now());
        await carryLateDecisions(transaction, id, now());
        await transaction.section.updateMany({ where: { id: sectionId }, data: { currentAnalysisId: id } });
        return completed;
      });
    },

    /** Ends the attempt with a failure; its findings go, since half a review must not look like one. Null when the attempt is over. */
    async fail(fence: Fence, problem: Problem, thinking: string): Promise<Analysis | null> {
      return db.$transaction(async (transaction) => {
        const failed = await finish(transaction, fence, { status: 'FAILED', error: { ...problem }, thinking });
        if (failed) await withdrawFindings(transaction, failed, 0);
        return failed;
      });
    },

    /** The terminal event is in the log: the reconciler owes nothing any more. */
    async markClosed(analysisId: string): Promise<void> {
      await db.analysis.updateMany({ where: { id: analysisId }, data: { closedAt: now() } });
    },
  };
}
