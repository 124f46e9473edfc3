import type { Analysis } from '../../src/db.ts';
import { AttemptVoidError } from '../../src/events/log-writer.ts';
import { forNextRequest, type FallbackBudget } from '../../src/models/fallback-budget.ts';
import type { FallbackOutcome } from '../../src/models/fallback-types.ts';
import type { ModelSpec } from '../../src/models/model-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import type { JobPayloads } from '../../src/queue/catalog.ts';
import {
  buildReviewRequest,
  reviewVersionWith,
  type ReviewedSection,
  type ReviewRequest,
} from '../../src/review/prompt.ts';
import {
  readReview,
  type CheckedFinding,
  type ReviewResult,
  type ReviewSink,
} from '../../src/review/section-reader.ts';
import { partsDone, type Fence } from '../../src/services/analysis-attempts.ts';
import { logOfAnalysis } from '../../src/services/log-names.ts';
import type { Services } from '../../src/services/services.ts';
import { terminalOfAnalysis } from '../../src/services/terminal-events.ts';
import { done, type JobContext, type JobOutcome } from '../job-context.ts';
import {
  carriedBudget,
  createModelExecution,
  type ModelExecution,
  type ModelJobDeps,
  type ModelJobSubject,
} from './model-execution.ts';
import { createProgressReporter } from './progress-reporter.ts';
import { createPartsReview, eventsOfParts, planParts, type RequestLimits, type ReviewPart } from './review-parts.ts';

export type AnalyzeDeps = ModelJobDeps & { readonly requestLimits: RequestLimits };

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
  payload: JobPayloads['analyze-section'],
  { signal, restartTimeLimit }: JobContext,
): Promise<JobOutcome> {
  const begun = await deps.services.analysisAttempts.begin(payload.analysisId);
  if (!begun) return done;
  const { analysis } = begun;
  const review = createPartsReview(partsDone(analysis));
  const subject = jobSubject(deps.services, analysis, review);
  const execution = await createModelExecution(deps, subject, {
    ...begun,
    attempt: analysis.attempt,
    nextSeq: payload.nextSeq,
  });
  return execution.run(signal, async (fenced) => {
    // Within, so that what cannot be read ends the analysis, and not only this execution.
    const reviewed = await readReviewed(deps, analysis);
    if (!reviewed) return done;
    const steps = createSteps(deps, { analysis, review, execution, reviewed });
    let budget: FallbackBudget = carriedBudget(payload);
    for (const part of steps.parts) {
      restartTimeLimit();
      const outcome = await runWithFallback(deps.fallback, {
        request: part.request,
        holder: `${payload.analysisId}:${execution.attempt()}:${part.index}`,
        priority: 'analysis',
        signal: fenced,
        budget,
        observer: execution.observer,
        consume: (events, model) => readReview(events, part.shown, steps.sink(part, model)),
      });
      if (outcome.outcome !== 'succeeded' || part.isLast) return steps.finish(part, outcome);
      await steps.finishPart(part, outcome.value);
      budget = forNextRequest(outcome.budget);
    }
    return done;
  });
}

type Work = {
  readonly analysis: Analysis;
  readonly review: ReturnType<typeof createPartsReview>;
  readonly execution: ModelExecution<Analysis>;
  readonly reviewed: NonNullable<Awaited<ReturnType<typeof readReviewed>>>;
};

/** What is done with each part of the section: what becomes of the model's stream, and of its end. */
function createSteps(deps: AnalyzeDeps, { analysis, review, execution, reviewed }: Work) {
  const { services } = deps;
  const { analysisAttempts } = services;
  const ids = { analysisId: analysis.id };
  const caller = { tenantId: analysis.tenantId, actor: 'worker' };
  const { section, checks, promptVersion, toRequest } = reviewed;
  const refs = new Set(checks.map(({ ref }) => ref));
  const { append } = execution;
  const fence = (): Fence => ({ ...ids, attempt: execution.attempt() });

  async function found(part: number, { key: modelKey }: ModelSpec, checked: CheckedFinding): Promise<void> {
    // A model may name checks that there are not; what stands in a finding can be looked up.
    const finding = { ...checked.finding, checks: checked.finding.checks.filter((ref) => refs.has(ref)) };
    const feedback = await analysisAttempts.addFinding(fence(), analysis, { ...checked, finding, modelKey, part });
    if (!feedback) throw new AttemptVoidError('fenced');
    append({ type: 'feedback:found', ...ids, sectionId: feedback.sectionId, feedback });
  }

  return {
    parts: planParts(section, review.done(), toRequest, deps.requestLimits),

    sink(part: ReviewPart, model: ModelSpec): ReviewSink {
      const report = createProgressReporter({
        setPercent: (percent) => analysisAttempts.setPercent(fence(), percent),
        announce: async (percent) => {
          const progress = await services.progress.of(caller, [analysis.documentId]);
          append({ type: 'progress:changed', ...ids, percent, document: progress.get(analysis.documentId) ?? null });
        },
      });
      return {
        thinking: (text) => append({ type: 'thinking:delta', ...ids, text: review.think(text) }),
        found: (checked) => found(part.index, model, checked),
        progress: (percent) => report(part.percentAt(percent)),
      };
    },

    /** Keeps what a part came to, behind its last event. */
    async finishPart(part: ReviewPart, result: ReviewResult): Promise<void> {
      await execution.flush();
      const finished = review.resultOf(part, result);
      if (!(await analysisAttempts.finishPart(fence(), finished))) throw new AttemptVoidError('fenced');
      review.finish(finished);
    },

    async finish(part: ReviewPart, outcome: FallbackOutcome<ReviewResult>): Promise<JobOutcome> {
      switch (outcome.outcome) {
        case 'succeeded': {
          await execution.flush();
          const result = { ...review.whole(review.resultOf(part, outcome.value)), modelKey: outcome.model.key };
          return execution.close(await analysisAttempts.complete(fence(), result, promptVersion));
        }
        case 'failed':
          return execution.fail(outcome.problem);
        case 'deferred':
          return execution.defer(outcome.waitMs, outcome.budget);
      }
    },
  };
}

/** What is reviewed, and how it is asked for; null when the document is gone. */
async function readReviewed(deps: AnalyzeDeps, analysis: Analysis) {
  const { services, fallback, maxTokens, temperature } = deps;
  const instructions = deps.instructions.review;
  const caller = { tenantId: analysis.tenantId, actor: 'worker' };
  const [[section], [document], context] = await Promise.all([
    services.sections.byIds(caller, [analysis.sectionId]),
    services.documents.byIds(caller, [analysis.documentId]),
    services.reviewContext.of(analysis),
  ]);
  if (!section || !document) return null;
  const { filename, playbookId } = document;
  const { checks } = await services.playbooks.require(caller, playbookId);
  const { chain } = fallback;
  const toRequest = (shown: ReviewedSection): ReviewRequest =>
    buildReviewRequest({ section: shown, filename, context, instructions, checks, maxTokens, temperature, chain });
  return { section, checks, promptVersion: reviewVersionWith(instructions, checks), toRequest };
}

function jobSubject(
  { analysisAttempts }: Services,
  analysis: Analysis,
  review: ReturnType<typeof createPartsReview>,
): ModelJobSubject<Analysis> {
  const ids = { analysisId: analysis.id };
  const fenceOf = (attempt: number): Fence => ({ ...ids, attempt });
  return {
    log: logOfAnalysis(analysis),
    ids,
    started: { type: 'analysis:started', ...ids, sectionId: analysis.sectionId },
    noun: 'analysis',
    addModelAttempt: (attempt, record) => analysisAttempts.addModelAttempt(fenceOf(attempt), analysis.tenantId, record),
    restart: (attempt) => analysisAttempts.restart(fenceOf(attempt)),
    suspend: (attempt) => analysisAttempts.suspend(fenceOf(attempt)),
    fail: (attempt, problem) => analysisAttempts.fail(fenceOf(attempt), problem, review.thinking()),
    terminalOf: terminalOfAnalysis,
    markClosed: () => analysisAttempts.markClosed(analysis.id),
    async startOver() {
      review.startOver();
      if (review.done().length === 0) return [];
      return eventsOfParts(analysis.id, review.done(), await analysisAttempts.findingsOfParts(analysis.id));
    },
  };
}
