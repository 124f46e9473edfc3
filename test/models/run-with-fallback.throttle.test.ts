import { expect, it } from 'vitest';
import type { FallbackOutcome } from '../../src/models/fallback-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import { createMemoryAdmission } from '../../src/throttle/memory-admission.ts';
import { defaultThrottleLimits } from '../../src/throttle/throttle-limits.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { answers, createHarness, spec, throttles, type Script } from './fallback-harness.ts';

/** Several jobs at once against the throttle's own model, in virtual time. `at` says what a model does when it is called. */
async function simulate(options: {
  readonly jobs: number;
  readonly models: readonly string[];
  readonly at: (modelKey: string, nowMs: number) => Script;
  readonly forMs: number;
}) {
  const clock = createFakeClock();
  const startedMs = clock.now();
  const admission = createMemoryAdmission({ limits: defaultThrottleLimits, clock });
  const calls: { readonly atMs: number; readonly modelKey: string }[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const harness = createHarness();
  const deps = {
    ...harness.deps,
    admission,
    clock,
    chain: options.models.map((key) => spec(key)),
    client: {
      async *stream(model: { readonly key: string }, _region: string, _request: unknown, signal: AbortSignal) {
        calls.push({ atMs: clock.now() - startedMs, modelKey: model.key });
        inFlight += 1;
        mostInFlight = Math.max(mostInFlight, inFlight);
        try {
          yield* options.at(model.key, clock.now() - startedMs)(signal);
        } finally {
          inFlight -= 1;
        }
      },
      close: () => undefined,
    },
  };
  const waits: string[] = [];
  const outcomes: (FallbackOutcome<string> | undefined)[] = Array.from({ length: options.jobs });
  const running = outcomes.map(async (_none, index) => {
    const observer = {
      ...harness.job().observer,
      waiting: (layer: string) => void waits.push(`${clock.now() - startedMs} job-${index} ${layer}`),
    };
    outcomes[index] = await runWithFallback(deps, harness.job({ holder: `job-${index}`, observer }));
  });
  for (let turn = 0; turn < 20_000 && clock.now() - startedMs < options.forMs; turn++) {
    const waitMs = await clock.nextWakeMs();
    if (waitMs === null) break;
    await clock.advance(waitMs);
  }
  await Promise.all(running);
  return { outcomes, calls, waits, mostInFlight };
}

it('every model throttled for ever: the chain is tried four times, as cooldowns allow, then the job fails', async () => {
  const { outcomes, calls } = await simulate({ jobs: 1, models: ['A', 'B'], at: () => throttles, forMs: 3_600_000 });
  expect(outcomes[0]).toMatchObject({
    outcome: 'failed',
    problem: { code: 'ALL_MODELS_UNAVAILABLE', retryable: true },
  });
  expect(calls.filter((call) => call.modelKey === 'A')).toHaveLength(4);
  expect(calls.filter((call) => call.modelKey === 'B')).toHaveLength(4);
  expect(calls[0]?.atMs).toBe(0);
});

it('every model throttled for 20 s: the job succeeds with the probe that is let through after 30 s', async () => {
  const { outcomes, calls, waits } = await simulate({
    jobs: 1,
    models: ['A', 'B'],
    at: (_key, nowMs) => (nowMs < 20_000 ? throttles : answers()),
    forMs: 600_000,
  });
  expect(outcomes[0]).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
  expect(calls).toEqual([
    { atMs: 0, modelKey: 'A' },
    { atMs: 0, modelKey: 'B' },
    { atMs: 30_000, modelKey: 'A' },
  ]);
  expect(waits).toEqual(['0 job-0 RETRY_BACKOFF', '5000 job-0 MODEL_COOLDOWN']);
});

it('ten jobs while every model is throttled for 20 s: one probe, and no job has failed for waiting', async () => {
  const { outcomes, calls } = await simulate({
    jobs: 10,
    models: ['A', 'B'],
    at: (_key, nowMs) => (nowMs < 20_000 ? throttles : answers()),
    forMs: 600_000,
  });
  expect(outcomes.map((one) => one?.outcome)).toEqual(Array.from({ length: 10 }, () => 'succeeded'));
  const second = calls.filter((call) => call.atMs >= 20_000);
  expect(second[0]).toEqual({ atMs: 30_000, modelKey: 'A' });
});

it('forty jobs at once: all are answered, within the limits of the fleet', async () => {
  const { outcomes, calls, mostInFlight } = await simulate({
    jobs: 40,
    models: ['A'],
    at: () => answers(),
    forMs: 3_600_000,
  });
  expect(outcomes.every((one) => one?.outcome === 'succeeded')).toBe(true);
  expect(mostInFlight).toBeLessThanOrEqual(5);
  const busiest = Math.max(
    ...calls.map(({ atMs }) => calls.filter((one) => one.atMs >= atMs && one.atMs < atMs + 60_000).length),
  );
  expect(busiest).toBe(30);
});
