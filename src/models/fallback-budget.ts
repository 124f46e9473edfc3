import { z } from 'zod';
import { assertNever } from '../errors.ts';
import { newRetryBudget, type RetryBudget } from '../throttle/retry-backoff.ts';
import type { FailureClass } from './classify-failure.ts';
import type { ModelMessage } from './model-types.ts';

/**
 * What a job has used up. It is plain data: a job that is put back carries it along, so that neither deferrals nor attempts of the
 * queue multiply the calls. A new job begins with `newFallbackBudget`.
 *
 * A candidate is `modelKey@region`. In each round over the chain it is called at most once, but for one repair of an answer; those
 * `excluded` never again for this job.
 */
export const fallbackBudgetSchema = z.object({
  retry: z.object({ backoffs: z.number().int().nonnegative(), invocations: z.number().int().nonnegative() }),
  triedInRound: z.array(z.string()),
  excluded: z.array(z.string()),
  /** Keys of the models that throttled in this round. */
  throttledInRound: z.array(z.string()),
  /** Whether a model refused the request itself. */
  hasRejection: z.boolean(),
  malformedAnswers: z.number().int().nonnegative(),
  /** Said behind the request since an answer could not be read: that answer, and what is wrong with it. */
  repair: z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })).default([]),
  /** Candidates whose skipping was recorded. */
  skipsRecorded: z.array(z.string()),
  /** The failure that the next model takes over from. */
  lastFailure: z.object({ modelKey: z.string(), reason: z.string(), atMs: z.number() }).nullable(),
});
export type FallbackBudget = z.infer<typeof fallbackBudgetSchema>;

export const newFallbackBudget: FallbackBudget = Object.freeze({
  retry: newRetryBudget,
  triedInRound: [],
  excluded: [],
  throttledInRound: [],
  hasRejection: false,
  malformedAnswers: 0,
  repair: [],
  skipsRecorded: [],
  lastFailure: null,
});

export type CandidateRef = { readonly modelKey: string; readonly region: string };

export const candidateKey = ({ modelKey, region }: CandidateRef): string => `${modelKey}@${region}`;

export type FailedAttempt = CandidateRef & {
  readonly failure: FailureClass | { readonly kind: 'malformedOutput'; readonly repair: readonly ModelMessage[] };
  readonly reason: string;
  readonly atMs: number;
};

/** The budget after a failed attempt. `all` are the candidates of the whole chain. Pure. */
export function afterFailure(
  budget: FallbackBudget,
  attempt: FailedAttempt,
  all: readonly CandidateRef[],
): FallbackBudget {
  const { failure } = attempt;
  const spent = all.filter((candidate) => isSpent(candidate, attempt)).map(candidateKey);
  const isForGood = failure.kind === 'rejectedByModel' || failure.kind === 'retired' || failure.kind === 'notOffered';
  return {
    ...budget,
    triedInRound: union(budget.triedInRound, spent),
    excluded: isForGood ? union(budget.excluded, spent) : budget.excluded,
    throttledInRound:
      failure.kind === 'throttled' ? union(budget.throttledInRound, [attempt.modelKey]) : budget.throttledInRound,
    hasRejection: budget.hasRejection || failure.kind === 'rejectedByModel',
    malformedAnswers: budget.malformedAnswers + (failure.kind === 'malformedOutput' ? 1 : 0),
    repair: failure.kind === 'malformedOutput' ? [...failure.repair] : budget.repair,
    lastFailure: { modelKey: attempt.modelKey, reason: attempt.reason, atMs: attempt.atMs },
  };
}

/** Whether the attempt also settles what to expect of `candidate`: a model takes or refuses a request, and comes to its end, in every region. */
function isSpent(candidate: CandidateRef, { modelKey, region, failure }: FailedAttempt): boolean {
  switch (failure.kind) {
    case 'rejectedByModel':
    case 'retired':
      return candidate.modelKey === modelKey;
    case 'malformedOutput':
      // Who wrote the answer is the first to be asked to repair it.
      return failure.repair.length === 0 && candidate.modelKey === modelKey;
    case 'unavailable':
      return candidate.region === region && (failure.scope === 'region' || candidate.modelKey === modelKey);
    case 'throttled':
    case 'notOffered':
    case 'timedOut':
    case 'truncated':
    case 'fatal':
    case 'cancelled':
      return candidate.modelKey === modelKey && candidate.region === region;
    default:
      return assertNever(failure);
  }
}

/** The budget for the next round over the whole chain, after a backoff that leaves `retry`. */
export const forNextRound = (budget: FallbackBudget, retry: RetryBudget): FallbackBudget => ({
  ...budget,
  retry,
  triedInRound: [],
  throttledInRound: [],
  lastFailure: null,
});

/**
 * The budget for the next request of a job whose last one was answered: rounds of backoff and failed calls stay used up, and so do models
 * that are gone; the call that was answered is none of them, or a job of many requests would come to the end of its budget without a failure.
 */
export const forNextRequest = (budget: FallbackBudget): FallbackBudget => ({
  ...forNextRound(budget, { ...budget.retry, invocations: Math.max(0, budget.retry.invocations - 1) }),
  malformedAnswers: 0,
});

const union = (known: readonly string[], added: readonly string[]): string[] => [...new Set([...known, ...added])];
