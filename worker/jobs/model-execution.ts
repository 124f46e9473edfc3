import { AppError, toProblem, type Problem } from '../../src/errors.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { EventData, LogName } from '../../src/events/event-types.ts';
import { AttemptVoidError, type LogWriter } from '../../src/events/log-writer.ts';
import { fallbackBudgetSchema, newFallbackBudget, type FallbackBudget } from '../../src/models/fallback-budget.ts';
import type { FallbackDeps, FallbackObserver } from '../../src/models/fallback-types.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { AllInstructions } from '../../src/review/instructions.ts';
import type { ModelAttemptRecord } from '../../src/services/model-attempts.ts';
import type { Services } from '../../src/services/services.ts';
import { done, JobTimeoutError, type JobOutcome } from '../job-context.ts';

/** What the jobs need that ask models. */
export type ModelJobDeps = {
  readonly services: Services;
  readonly events: EventLog;
  readonly fallback: FallbackDeps;
  readonly instructions: AllInstructions;
  readonly logger: Logger;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly timeoutMs: number;
};

/** What a job works on in attempts: an analysis, or an assistant's message. Its writes are conditional on the attempt that they are given. */
export type ModelJobSubject<Row> = {
  readonly log: LogName;
  readonly ids: { readonly analysisId: string } | { readonly messageId: string };
  readonly started: EventData;
  /** "analysis" or "answer", in messages. */
  readonly noun: string;
  addModelAttempt(attempt: number, record: ModelAttemptRecord): Promise<void>;
  /** The next attempt; null when this one is over. */
  restart(attempt: number): Promise<{ readonly attempt: number } | null>;
  /** Whether the attempt still ran. */
  suspend(attempt: number): Promise<boolean>;
  /** Null when the attempt is over. */
  fail(attempt: number, problem: Problem): Promise<Row | null>;
  terminalOf(row: Row): EventData | null;
  markClosed(): Promise<void>;
  /** What the attempt has collected is void. Answers what holds all the same, to be streamed once more. */
  startOver(): Promise<readonly EventData[]>;
};

type Begun = {
  readonly attempt: number;
  readonly isResumed: boolean;
  readonly isExhausted: boolean;
  /** Where a resumed attempt's log is to go on; not known where Redis has lost the job. */
  readonly nextSeq: number | undefined;
};

export type ModelExecution<Row> = Awaited<ReturnType<typeof createModelExecution<Row>>>;

/** One execution of a job that asks models: holds the attempt and its log, and starts both over when a model fails in mid-answer. */
export async function createModelExecution<Row>(deps: ModelJobDeps, subject: ModelJobSubject<Row>, begun: Begun) {
  const { events } = deps;
  const { log, ids } = subject;
  let { attempt } = begun;
  let writer: LogWriter = events.writer(log, attempt, begun.isResumed ? (begun.nextSeq ?? 1) : 1);
  const append = (data: EventData): void => writer.append(data);

  async function announceRestart(reason: string): Promise<void> {
    const kept = await subject.startOver();
    for (const data of [{ type: 'attempt:restarted', ...ids, reason } as const, subject.started, ...kept]) append(data);
  }

  async function startOver(reason: string): Promise<void> {
    await writer.flush();
    const restarted = await subject.restart(attempt);
    if (!restarted) throw new AttemptVoidError('fenced');
    attempt = restarted.attempt;
    writer = events.writer(log, attempt, 1);
    await announceRestart(reason);
  }

  async function announceBegin(): Promise<void> {
    if (begun.isResumed) {
      if (!(await hasAll(events, log, begun))) await startOver('What it had streamed was lost.');
    } else if (begun.attempt > 1) await announceRestart('Its worker ended before it was done.');
    else append(subject.started);
  }

  /** Appends the terminal event of what has ended; nothing where the attempt was over. */
  async function close(ended: Row | null): Promise<JobOutcome> {
    const terminal = ended && subject.terminalOf(ended);
    if (!terminal) return done;
    append(terminal);
    await writer.flush();
    await subject.markClosed();
    return done;
  }

  const fail = async (problem: Problem): Promise<JobOutcome> => close(await subject.fail(attempt, problem));

  const observer: FallbackObserver = {
    waiting: (layer, waitMs, reason) => append({ type: 'throttle:waiting', ...ids, layer, waitMs, reason }),
    selected: (model, region) => append({ type: 'model:selected', ...ids, modelKey: model.key, region }),
    fellBack: (from, to, reason, waitMs) =>
      append({ type: 'model:fellBack', ...ids, from: from.key, to: to.key, reason, waitMs }),
    attemptEnded: (record) => subject.addModelAttempt(attempt, { ...record, startedAt: new Date(record.startedAt) }),
    restarted: startOver,
    settlementLost: (error) => deps.logger.warn({ ...ids, err: error }, 'the throttle was not told how a call ended'),
  };

  return {
    attempt: () => attempt,
    append,
    flush: (): Promise<void> => writer.flush(),
    observer,
    close,
    fail,

    /** Gives the job back to wait, with the budget that is left. */
    async defer(waitMs: number, budget: FallbackBudget): Promise<JobOutcome> {
      await writer.flush();
      if (!(await subject.suspend(attempt))) return done;
      return { outcome: 'deferred', waitMs, payload: { ...ids, budget, nextSeq: writer.nextSeq() } };
    },

    /**
     * Runs `work` until it ends or the attempt does. A second worker that has the same job, or a caller who cancels, ends it without a trace;
     * what cannot succeed by trying again fails the subject.
     */
    async run(signal: AbortSignal, work: (signal: AbortSignal) => Promise<JobOutcome>): Promise<JobOutcome> {
      const fencedOff = new AbortController();
      const stopWatching = await events.watchFence(
        log,
        () => attempt,
        () => fencedOff.abort(),
      );
      try {
        if (begun.isExhausted) return await fail(exhausted(subject.noun));
        await announceBegin();
        return await work(AbortSignal.any([signal, fencedOff.signal]));
      } catch (error) {
        if (fencedOff.signal.aborted) return done;
        if (error instanceof AttemptVoidError && error.status === 'fenced') return done;
        if (error instanceof JobTimeoutError) return await fail(timedOut(subject.noun, deps.timeoutMs));
        if (error instanceof AppError && !error.retryable) return await fail(toProblem(error));
        throw error;
      } finally {
        stopWatching();
      }
    },
  };
}

/** The budget that a job which was put back has carried along; a new one where it has none. */
export function carriedBudget(payload: { readonly budget?: unknown }): FallbackBudget {
  const budget = fallbackBudgetSchema.safeParse(payload.budget);
  return budget.success ? budget.data : newFallbackBudget;
}

/** Whether the log still ends with what a resumed attempt wrote before it was put back, so that it can go on behind that. */
async function hasAll(events: EventLog, log: LogName, { attempt, nextSeq }: Begun): Promise<boolean> {
  return nextSeq !== undefined && (await events.head(log)).id === `${attempt}-${nextSeq - 1}`;
}

const exhausted = (noun: string): Problem => ({
  code: 'INTERNAL',
  message: `This ${noun} was begun again and again and never done: its workers ended, or what they need could not be reached. Try again, and tell the operator if it happens once more.`,
  retryable: true,
});

const timedOut = (noun: string, timeoutMs: number): Problem => ({
  code: 'TIMED_OUT',
  message: `The ${noun} took longer than ${Math.round(timeoutMs / 1000)} s. Try again.`,
  retryable: true,
});
