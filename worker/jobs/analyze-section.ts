import type { Analysis } from '../../src/db.ts';
import { AppError, toProblem, type Problem } from '../../src/errors.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { EventData } from '../../src/events/event-types.ts';
import { AttemptVoidError, type LogWriter } from '../../src/events/log-writer.ts';
import { fallbackBudgetSchema, forNextRequest, newFallbackBudget } from '../../src/models/fallback-budget.ts';
import type { FallbackDeps, FallbackObserver, FallbackOutcome } from '../../src/models/fallback-types.ts';
import type { ModelRequest } from '../../src/models/model-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { buildReviewRequest, reviewPromptVersion, type ReviewedSection } from '../../src/review/prompt.ts';
import {
  readReview,
  type CheckedFinding,
  type ReviewResult,
  type ReviewSink,
} from '../../src/review/section-reader.ts';
import { partsDone, type BegunAttempt, type Fence } from '../../src/services/analysis-attempts.ts';
import { terminalOfAnalysis } from '../../src/services/event-streams.ts';
import type { Services } from '../../src/services/services.ts';
import { done, JobTimeoutError, type JobContext, type JobOutcome } from '../job-context.ts';
import { exhausted, timedOut } from './analysis-problems.ts';
import { nextSeq } from './next-seq.ts';
import { createProgressReporter } from './progress-reporter.ts';
import { createPartsReview, eventsOfParts, planParts, type RequestLimits, type ReviewPart } from './review-parts.ts';

export type AnalyzeDeps = {
  readonly services: Services;
  readonly events: EventLog;
  readonly fallback: FallbackDeps;
  readonly requestLimits: RequestLimits;
  readonly logger: Logger;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly timeoutMs: number;
};

/**
 * One execution of an analysis: takes the fence, asks the chain of models, and writes findings and events as they come. Every write is
 * conditional on the attempt, so a second worker that has the same job, or a caller who cancelled, ends this one without a trace.
 *
 *   begin -> events, findings … of each part of the section -> complete | fail -> terminal event
 *            |-> suspended (the throttle makes it wait): back to the queue, same attempt
 *            |-> restarted (a model failed in mid-answer): attempt + 1, goes on here with the part under way
 *            |-> fenced (cancelled, or another worker has it): stops
 *            |-> shut down: back to the queue, the next worker restarts
 *
 * A part that is done is not asked for again, whoever goes on: in a new attempt its thinking and findings are streamed once more, since
 * clients have discarded them. The time limit is meant for a part; the budget of retries for all of them together.
 */
export async function analyzeSection(
  deps: AnalyzeDeps,
  payload: { analysisId: string; budget?: unknown },
  context: JobContext,
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
    const signal = AbortSignal.any([context.signal, fencedOff.signal]);
    return await run(deps, execution, begun, payload.budget, { ...context, signal });
  } catch (error) {
    const isFenced = error instanceof AttemptVoidError && error.status === 'fenced';
    if (fencedOff.signal.aborted || isFenced) return done;
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
  { signal, restartTimeLimit }: JobContext,
): Promise<JobOutcome> {
  if (begun.isExhausted) return execution.fail(exhausted);
  await execution.announce(begun);
  const carried = fallbackBudgetSchema.safeParse(carriedBudget);
  let budget = carried.success ? carried.data : newFallbackBudget;
  for (const part of execution.parts) {
    restartTimeLimit();
    const outcome = await runWithFallback(deps.fallback, {
      request: part.request,
      holder: `${execution.fence().analysisId}:${execution.fence().attempt}:${part.index}`,
      priority: 'analysis',
      signal,
      budget,
      observer: execution.observer,
      consume: (events) => readReview(events, part.shown, execution.sink(part)),
    });
    if (outcome.outcome !== 'succeeded' || part.isLast) return execution.finish(part, outcome);
    await execution.finishPart(part, outcome.value);
    budget = forNextRequest(outcome.budget);
  }
  return done;
}

async function createExecution(deps: AnalyzeDeps, begun: BegunAttempt) {
  const { services, events, logger } = deps;
  const { analysis } = begun;
  const caller = { tenantId: analysis.tenantId, actor: 'worker' };
  const [[section], [document], outline] = await Promise.all([
    services.sections.byIds(caller, [analysis.sectionId]),
    services.documents.byIds(caller, [analysis.documentId]),
    services.sections.outline(analysis.documentId),
  ]);
  if (!section || !document) return null;
  const { checks } = await services.playbooks.require(caller, document.playbookId);
  const refs = new Set(checks.map(({ ref }) => ref));
  const source = { documentId: analysis.documentId, id: analysis.id };
  const ids = { analysisId: analysis.id };
  let fence: Fence = { analysisId: analysis.id, attempt: analysis.attempt };
  let writer: LogWriter = events.writer(source, fence.attempt, await nextSeq(events, source, begun));
  const review = createPartsReview(partsDone(analysis));
  const append = (data: EventData): void => writer.append(data);

  async function startOver(reason: string): Promise<void> {
    await writer.flush();
    const restarted = await services.analysisAttempts.restart(fence);
    if (!restarted) throw new AttemptVoidError('fenced');
    fence = { ...fence, attempt: restarted.attempt };
    writer = events.writer(source, fence.attempt, 1);
    review.startOver();
    await announceRestart(reason);
  }

  async function announceRestart(reason: string): Promise<void> {
    append({ type: 'attempt:restarted', ...ids, reason });
    append({ type: 'analysis:started', ...ids, sectionId: analysis.sectionId });
    if (review.done().length === 0) return;
    const findings = await services.analysisAttempts.findingsOfParts(analysis.id);
    eventsOfParts(analysis.id, review.done(), findings).forEach(append);
  }

  async function close(ended: Analysis | null): Promise<JobOutcome> {
    const terminal = ended && terminalOfAnalysis(ended);
    if (!ended || !terminal) return done;
    append(terminal);
    await writer.flush();
    await services.analysisAttempts.markClosed(ended.id);
    return done;
  }

  async function found(part: number, checked: CheckedFinding): Promise<void> {
    // A model may name checks that there are not; what stands in a finding can be looked up.
    const finding = { ...checked.finding, checks: checked.finding.checks.filter((ref) => refs.has(ref)) };
    const feedback = await services.analysisAttempts.addFinding(fence, analysis, { ...checked, finding, part });
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

  const toRequest = (shown: ReviewedSection): ModelRequest =>
    buildReviewRequest({
      section: shown,
      filename: document.filename,
      outline,
      checks,
      maxTokens: deps.maxTokens,
      temperature: deps.temperature,
    });

  return {
    source,
    observer,
    fence: () => fence,
    parts: planParts(section, review.done(), toRequest, deps.requestLimits),

    async announce({ isResumed }: BegunAttempt): Promise<void> {
      if (isResumed) return;
      if (fence.attempt > 1) await announceRestart('Its worker ended before it was done.');
      else append({ type: 'analysis:started', ...ids, sectionId: analysis.sectionId });
    },

    sink(part: ReviewPart): ReviewSink {
      const report = createProgressReporter({
        setPercent: (percent) => services.analysisAttempts.setPercent(fence, percent),
        announce: async (percent) => {
          const progress = await services.progress.of(caller, [analysis.documentId]);
          append({ type: 'progress:changed', ...ids, percent, document: progress.get(analysis.documentId) ?? null });
        },
      });
      return {
        thinking: (text) => append({ type: 'thinking:delta', ...ids, text: review.think(text) }),
        found: (checked) => found(part.index, checked),
        progress: (percent) => report(part.percentAt(percent)),
      };
    },

    fail: async (problem: Problem): Promise<JobOutcome> =>
      close(await services.analysisAttempts.fail(fence, problem, review.thinking())),

    /** Keeps what a part came to, behind its last event. */
    async finishPart(part: ReviewPart, result: ReviewResult): Promise<void> {
      await writer.flush();
      const finished = review.resultOf(part, result);
      if (!(await services.analysisAttempts.finishPart(fence, finished))) throw new AttemptVoidError('fenced');
      review.finish(finished);
    },

    async finish(part: ReviewPart, outcome: FallbackOutcome<ReviewResult>): Promise<JobOutcome> {
      switch (outcome.outcome) {
        case 'succeeded': {
          await writer.flush();
          const result = { ...review.whole(review.resultOf(part, outcome.value)), modelKey: outcome.model.key };
          return close(await services.analysisAttempts.complete(fence, result, reviewPromptVersion));
        }
        case 'failed':
          return close(await services.analysisAttempts.fail(fence, outcome.problem, review.thinking()));
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
