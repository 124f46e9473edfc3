import type { Analysis } from '../../src/db.ts';
import type { FallbackOutcome } from '../../src/models/fallback-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import { buildReviewRequest, reviewPromptVersion } from '../../src/review/prompt.ts';
import { readReview, type CheckedFinding, type ReviewResult } from '../../src/review/section-reader.ts';
import { AttemptVoidError } from '../../src/events/log-writer.ts';
import type { BegunAttempt } from '../../src/services/analysis-attempts.ts';
import { logOfAnalysis } from '../../src/services/log-names.ts';
import { terminalOfAnalysis } from '../../src/services/terminal-events.ts';
import { done, type JobContext, type JobOutcome } from '../job-context.ts';
import { carriedBudget, createModelExecution, type ModelJobDeps } from './model-execution.ts';
import { createProgressReporter } from './progress-reporter.ts';

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
  deps: ModelJobDeps,
  payload: { analysisId: string; budget?: unknown },
  { signal }: JobContext,
): Promise<JobOutcome> {
  const begun = await deps.services.analysisAttempts.begin(payload.analysisId);
  if (!begun) return done;
  const execution = await createExecution(deps, begun);
  if (!execution) return done;
  return execution.run(signal, async (fenced) => {
    const outcome = await runWithFallback(deps.fallback, {
      request: execution.request,
      holder: `${payload.analysisId}:${execution.attempt()}`,
      priority: 'analysis',
      signal: fenced,
      budget: carriedBudget(payload),
      observer: execution.observer,
      consume: (events) => readReview(events, execution.section, execution.sink()),
    });
    return execution.finish(outcome);
  });
}

async function createExecution(deps: ModelJobDeps, begun: BegunAttempt) {
  const { services } = deps;
  const { analysis } = begun;
  const { analysisAttempts } = services;
  const caller = { tenantId: analysis.tenantId, actor: 'worker' };
  const [[section], [document], outline] = await Promise.all([
    services.sections.byIds(caller, [analysis.sectionId]),
    services.documents.byIds(caller, [analysis.documentId]),
    services.sections.outline(analysis.documentId),
  ]);
  if (!section || !document) return null;
  const { checks } = await services.playbooks.require(caller, document.playbookId);
  const refs = new Set(checks.map(({ ref }) => ref));
  const ids = { analysisId: analysis.id };
  const fenceOf = (attempt: number) => ({ ...ids, attempt });
  let thinking = '';
  const execution = await createModelExecution<Analysis>(
    deps,
    {
      log: logOfAnalysis(analysis),
      ids,
      started: { type: 'analysis:started', ...ids, sectionId: section.id },
      noun: 'analysis',
      addModelAttempt: (attempt, record) =>
        analysisAttempts.addModelAttempt(fenceOf(attempt), analysis.tenantId, record),
      restart: (attempt) => analysisAttempts.restart(fenceOf(attempt)),
      suspend: (attempt) => analysisAttempts.suspend(fenceOf(attempt)),
      fail: (attempt, problem) => analysisAttempts.fail(fenceOf(attempt), problem, thinking),
      terminalOf: terminalOfAnalysis,
      markClosed: () => analysisAttempts.markClosed(analysis.id),
      reset: () => void (thinking = ''),
    },
    { ...begun, attempt: analysis.attempt },
  );
  const { append } = execution;
  const fence = () => fenceOf(execution.attempt());

  async function found(checked: CheckedFinding): Promise<void> {
    // A model may name checks that there are not; what stands in a finding can be looked up.
    const finding = { ...checked.finding, checks: checked.finding.checks.filter((ref) => refs.has(ref)) };
    const feedback = await analysisAttempts.addFinding(fence(), analysis, finding, checked);
    if (!feedback) throw new AttemptVoidError('fenced');
    append({ type: 'feedback:found', ...ids, sectionId: feedback.sectionId, feedback });
  }

  return {
    ...execution,
    section,
    request: buildReviewRequest({
      section,
      filename: document.filename,
      outline,
      checks,
      maxTokens: deps.maxTokens,
      temperature: deps.temperature,
    }),

    sink() {
      const report = createProgressReporter({
        setPercent: (percent) => analysisAttempts.setPercent(fence(), percent),
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

    async finish(outcome: FallbackOutcome<ReviewResult>): Promise<JobOutcome> {
      switch (outcome.outcome) {
        case 'succeeded': {
          await execution.flush();
          const result = { ...outcome.value, modelKey: outcome.model.key };
          return execution.close(await analysisAttempts.complete(fence(), result, reviewPromptVersion));
        }
        case 'failed':
          return execution.fail(outcome.problem);
        case 'deferred':
          return execution.defer(outcome.waitMs, outcome.budget);
      }
    },
  };
}
