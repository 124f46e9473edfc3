import type { Analysis } from '../../src/db.ts';
import { AppError, toProblem, type Problem } from '../../src/errors.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { EventData } from '../../src/events/event-types.ts';
import { AttemptVoidError, type LogWriter } from '../../src/events/log-writer.ts';
import { fallbackBudgetSchema, newFallbackBudget } from '../../src/models/fallback-budget.ts';
import type { FallbackDeps, FallbackObserver, FallbackOutcome } from '../../src/models/fallback-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { buildReviewRequest, promptVersionWith } from '../../src/review/prompt.ts';
import { readReview, type CheckedFinding, type ReviewResult } from '../../src/review/section-reader.ts';
import type { BegunAttempt, Fence } from '../../src/services/analysis-attempts.ts';
import { terminalOfAnalysis } from '../../src/services/event-streams.ts';
import type { Services } from '../../src/services/services.ts';
import { done, JobTimeoutError, type JobContext, type JobOutcome } from '../job-context.ts';
import { createProgressReporter } from './progress-reporter.ts';

export type AnalyzeDeps = {
  readonly services: Services;
  readonly events: EventLog;
  readonly fallback: FallbackDeps;
  readonly logger: Logger;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly timeoutMs: number;
};

/**
 * One execution of an analysis: takes the fence, asks the chain of models, and writes findings and events as they come. Every write is
 * conditional on the attempt, so a second worker that has the same job, or a caller who cancelled, ends this one without a trace.
 *
 *   begin -> events, findings … -> complete | fail -> terminal event
 *            |-> suspended (the throttle makes it wait): back to the queue, same attempt
 *            |-> restarted (a model failed in mid-answer): attempt + 1, goes on here
 *            |-> fenced (cancelled, or another worker has it): stops
 *            |-> shut down: back to the queue, the next worker restarts
 */
export async function analyzeSection(
  deps: AnalyzeDeps,
  payload: { analysisId: string; budget?: unknown },
  { signal }: JobContext,
): Promise<JobOutcome> {
  const begun = await deps.services.analysisAttempts.begin(payload.analysisId);
  if (!begun) return done;
  const execution = await createExecution(deps, begun);
  if (!execution) return done;
  const fencedOff = new AbortController();
  const stopWatching = await deps.events.watchFence(
    execution.source,
    () => execution.fence().attempt,
    () => fencedOff.abort(),
  );
  try {
    return await run(deps, execution, begun, payload.budget, AbortSignal.any([signal, fencedOff.signal]));
  } catch (error) {
    if (fencedOff.signal.aborted) return done;
    if (error instanceof AttemptVoidError && error.status === 'fenced') return done;
    if (error instanceof JobTimeoutError) return await execution.fail(timedOut(deps.timeoutMs));
    if (error instanceof AppError && !error.retryable) return await execution.fail(toProblem(error));
    throw error;
  } finally {
    stopWatching();
  }
}

type Execution = Awaited<ReturnType<typeof createExecution>> & object;

async function run(
  deps: AnalyzeDeps,
  execution: Execution,
  begun: BegunAttempt,
  carriedBudget: unknown,
  signal: AbortSignal,
): Promise<JobOutcome> {
  if (begun.isExhausted) return execution.fail(exhausted);
  execution.announce(begun);
  const budget = fallbackBudgetSchema.safeParse(carriedBudget);
  const outcome = await runWithFallback(deps.fallback, {
    request: execution.request,
    holder: `${execution.fence().analysisId}:${execution.fence().attempt}`,
    priority: 'analysis',
    signal,
    budget: budget.success ? budget.data : newFallbackBudget,
    observer: execution.observer,
    consume: (events) => readReview(events, execution.section, execution.sink()),
  });
  return execution.finish(outcome);
}

async function createExecution(deps: AnalyzeDeps, begun: BegunAttempt) {
  const { services, events, logger } = deps;
  const { analysis } = begun;
  const caller = { tenantId: analysis.tenantId, actor: 'worker' };
  const [[section], [document], context] = await Promise.all([
    services.sections.byIds(caller, [analysis.sectionId]),
    services.documents.byIds(caller, [analysis.documentId]),
    services.reviewContext.of(analysis),
  ]);
  if (!section || !document) return null;
  const { checks } = await services.playbooks.require(caller, document.playbookId);
  const { request, contextTokensSaved } = buildReviewRequest({
    section,
    filename: document.filename,
    context,
    checks,
    maxTokens: deps.maxTokens,
    temperature: deps.temperature,
    chain: deps.fallback.chain,
  });
  const refs = new Set(checks.map(({ ref }) => ref));
  const source = { documentId: analysis.documentId, id: analysis.id };
  const ids = { analysisId: analysis.id };
  let fence: Fence = { analysisId: analysis.id, attempt: analysis.attempt };
  let writer: LogWriter = events.writer(source, fence.attempt, await nextSeq(events, source, begun));
  let thinking = '';
  const append = (data: EventData): void => writer.append(data);

  async function startOver(reason: string): Promise<void> {
    await writer.flush();
    const restarted = await services.analysisAttempts.restart(fence);
    if (!restarted) throw new AttemptVoidError('fenced');
    fence = { ...fence, attempt: restarted.attempt };
    writer = events.writer(source, fence.attempt, 1);
    thinking = '';
    announceRestart(reason);
  }

  function announceRestart(reason: string): void {
    append({ type: 'attempt:restarted', ...ids, reason });
    append({ type: 'analysis:started', ...ids, sectionId: section?.id ?? '' });
  }

  async function close(ended: Analysis | null): Promise<JobOutcome> {
    const terminal = ended && terminalOfAnalysis(ended);
    if (!ended || !terminal) return done;
    append(terminal);
    await writer.flush();
    await services.analysisAttempts.markClosed(ended.id);
    return done;
  }

  async function found(checked: CheckedFinding): Promise<void> {
    // A model may name checks that there are not; what stands in a finding can be looked up.
    const finding = { ...checked.finding, checks: checked.finding.checks.filter((ref) => refs.has(ref)) };
    const feedback = await services.analysisAttempts.addFinding(fence, analysis, finding, checked);
    if (!feedback) throw new AttemptVoidError('fenced');
    append({ type: 'feedback:found', ...ids, sectionId: feedback.sectionId, feedback });
  }

  const observer: FallbackObserver = {
    waiting: (layer, waitMs, reason) => append({ type: 'throttle:waiting', ...ids, layer, waitMs, reason }),
    selected: (model, region) => append({ type: 'model:selected', ...ids, modelKey: model.key, region }),
    fellBack: (from, to, reason, waitMs) =>
      append({ type: 'model:fellBack', ...ids, from: from.key, to: to.key, reason, waitMs }),
    attemptEnded: (record) =>
      services.analysisAttempts.addModelAttempt(fence, analysis.tenantId, {
        ...record,
        startedAt: new Date(record.startedAt),
      }),
    restarted: startOver,
    settlementLost: (error) => logger.warn({ ...ids, err: error }, 'the throttle was not told how a call ended'),
  };

  return {
    source,
    section,
    observer,
    fence: () => fence,
    request,

    announce({ isResumed }: BegunAttempt): void {
      if (isResumed) return;
      if (fence.attempt > 1) announceRestart('Its worker ended before it was done.');
      else append({ type: 'analysis:started', ...ids, sectionId: analysis.sectionId });
    },

    sink() {
      const report = createProgressReporter({
        setPercent: (percent) => services.analysisAttempts.setPercent(fence, percent),
        announce: async (percent) => {
          const progress = await services.progress.of(caller, [analysis.documentId]);
          append({ type: 'progress:changed', ...ids, percent, document: progress.get(analysis.documentId) ?? null });
        },
      });
      return {
        thinking: (text: string) => {
          thinking += text;
          append({ type: 'thinking:delta', ...ids, text });
        },
        found,
        progress: report,
      };
    },

    fail: async (problem: Problem): Promise<JobOutcome> =>
      close(await services.analysisAttempts.fail(fence, problem, thinking)),

    async finish(outcome: FallbackOutcome<ReviewResult>): Promise<JobOutcome> {
      switch (outcome.outcome) {
        case 'succeeded': {
          await writer.flush();
          const result = { ...outcome.value, modelKey: outcome.model.key, contextTokensSaved };
          return close(await services.analysisAttempts.complete(fence, result, promptVersionWith(checks)));
        }
        case 'failed':
          return close(await services.analysisAttempts.fail(fence, outcome.problem, thinking));
        case 'deferred': {
          await writer.flush();
          if (!(await services.analysisAttempts.suspend(fence))) return done;
          const payload = { analysisId: fence.analysisId, budget: outcome.budget };
          return { outcome: 'deferred', waitMs: outcome.waitMs, payload };
        }
      }
    },
  };
}

/** A resumed attempt goes on behind what it wrote before; where that is lost, the log says so at the first append. */
async function nextSeq(
  events: EventLog,
  source: { documentId: string; id: string },
  begun: BegunAttempt,
): Promise<number> {
  if (!begun.isResumed) return 1;
  const { id } = await events.head(source);
  const [attempt, seq] = id.split('-').map(Number);
  return attempt === begun.analysis.attempt && seq !== undefined ? seq + 1 : 1;
}

const exhausted: Problem = {
  code: 'INTERNAL',
  message:
    'The workers that analysed this section ended again and again before they were done. Retry it, and tell the operator if it happens once more.',
  retryable: true,
};

const timedOut = (timeoutMs: number): Problem => ({
  code: 'TIMED_OUT',
  message: `The analysis took longer than ${Math.round(timeoutMs / 1000)} s. Retry it.`,
  retryable: true,
});
