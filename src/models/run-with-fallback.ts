import { assertNever, type Problem } from '../errors.ts';
import type { AdmissionDecision, Candidate, SkippedCandidate, ThrottleLayer } from '../throttle/admission-port.ts';
import { nextBackoff, spendInvocation } from '../throttle/retry-backoff.ts';
import { runAttempt } from './attempt.ts';
import type { AttemptEnd } from './attempt-verdict.ts';
import { answerTokens } from './build-request.ts';
import { estimateInputTokens } from './estimate-tokens.ts';
import { afterFailure, candidateKey, forNextRound, type CandidateRef, type FallbackBudget } from './fallback-budget.ts';
import { fallbackProblems } from './fallback-problems.ts';
import type { FallbackDeps, FallbackJob, FallbackOutcome } from './fallback-types.ts';
import type { ModelRequest, ModelSpec } from './model-types.ts';
import { fallTo, skipRecords } from './skipped-models.ts';

/**
 * Runs a job over the chain until one model has answered it.
 *
 *   choose ──admitted──> attempt ──succeeded──────────────────> done
 *     ^ │                   ├── failed: next candidate, at once; 5 s later once a second model has throttled ──> choose
 *     │ │                   ├── malformed: the same model is asked to repair its answer ──> choose
 *     │ │                   └── fatal, or malformed for the second time ──> failure
 *     │ ├── wait (places, tokens, every model cooling): in place, or deferred ──> choose
 *     │ └── every candidate has failed: 5, 10, 20 s, then ──> choose from the whole chain; then failure
 *     └──────────────────────────────────────────────────────────────────────────────────────────────────────
 *
 * Candidates are the chain's models in order, each in the regions in order: a model that throttles in one region is asked in the next,
 * whose quota is another, before a lesser model is.
 *
 * Guarantees
 *   - Every lease is settled and every call reported exactly once, whatever happens.
 *   - A candidate is called at most once per round over the chain, but for the one repair of an answer; rounds and calls are limited by the
 *     job's one budget, however often it is deferred and run again. Waiting for places, tokens or the end of cooldowns uses up nothing of it.
 *   - Nothing of a new attempt is consumed before `restarted` has returned, if anything of an old one was.
 *   - Aborting rejects with the signal's reason within 100 ms.
 * Not guaranteed: that a wait is over when it was expected to be; the admission is asked again.
 */
export async function runWithFallback<T>(deps: FallbackDeps, job: FallbackJob<T>): Promise<FallbackOutcome<T>> {
  const run: Run<T> = {
    deps,
    job,
    ...asked(deps, job, job.budget),
    budget: job.budget,
    waitedMs: 0,
    announced: null,
  };
  if (run.all.length === 0) return failed(fallbackProblems.tooLong());
  for (;;) {
    job.signal.throwIfAborted();
    const outcome = await nextStep(run);
    if (outcome) return outcome;
  }
}

type Run<T> = {
  readonly deps: FallbackDeps;
  readonly job: FallbackJob<T>;
  /** The job's, with what is said behind it to have an answer repaired. */
  request: ModelRequest;
  all: readonly Candidate[];
  budget: FallbackBudget;
  /** In place, since the last call. */
  waitedMs: number;
  /** The wait that the observer was told of last, by the monotonic clock. */
  announced: { readonly layer: ThrottleLayer; readonly untilMs: number } | null;
};

type Wait = {
  readonly layer: ThrottleLayer;
  readonly waitMs: number;
  readonly expectedMs: number;
  readonly reason: string;
};

/** Null: there is a next step. */
type Step<T> = FallbackOutcome<T> | null;

const hopWaitMs = 5_000;
/** A daily quota cools for hours and a retired model for good: a job does not wait for that. */
const longestCooldownWaitMs = 10 * 60_000;
/** What the admission asks for less than is not worth asking again for. */
const shortestWaitMs = 10;

/** By how much the estimate can exceed the true count: only what is surely too long is not worth a call. */
const estimateExcess = 1.3;

function fittingCandidates(deps: FallbackDeps, request: ModelRequest): Candidate[] {
  return deps.chain.flatMap((model) => {
    const estimatedInputTokens = estimateInputTokens(request, model);
    const maxTokens = answerTokens(model, request);
    if (estimatedInputTokens / estimateExcess + maxTokens > model.contextTokens) return [];
    const reserveTokens = estimatedInputTokens + maxTokens;
    const { key: modelKey, outputBurndown } = model;
    return deps.regions.map((region) => ({ modelKey, region, reserveTokens, estimatedInputTokens, outputBurndown }));
  });
}

/** What is asked next, and of whom. Where no model has room for a repair, the job's own request is asked again. */
function asked<T>(
  deps: FallbackDeps,
  job: FallbackJob<T>,
  { repair }: FallbackBudget,
): Pick<Run<T>, 'request' | 'all'> {
  const request = { ...job.request, messages: [...job.request.messages, ...repair] };
  const all = fittingCandidates(deps, request);
  return all.length > 0 ? { request, all } : { request: job.request, all: fittingCandidates(deps, job.request) };
}

async function nextStep<T>(run: Run<T>): Promise<Step<T>> {
  const { deps, job } = run;
  const retry = spendInvocation(run.budget.retry, deps.policy.retry);
  if (!retry) return gaveUp(run);
  const candidates = openCandidates(run);
  if (candidates.length === 0) return exhausted(run);
  const decision = await deps.admission.admit(
    { candidates, priority: job.priority, holder: holderOf(run) },
    job.signal,
  );
  switch (decision.outcome) {
    case 'admitted':
      run.budget = { ...run.budget, retry };
      return attempt(run, decision);
    case 'wait':
      await recordSkips(run, decision.skipped);
      return waitForAdmission(run, decision);
    case 'unavailable':
      return nothingLeft(run, decision.skipped);
    default:
      return assertNever(decision);
  }
}

/** Another one after each lease: should a settlement be lost, the next call does not get the lease of the last one. */
const holderOf = <T>({ job, budget }: Run<T>) => `${job.holder}:${budget.retry.invocations}`;

const openCandidates = <T>({ all, budget }: Run<T>) =>
  all.filter((one) => !budget.triedInRound.includes(candidateKey(one)) && !budget.excluded.includes(candidateKey(one)));

/** Whether a candidate that failed in this round is worth another call in the next. */
const mayTryAgain = <T>({ budget }: Run<T>) => budget.triedInRound.some((key) => !budget.excluded.includes(key));

async function waitForAdmission<T>(run: Run<T>, wait: Wait): Promise<Step<T>> {
  if (wait.layer === 'MODEL_COOLDOWN' || wait.layer === 'CIRCUIT_BREAKER') {
    if (mayTryAgain(run)) return exhausted(run);
    if (wait.expectedMs > longestCooldownWaitMs) return gaveUp(run, wait.expectedMs);
  }
  return pause(run, wait);
}

/** All that was not tried yet is retired, or larger than the token budget. */
function nothingLeft<T>(run: Run<T>, skipped: readonly SkippedCandidate[]): Step<T> | Promise<Step<T>> {
  if (mayTryAgain(run)) return exhausted(run);
  if (run.budget.hasRejection) return gaveUp(run);
  const isTooLarge = skipped.some(({ why }) => why === 'SKIPPED_TOO_LARGE');
  return failed(isTooLarge ? fallbackProblems.tooLarge() : fallbackProblems.retired());
}

async function attempt<T>(
  run: Run<T>,
  decision: Extract<AdmissionDecision, { outcome: 'admitted' }>,
): Promise<Step<T>> {
  const { deps, job } = run;
  const { lease, skipped } = decision;
  const model = modelOf(run, lease.modelKey);
  run.waitedMs = 0;
  run.announced = null;
  const announce = async () => {
    await recordSkips(run, skipped);
    const fall = fallTo(model, { budget: run.budget, skipped, chain: deps.chain, nowMs: deps.clock.now() });
    if (fall) await job.observer.fellBack(fall.from, model, fall.reason, fall.waitMs);
    await job.observer.selected(model, lease.region);
  };
  const end = await runAttempt(deps, { ...job, request: run.request }, { model, lease, announce });
  switch (end.end) {
    case 'succeeded':
      return { ...end, outcome: 'succeeded', model, region: lease.region, budget: run.budget };
    case 'leaseLost':
      if (end.hasDelivered) await job.observer.restarted('The call lost its place and is started again');
      return null;
    case 'failed':
      return afterFailedAttempt(run, { modelKey: model.key, region: lease.region }, end);
    default:
      return assertNever(end);
  }
}

async function afterFailedAttempt<T>(
  run: Run<T>,
  candidate: CandidateRef,
  end: Extract<AttemptEnd<T>, { end: 'failed' }>,
): Promise<Step<T>> {
  const { deps, job } = run;
  const { failure, reason } = end;
  run.budget = afterFailure(run.budget, { ...candidate, failure, reason, atMs: deps.clock.now() }, run.all);
  if (failure.kind === 'fatal') {
    return failed(failure.fault === 'account' ? fallbackProblems.account() : fallbackProblems.malformedRequest());
  }
  if (run.budget.malformedAnswers > 1) return failed(fallbackProblems.malformedOutput());
  if (failure.kind === 'malformedOutput') Object.assign(run, asked(deps, job, run.budget));
  if (end.hasDelivered) await job.observer.restarted(reason);
  const isFurtherThrottle = failure.kind === 'throttled' && run.budget.throttledInRound.length > 1;
  if (!isFurtherThrottle || openCandidates(run).length === 0) return null;
  return pause(run, fixedWait(hopWaitMs, 'Several models are throttled: the next one is tried after a pause'));
}

async function exhausted<T>(run: Run<T>): Promise<Step<T>> {
  const { deps, budget } = run;
  const canAnyAnswer = run.all.some((candidate) => !budget.excluded.includes(candidateKey(candidate)));
  const backoff = nextBackoff(budget.retry, deps.policy.retry, deps.random);
  if (!canAnyAnswer || backoff.outcome === 'exhausted') return gaveUp(run);
  run.budget = forNextRound(budget, backoff.budget);
  await deps.admission.backOff(holderOf(run), backoff.waitMs);
  return pause(run, fixedWait(backoff.waitMs, 'No model could answer: the whole chain is tried again'));
}

const fixedWait = (waitMs: number, reason: string): Wait => ({
  layer: 'RETRY_BACKOFF',
  waitMs,
  expectedMs: waitMs,
  reason,
});

/** Nothing that is left of the chain can answer in time. */
function gaveUp<T>(run: Run<T>, retryAfterMs?: number): FallbackOutcome<never> {
  const isRequestAtFault = run.budget.hasRejection && !mayTryAgain(run);
  return failed(isRequestAtFault ? fallbackProblems.refused() : fallbackProblems.unavailable(retryAfterMs));
}

const failed = (problem: Problem) => ({ outcome: 'failed' as const, problem });

async function pause<T>(run: Run<T>, wait: Wait): Promise<Step<T>> {
  const { deps, job } = run;
  const waitMs = Math.max(shortestWaitMs, wait.waitMs);
  const expectedMs = Math.max(waitMs, wait.expectedMs);
  const nowMs = deps.clock.monotonic();
  if (run.announced?.layer !== wait.layer || nowMs >= run.announced.untilMs) {
    run.announced = { layer: wait.layer, untilMs: nowMs + expectedMs };
    await job.observer.waiting(wait.layer, expectedMs, wait.reason);
  }
  // An expectation is a guess, and a chat's place in the line is kept only until it was told to ask again.
  const awayMs = job.priority === 'chat' ? waitMs : expectedMs;
  if (run.waitedMs + awayMs > deps.policy.maxWaitInPlaceMs) {
    return { outcome: 'deferred', waitMs: awayMs, layer: wait.layer, reason: wait.reason, budget: run.budget };
  }
  run.waitedMs += waitMs;
  await deps.clock.sleep(waitMs, job.signal);
  return null;
}

async function recordSkips<T>(run: Run<T>, skipped: readonly SkippedCandidate[]): Promise<void> {
  const { records, budget } = skipRecords(run.budget, skipped, run.deps.clock.now());
  run.budget = budget;
  for (const record of records) await run.job.observer.attemptEnded(record);
}

function modelOf<T>(run: Run<T>, modelKey: string): ModelSpec {
  const model = run.deps.chain.find((spec) => spec.key === modelKey);
  if (!model) throw new Error(`The admission let through ${modelKey}, which is not in the chain`);
  return model;
}
