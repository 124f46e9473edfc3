import type { SkippedCandidate } from '../throttle/admission-port.ts';
import { candidateKey, type FallbackBudget } from './fallback-budget.ts';
import type { AttemptRecord } from './fallback-types.ts';
import { noUsage, type ModelSpec } from './model-types.ts';

const reasons: Record<SkippedCandidate['why'], string> = {
  SKIPPED_COOLING_DOWN: 'It is cooling down after a throttle',
  SKIPPED_CIRCUIT_OPEN: 'It failed repeatedly and is left alone for a while',
  SKIPPED_RETIRED: 'It has reached its end of life',
  SKIPPED_TOO_LARGE: 'With it, the request exceeds the token budget of a whole minute',
};

/**
 * The records of what was passed over for a while, each once per job. What can never be called (retired, too large) is no attempt that was
 * not made.
 */
export function skipRecords(
  budget: FallbackBudget,
  skipped: readonly SkippedCandidate[],
  nowMs: number,
): { readonly records: readonly AttemptRecord[]; readonly budget: FallbackBudget } {
  const records = skipped.flatMap(({ modelKey, region, why }): AttemptRecord[] => {
    if (why === 'SKIPPED_RETIRED' || why === 'SKIPPED_TOO_LARGE') return [];
    if (budget.skipsRecorded.includes(candidateKey({ modelKey, region }))) return [];
    const notMade = { startedAt: nowMs, durationMs: 0, firstTokenMs: null, usage: noUsage, costUsd: 0 };
    return [{ modelKey, region, outcome: why, reason: reasons[why], ...notMade }];
  });
  const skipsRecorded = [...budget.skipsRecorded, ...records.map(candidateKey)];
  return { records, budget: { ...budget, skipsRecorded } };
}

export type Fall = { readonly from: ModelSpec; readonly reason: string; readonly waitMs: number };

/**
 * From which model `to` takes over, and why: from the one that failed last, or from the preferred one that was passed over. Null when it
 * does not, as when the same model is called in another region.
 */
export function fallTo(to: ModelSpec, { budget, skipped, chain, nowMs }: FallContext): Fall | null {
  const cause = budget.lastFailure
    ? { ...budget.lastFailure, waitMs: Math.max(0, nowMs - budget.lastFailure.atMs) }
    : skipped.slice(0, 1).map(({ modelKey, why }) => ({ modelKey, reason: reasons[why], waitMs: 0 }))[0];
  // A budget that was carried over a change of the chain may name a model that is no longer there.
  const from = chain.find((model) => model.key === cause?.modelKey);
  return cause && from && from.key !== to.key ? { from, reason: cause.reason, waitMs: cause.waitMs } : null;
}

export type FallContext = {
  readonly budget: FallbackBudget;
  readonly skipped: readonly SkippedCandidate[];
  readonly chain: readonly ModelSpec[];
  readonly nowMs: number;
};
