import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RetryBudget } from '../../src/throttle/retry-backoff.ts';
import { defaultRetryPolicy, newRetryBudget, nextBackoff, spendInvocation } from '../../src/throttle/retry-backoff.ts';
import { describeBoth } from './support/fleet.ts';

const waitsOf = (random: () => number): number[] => {
  const waits: number[] = [];
  let budget: RetryBudget = newRetryBudget;
  for (;;) {
    const next = nextBackoff(budget, defaultRetryPolicy, random);
    if (next.outcome === 'exhausted') return waits;
    waits.push(next.waitMs);
    budget = next.budget;
  }
};

test('waits 5, 10 and 20 s, then gives up', () => {
  expect(waitsOf(() => 0.5)).toEqual([5_000, 10_000, 20_000]);
});

test('jitter stays within a fifth of the delay', () => {
  const delays = [5_000, 10_000, 20_000];
  const isNear = (wait: number, round: number): boolean => Math.abs(wait / (delays[round] ?? NaN) - 1) <= 0.2;
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => waitsOf(() => random).every(isNear)),
  );
  expect(waitsOf(() => 0)).toEqual([4_000, 8_000, 16_000]);
});

test('one budget bounds all calls of a job, however they come about', () => {
  let budget: RetryBudget | null = newRetryBudget;
  let calls = 0;
  for (; budget; calls++) budget = spendInvocation(budget, defaultRetryPolicy);
  expect(calls - 1).toBe(defaultRetryPolicy.mostInvocations);
});

test('a budget without invocations allows no further round', () => {
  const spent = { backoffs: 0, invocations: defaultRetryPolicy.mostInvocations };
  expect(nextBackoff(spent, defaultRetryPolicy, () => 0.5)).toEqual({ outcome: 'exhausted' });
});

test('a budget survives the way through a job’s payload', () => {
  const budget = { backoffs: 2, invocations: 7 };
  expect(JSON.parse(JSON.stringify(budget))).toEqual(budget);
});

describeBoth('retry backoff', (createFleet) => {
  test('a holder that asks during its backoff, from anywhere, waits for the rest of it', async () => {
    const { admission, clock, ask, start } = await createFleet();
    await admission.backOff('job', 5_000);
    clock.advance(1_200);
    expect(await ask('job')).toMatchObject({
      outcome: 'wait',
      layer: 'RETRY_BACKOFF',
      waitMs: 3_800,
      expectedMs: 3_800,
    });
    await start('another');
    clock.advance(3_800);
    await start('job');
  });

  test('counts who is in backoff, and nobody whose backoff is over', async () => {
    const { admission, clock } = await createFleet();
    await admission.backOff('a', 5_000);
    await admission.backOff('b', 10_000);
    await admission.backOff('b', 10_000);
    expect((await admission.snapshot()).retriesWaiting).toBe(2);
    clock.advance(5_000);
    expect((await admission.snapshot()).retriesWaiting).toBe(1);
    clock.advance(5_000);
    expect((await admission.snapshot()).retriesWaiting).toBe(0);
  });
});
