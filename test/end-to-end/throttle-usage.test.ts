import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelAttempt } from '../../src/db.ts';
import { costUsd } from '../../src/models/cost.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import {
  analyze,
  collect,
  logOf,
  manySections,
  names,
  readAnalysis,
  startWorkerWith,
  until,
  uploadSections,
} from './reviewing.ts';

describe('what an analysis used and cost', () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  let sectionIds: readonly string[];
  let nextSection = 0;
  beforeAll(async () => {
    const settings = { MODEL_CHAIN: 'sonnet-4.5,sonnet-4.6', BEDROCK_REGIONS: 'us-east-2' };
    prism = await startPrism({ workers: 0, tokensPerSecond: 300, settings });
    const retry = { backoffMs: [1_100, 1_100], jitter: 0, mostInvocations: 24 };
    worker = await startWorkerWith(prism, { retry, maxWaitInPlaceMs: 500 });
    ({ sectionIds } = await uploadSections(prism, manySections(5)));
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  const analyzeNext = (): Promise<string> => analyze(prism, sectionIds[nextSection++]);
  const attemptsOf = (analysisId: string): Promise<ModelAttempt[]> =>
    prism.server.runtime.db.modelAttempt.findMany({ where: { analysisId }, orderBy: { id: 'asc' } });
  const called = (attempts: readonly ModelAttempt[]) =>
    attempts.filter(({ outcome }) => !outcome.startsWith('SKIPPED'));

  /** The sum over its attempts, and every attempt at the prices of its model. */
  async function expectSums(id: string, attempts: readonly ModelAttempt[]): Promise<void> {
    const { usage } = await readAnalysis(prism, id);
    for (const field of ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'costUsd'] as const) {
      expect(usage[field]).toBeCloseTo(
        attempts.reduce((sum, attempt) => sum + attempt[field], 0),
        10,
      );
    }
    for (const attempt of attempts) {
      const model = prism.server.runtime.catalog.byKey(attempt.modelKey);
      if (!model) throw new Error(`${attempt.modelKey} is not in the catalog`);
      expect(attempt.costUsd).toBeCloseTo(costUsd(attempt, model), 10);
    }
  }

  it('counts every call once, over a fallback, a restart and waits in the queue', async () => {
    const before = prism.simulator.activity.counters().seen;
    // Round 1: throttled, cut in mid-answer. Round 2: throttled, throttled. Round 3: answered.
    const throttle = { kind: 'throttle', retryAfterSeconds: 1 } as const;
    prism.simulator.faults.add({ match: { nth: 2 }, fault: { kind: 'mid-stream-exception', afterTokens: 60 } });
    prism.simulator.faults.add({ fault: throttle, times: 3 });
    const id = await analyzeNext();
    const events = await logOf(prism, id);
    expect(names(events)).toEqual(expect.arrayContaining(['ModelFellBack', 'AttemptRestarted', 'ThrottleWaiting']));
    expect(names(events).at(-1)).toBe('AnalysisCompleted');
    const attempts = await attemptsOf(id);
    expect(called(attempts).map(({ outcome }) => outcome)).toEqual([
      'THROTTLED',
      'UNAVAILABLE',
      'THROTTLED',
      'THROTTLED',
      'SUCCEEDED',
    ]);
    expect(prism.simulator.activity.counters().seen - before).toBe(5);
    const [refused, cut] = called(attempts);
    expect(refused).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: 0 });
    expect(cut?.inputTokens).toBeGreaterThan(0);
    expect(cut?.outputTokens).toBeGreaterThan(0);
    await expectSums(id, attempts);
  });

  it('has what was used of an answer that was cancelled in the middle', async () => {
    const id = await analyzeNext();
    const events = prism.events('analysisEvents', id);
    const seen: StreamedEvent[] = [];
    for (let deltas = 0; deltas < 5; deltas += 1) await until(events, 'ThinkingDelta', seen);
    await prism.ask('mutation($id: ID!) { cancelAnalysis(input: { id: $id }) { analysis { id } } }', { id });
    await collect(events, seen);
    await expect.poll(async () => (await attemptsOf(id)).map(({ outcome }) => outcome)).toEqual(['CANCELLED']);
    const [attempt] = await attemptsOf(id);
    const { usage, status } = await readAnalysis(prism, id);
    expect(status).toBe('CANCELLED');
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(usage.costUsd).toBeGreaterThan(0);
    // A part of what a whole answer takes.
    const whole = await analyzeNext();
    await logOf(prism, whole);
    expect(attempt?.outputTokens).toBeLessThan((await attemptsOf(whole))[0]?.outputTokens ?? 0);
    await expectSums(id, await attemptsOf(id));
  });

  it('counts the call of the worker that finished once, when the one before it was killed', async () => {
    await worker.close();
    const victim = await prism.forkWorker();
    // It does not finish before its end, however long its successor takes to start.
    prism.simulator.faults.add({ fault: { kind: 'stall' }, times: 1 });
    const id = await analyzeNext();
    const events = prism.events('analysisEvents', id);
    await until(events, 'ThinkingDelta');
    worker = await startWorkerWith(prism, {});
    victim.kill('SIGKILL');
    expect(names(await collect(events)).at(-1)).toBe('AnalysisCompleted');
    const attempts = await attemptsOf(id);
    expect(attempts.map(({ outcome, attempt }) => `${attempt} ${outcome}`)).toEqual(['2 SUCCEEDED']);
    await expectSums(id, attempts);
  });
});
