import { describe, expect, it } from 'vitest';
import { fallbackBudgetSchema } from '../../src/models/fallback-budget.ts';
import type { SkippedCandidate } from '../../src/throttle/admission-port.ts';
import {
  admit,
  createHarness,
  fails,
  isDown,
  isRetired,
  stored,
  throttles,
  wait,
  type Harness,
} from './fallback-harness.ts';

const skipped = (modelKey: string, why: SkippedCandidate['why'] = 'SKIPPED_COOLING_DOWN'): SkippedCandidate => ({
  modelKey,
  region: 'east',
  why,
});

const calls = (harness: Harness) => harness.timeline.filter((line) => line.includes('call'));
const waits = (harness: Harness) => harness.timeline.filter((line) => line.includes('wait'));
const repeated = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value);

describe('a wait for a place or for tokens', () => {
  it('is awaited in place, then the admission is asked again by the same holder', async () => {
    const harness = createHarness({ decisions: [wait('REQUEST_QUEUE', 400), wait('TOKEN_BUDGET', 300)] });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(harness.timeline.slice(0, 3)).toEqual([
      '0 wait REQUEST_QUEUE 400',
      '400 wait TOKEN_BUDGET 300',
      '700 selected A@east',
    ]);
    expect(new Set(harness.admitted.map((asked) => asked.holder)).size).toBe(1);
  });

  it('is told once, however often the admission is asked meanwhile', async () => {
    const harness = createHarness({
      decisions: [
        wait('REQUEST_QUEUE', 100, { expectedMs: 1_000 }),
        wait('REQUEST_QUEUE', 100, { expectedMs: 900 }),
        wait('REQUEST_QUEUE', 100, { expectedMs: 800 }),
      ],
    });
    await harness.runToEnd();
    expect(waits(harness)).toEqual(['0 wait REQUEST_QUEUE 1000']);
  });

  it('is told again when it is longer than was expected', async () => {
    const harness = createHarness({ decisions: [wait('REQUEST_QUEUE', 100), wait('REQUEST_QUEUE', 100)] });
    await harness.runToEnd();
    expect(waits(harness)).toEqual(['0 wait REQUEST_QUEUE 100', '100 wait REQUEST_QUEUE 100']);
  });

  it('is told again after a call, whatever was expected before it', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [isDown] },
      decisions: [wait('REQUEST_QUEUE', 100, { expectedMs: 1_000 }), admit('A'), wait('REQUEST_QUEUE', 100)],
    });
    await harness.runToEnd();
    expect(waits(harness)).toEqual(['0 wait REQUEST_QUEUE 1000', '100 wait REQUEST_QUEUE 100']);
  });

  it('of no time at all does not spin', async () => {
    const harness = createHarness({ decisions: repeated(wait('REQUEST_QUEUE', 0), 5) });
    await harness.runToEnd();
    expect(harness.clock.monotonic()).toBe(50);
  });

  it('uses up nothing of the retry budget', async () => {
    const harness = createHarness({
      decisions: repeated(wait('TOKEN_BUDGET', 60_000), 50),
      mostInvocations: 1,
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('a wait that is too long to keep a worker', () => {
  it('defers the job for the time that it will probably take', async () => {
    const harness = createHarness({
      maxWaitInPlaceMs: 2_000,
      decisions: [wait('TOKEN_BUDGET', 500, { expectedMs: 40_000 })],
    });
    expect(await harness.run()).toMatchObject({
      outcome: 'deferred',
      waitMs: 40_000,
      layer: 'TOKEN_BUDGET',
      reason: 'told to',
    });
    expect(harness.timeline).toEqual(['0 wait TOKEN_BUDGET 40000']);
  });

  it('defers a chat only until it was told to ask again: so long its place in the line is kept', async () => {
    const told = wait('REQUEST_QUEUE', 250, { expectedMs: 10_000 });
    const harness = createHarness({ maxWaitInPlaceMs: 1_000, decisions: [told, told, told, told, told] });
    expect(await harness.runToEnd({ priority: 'chat' })).toMatchObject({ outcome: 'deferred', waitMs: 250 });
    expect(harness.clock.monotonic()).toBe(1_000);
    expect(waits(harness)).toEqual(['0 wait REQUEST_QUEUE 10000']);
  });

  it('may consist of many short ones', async () => {
    const harness = createHarness({ maxWaitInPlaceMs: 2_000, decisions: repeated(wait('REQUEST_QUEUE', 600), 10) });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'deferred', waitMs: 600 });
    expect(harness.clock.monotonic()).toBe(1_800);
  });

  it('is counted from the last call on, not over the whole job', async () => {
    const harness = createHarness({
      maxWaitInPlaceMs: 1_000,
      scripts: { 'A@east': [isDown] },
      decisions: [wait('REQUEST_QUEUE', 800), admit('A'), wait('REQUEST_QUEUE', 800)],
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect(harness.clock.monotonic()).toBe(1_600);
  });

  it('between models is taken up again where it was: nothing is called twice', async () => {
    const scripts = { 'A@east': [throttles], 'B@east': [throttles] };
    const harness = createHarness({ maxWaitInPlaceMs: 1_000, scripts });
    const first = await harness.runToEnd();
    if (first.outcome !== 'deferred') throw new Error(first.outcome);
    expect(first).toMatchObject({ waitMs: 5_000, layer: 'RETRY_BACKOFF' });
    expect(fallbackBudgetSchema.parse(stored(first.budget))).toEqual(first.budget);

    await harness.clock.advance(6_000);
    expect(await harness.run({ budget: stored(first.budget) })).toMatchObject({ model: { key: 'C' } });
    expect(calls(harness)).toEqual(['0 call A@east', '0 call B@east', '6000 call C@east']);
    expect(harness.timeline).toContain('6000 fell back B>C after 6000: because throttled');
  });
});

describe('models that cool down or whose breaker is open', () => {
  it('are passed over without a wait, and that is recorded', async () => {
    const harness = createHarness({
      decisions: [{ ...admit('C'), skipped: [skipped('A'), skipped('B', 'SKIPPED_CIRCUIT_OPEN')] }],
    });
    expect(await harness.run()).toMatchObject({ model: { key: 'C' } });
    expect(harness.timeline).toEqual([
      '0 SKIPPED_COOLING_DOWN A@east',
      '0 SKIPPED_CIRCUIT_OPEN B@east',
      '0 fell back A>C after 0: It is cooling down after a throttle',
      '0 selected C@east',
      '0 call C@east',
      '0 read "fine"',
      '0 SUCCEEDED C@east',
    ]);
  });

  it('are recorded once per job, however often they are passed over', async () => {
    const first = wait('REQUEST_QUEUE', 100, { skipped: [skipped('A')] });
    const harness = createHarness({
      maxWaitInPlaceMs: 150,
      decisions: [first, first, { ...admit('B'), skipped: [skipped('A')] }],
    });
    const deferred = await harness.runToEnd();
    if (deferred.outcome !== 'deferred') throw new Error(deferred.outcome);
    await harness.run({ budget: stored(deferred.budget) });
    expect(harness.attempts.map((one) => `${one.outcome} ${one.modelKey}`)).toEqual([
      'SKIPPED_COOLING_DOWN A',
      'SUCCEEDED B',
    ]);
  });

  it('for good are no attempts', async () => {
    const harness = createHarness({
      decisions: [{ ...admit('B'), skipped: [skipped('A', 'SKIPPED_RETIRED')] }],
    });
    await harness.run();
    expect(harness.attempts.map((one) => one.modelKey)).toEqual(['B']);
    expect(harness.timeline[0]).toBe('0 fell back A>B after 0: It has reached its end of life');
  });

  it('all of them: a job that was never let through waits, and keeps its retries', async () => {
    const harness = createHarness({
      decisions: repeated(wait('MODEL_COOLDOWN', 30_000, { skipped: [skipped('A')] }), 5),
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(harness.clock.monotonic()).toBe(150_000);
  });

  it('all of them for hours: fails, and says when to come back', async () => {
    const harness = createHarness({ decisions: [wait('MODEL_COOLDOWN', 1_000, { expectedMs: 4 * 3_600_000 })] });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'ALL_MODELS_UNAVAILABLE', retryable: true, retryAfterMs: 4 * 3_600_000 },
    });
  });

  it('all but one, which has just failed: the chain is exhausted', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [throttles] },
      decisions: [admit('A'), wait('MODEL_COOLDOWN', 30_000)],
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded' });
    expect(waits(harness)).toEqual(['0 wait RETRY_BACKOFF 5000']);
  });
});

describe('no candidate that could ever pass', () => {
  const unavailable = (why: SkippedCandidate['why']) => ({
    outcome: 'unavailable' as const,
    reason: 'none',
    skipped: ['A', 'B', 'C'].map((key) => skipped(key, why)),
  });

  it('because all have ended fails and says what to change', async () => {
    const harness = createHarness({ decisions: [unavailable('SKIPPED_RETIRED')] });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'ALL_MODELS_UNAVAILABLE', message: expect.stringContaining('MODEL_CHAIN') },
    });
  });

  it('because the request exceeds the token budget fails for good', async () => {
    const harness = createHarness({ decisions: [unavailable('SKIPPED_TOO_LARGE')] });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'MODEL_REJECTED_REQUEST', retryable: false },
    });
  });

  it('apart from one that has just failed: that one is tried again after the backoff', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [isDown] },
      decisions: [admit('A'), unavailable('SKIPPED_RETIRED')],
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(calls(harness)).toEqual(['0 call A@east', '5000 call A@east']);
  });
});

describe('the whole chain exhausted', () => {
  const models = ['A', 'B'];

  it('waits 5, 10 and 20 s, and succeeds in the last round', async () => {
    const harness = createHarness({
      models,
      scripts: { 'A@east': repeated(isDown, 3), 'B@east': repeated(isDown, 4) },
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(calls(harness)).toEqual([
      '0 call A@east',
      '0 call B@east',
      '5000 call A@east',
      '5000 call B@east',
      '15000 call A@east',
      '15000 call B@east',
      '35000 call A@east',
    ]);
    expect(waits(harness)).toEqual([
      '0 wait RETRY_BACKOFF 5000',
      '5000 wait RETRY_BACKOFF 10000',
      '15000 wait RETRY_BACKOFF 20000',
    ]);
    expect(harness.timeline.join()).not.toContain('fell back B>A');
  });

  it('a fourth time fails with ALL_MODELS_UNAVAILABLE, to be retried', async () => {
    const harness = createHarness({
      models,
      scripts: { 'A@east': repeated(isDown, 9), 'B@east': repeated(isDown, 9) },
    });
    expect(await harness.runToEnd()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'ALL_MODELS_UNAVAILABLE', retryable: true, retryAfterMs: 60_000 },
    });
    expect(harness.clock.monotonic()).toBe(35_000);
    expect(calls(harness)).toHaveLength(8);
    harness.expectAllSettled();
  });

  it('registers each backoff, so that all workers see it', async () => {
    const backoffs: string[] = [];
    const harness = createHarness({
      models: ['A'],
      scripts: { 'A@east': repeated(isDown, 9) },
      admission: { backOff: async (holder, waitMs) => void backoffs.push(`${holder} ${waitMs}`) },
    });
    await harness.runToEnd();
    expect(backoffs).toEqual(['job-1:1 5000', 'job-1:2 10000', 'job-1:3 20000']);
    expect(harness.admitted.map((asked) => asked.holder)).toEqual(['job-1:0', 'job-1:1', 'job-1:2', 'job-1:3']);
  });

  it.each([
    [0, 4_000],
    [0.999_999, 6_000],
  ])('spreads its waits by chance: at %s it is %s ms', async (chance, expected) => {
    const harness = createHarness({ models: ['A'], random: () => chance, scripts: { 'A@east': [isDown] } });
    const running = harness.run();
    expect(await harness.clock.nextWakeMs()).toBe(expected);
    await harness.clock.advance(expected);
    expect(await running).toMatchObject({ outcome: 'succeeded' });
  });

  it('over all deferrals waits three times, not three times each', async () => {
    const harness = createHarness({
      models,
      maxWaitInPlaceMs: 1_000,
      scripts: { 'A@east': repeated(isDown, 99), 'B@east': repeated(isDown, 99) },
    });
    const deferrals: number[] = [];
    let outcome = await harness.run();
    while (outcome.outcome === 'deferred') {
      deferrals.push(outcome.waitMs);
      await harness.clock.advance(outcome.waitMs);
      outcome = await harness.run({ budget: stored(outcome.budget) });
    }
    expect(deferrals).toEqual([5_000, 10_000, 20_000]);
    expect(outcome).toMatchObject({ outcome: 'failed', problem: { code: 'ALL_MODELS_UNAVAILABLE' } });
    expect(calls(harness)).toHaveLength(8);
  });

  it('by calls rather than rounds fails when the job has made as many as it may', async () => {
    const harness = createHarness({
      models,
      mostInvocations: 3,
      scripts: { 'A@east': repeated(isDown, 9), 'B@east': repeated(isDown, 9) },
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'failed', problem: { code: 'ALL_MODELS_UNAVAILABLE' } });
    expect(calls(harness)).toHaveLength(3);
  });

  it('does not ask models again that have ended', async () => {
    const harness = createHarness({
      models,
      scripts: { 'A@east': [isRetired], 'B@east': [fails({ kind: 'truncated' })] },
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect(calls(harness)).toEqual(['0 call A@east', '0 call B@east', '5000 call B@east']);
  });
});
