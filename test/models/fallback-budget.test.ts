import { describe, expect, it } from 'vitest';
import { forNextRequest, newFallbackBudget } from '../../src/models/fallback-budget.ts';

describe('the budget of a job with several requests', () => {
  it('keeps what failed, models that are gone, and rounds of backoff, but does not count the call that was answered', () => {
    const used = {
      ...newFallbackBudget,
      retry: { backoffs: 2, invocations: 5 },
      triedInRound: ['a@east', 'b@east'],
      excluded: ['a@east'],
      throttledInRound: ['b'],
      malformedAnswers: 1,
    };
    expect(forNextRequest(used)).toEqual({
      ...newFallbackBudget,
      retry: { backoffs: 2, invocations: 4 },
      excluded: ['a@east'],
    });
  });

  it('does not run out by answers alone, however many requests a job has', () => {
    let budget = newFallbackBudget;
    for (let request = 0; request < 100; request += 1) {
      budget = forNextRequest({ ...budget, retry: { ...budget.retry, invocations: budget.retry.invocations + 1 } });
    }
    expect(budget.retry.invocations).toBe(0);
  });
});
