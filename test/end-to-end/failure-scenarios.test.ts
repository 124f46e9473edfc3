import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { testRedis } from '../support/services.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { forkServer } from './fork-server.ts';
import {
  analyze,
  analyzeAll,
  collect,
  logOf,
  manySections,
  names,
  ofType,
  readAnalysis,
  startWorkerWith,
  until,
  uploadSections,
} from './reviewing.ts';

const msBetween = (from: { at: string }, to: { at: string }): number => Date.parse(to.at) - Date.parse(from.at);

describe('a primary model that throttles', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
    prism.simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' } });
  });
  afterAll(() => prism.close());

  it('costs no wait: the next model is asked at once, and the throttled one no more', async () => {
    const { sectionIds } = await uploadSections(prism, manySections(2));
    const events = await collect(prism.events('analysisEvents', await analyze(prism, sectionIds[0])));
    const [started] = ofType(events, 'AnalysisStarted');
    const [fell] = ofType(events, 'ModelFellBack');
    const selected = ofType(events, 'ModelSelected');
    expect(fell).toMatchObject({ from: { key: 'sonnet-4.5' }, to: { key: 'sonnet-4.6' } });
    expect(fell.reason).toContain('ThrottlingException');
    // The machine's share of it is measured, too; any other hop waits for five seconds.
    expect(fell.waitMs).toBeLessThan(3_000);
    expect(msBetween(started, selected.at(-1))).toBeLessThan(3_000);
    expect(names(events)).not.toContain('ThrottleWaiting');
    expect(names(events)).not.toContain('AttemptRestarted');
    expect(names(events).at(-1)).toBe('AnalysisCompleted');

    const first = await readAnalysis(prism, events[0].analysisId);
    expect(first.modelAttempts.map(outcomeOf)).toEqual([
      'sonnet-4.5 us-east-2 THROTTLED',
      'sonnet-4.5 us-west-2 THROTTLED',
      'sonnet-4.6 us-east-2 SUCCEEDED',
    ]);
    const asked = prism.simulator.activity.counters().refused;
    const second = await analyze(prism, sectionIds[1]);
    expect(names(await collect(prism.events('analysisEvents', second))).at(-1)).toBe('AnalysisCompleted');
    expect((await readAnalysis(prism, second)).modelAttempts.map(outcomeOf)).toEqual([
      'sonnet-4.5 us-east-2 SKIPPED_COOLING_DOWN',
      'sonnet-4.5 us-west-2 SKIPPED_COOLING_DOWN',
      'sonnet-4.6 us-east-2 SUCCEEDED',
    ]);
    expect(prism.simulator.activity.counters().refused).toBe(asked);
  });
});

describe('a chain that throttles as a whole', { timeout: 90_000 }, () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  const backoffMs = [1_500, 2_000, 2_500];
  beforeAll(async () => {
    const settings = { MODEL_CHAIN: 'sonnet-4.5,sonnet-4.6', BEDROCK_REGIONS: 'us-east-2', WORKER_CONCURRENCY: '1' };
    prism = await startPrism({ workers: 0, settings });
    const retry = { backoffMs, jitter: 0, mostInvocations: 24 };
    worker = await startWorkerWith(prism, { retry, maxWaitInPlaceMs: 1_000 });
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  /** The provider says itself when to come back, so that the models' cooldowns end before the job's waits. */
  const throttle = (text: string, times?: number) =>
    prism.simulator.faults.add({
      match: { textIncludes: text },
      fault: { kind: 'throttle', retryAfterSeconds: 1 },
      ...(times === undefined ? {} : { times }),
    });

  it('is tried again after each wait, visibly and without holding a worker, until it answers', async () => {
    const { sectionIds } = await uploadSections(prism, [
      { title: 'Alpha', text: 'The ALPHA fee will be paid soon.' },
      { title: 'Beta', text: 'The BETA fee will be paid soon.' },
    ]);
    throttle('ALPHA fee', 6);
    const throttledId = await analyze(prism, sectionIds[0]);
    const events = prism.events('analysisEvents', throttledId);
    const taken: StreamedEvent[] = [];
    await until(events, 'ThrottleWaiting', taken);
    expect((await prism.ask('{ throttle { retriesWaiting } }')).throttle.retriesWaiting).toBe(1);

    // There is one worker with room for one job, and it has time for another.
    const other = await collect(prism.events('analysisEvents', await analyze(prism, sectionIds[1])));
    expect(names(other).at(-1)).toBe('AnalysisCompleted');
    expect((await readAnalysis(prism, throttledId)).status).not.toBe('COMPLETED');

    const all = await collect(events, taken);
    const waits = ofType(all, 'ThrottleWaiting');
    expect(waits.map(({ layer, waitMs }) => ({ layer, waitMs }))).toEqual(
      backoffMs.map((waitMs) => ({ layer: 'RETRY_BACKOFF', waitMs })),
    );
    expect(Date.parse(other.at(-1).at)).toBeLessThan(Date.parse(all.at(-1).at));
    expect(names(all)).not.toContain('AttemptRestarted');
    expect(all.at(-1)).toMatchObject({ __typename: 'AnalysisCompleted', attempt: 1 });
    const { modelAttempts } = await readAnalysis(prism, throttledId);
    expect(modelAttempts.filter(({ outcome }: { outcome: string }) => outcome === 'THROTTLED')).toHaveLength(6);
  });

  it('fails truly when the last wait has not helped, and a retry succeeds', async () => {
    const { sectionIds } = await uploadSections(prism, [{ title: 'Gamma', text: 'The GAMMA fee will be paid soon.' }]);
    throttle('GAMMA fee');
    const id = await analyze(prism, sectionIds[0]);
    const events = await collect(prism.events('analysisEvents', id));
    expect(ofType(events, 'ThrottleWaiting').filter(({ layer }) => layer === 'RETRY_BACKOFF')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      __typename: 'AnalysisFailed',
      problem: { code: 'ALL_MODELS_UNAVAILABLE', retryable: true },
    });
    expect(await readAnalysis(prism, id)).toMatchObject({ status: 'FAILED', feedback: [] });

    prism.simulator.faults.clear();
    const retry = 'mutation($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { id } } }';
    const { retryAnalysis } = await prism.ask(retry, { id });
    expect(names(await logOf(prism, retryAnalysis.analysis.id)).at(-1)).toBe('AnalysisCompleted');
  });
});

/** What a client got that never looked away is the log, and the log is what is stored. */
async function expectWhole(prism: Prism, id: string, seen: readonly StreamedEvent[]): Promise<void> {
  expect(seen).toEqual(await logOf(prism, id));
  expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length);
  expect(names(seen).at(-1)).toBe('AnalysisCompleted');
  const last = seen.findLastIndex(({ __typename }) => __typename === 'AnalysisStarted');
  const valid = seen.slice(last);
  expect(valid.every(({ attempt }) => attempt === seen.at(-1).attempt)).toBe(true);
  const stored = await readAnalysis(prism, id);
  expect(ofType(valid, 'FeedbackFound').map(({ feedback }) => feedback.id)).toEqual(
    stored.feedback.map((feedback: { id: string }) => feedback.id),
  );
  expect(stored.feedback.length).toBeGreaterThan(0);
  const thought = ofType(valid, 'ThinkingDelta').map(({ text }) => text);
  expect(thought.join('')).toBe(stored.thinking);
}

describe('a Redis connection that is lost in mid-stream', { timeout: 90_000 }, () => {
  let prism: Prism;
  let proxy: TcpProxy;
  beforeAll(async () => {
    const { url } = testRedis();
    proxy = await startTcpProxy(url);
    prism = await startPrism({ tokensPerSecond: 100, settings: { REDIS_URL: proxy.via(url) } });
  });
  afterAll(async () => {
    await prism.close();
    await proxy.close();
  });

  it.each([
    ['for a moment', 0],
    ['for so long that the job is taken for lost', 4_000],
  ])('and comes back, %s: the client gets the log, whole and nothing twice', async (_how, awayMs) => {
    const { sectionIds } = await uploadSections(prism, manySections(1));
    const id = await analyze(prism, sectionIds[0]);
    const seen: StreamedEvent[] = [];
    const events = prism.events('analysisEvents', id);
    await until(events, 'ThinkingDelta', seen);
    await until(events, 'ThinkingDelta', seen);
    if (awayMs > 0) proxy.refuse();
    proxy.cut();
    await systemClock.sleep(awayMs);
    proxy.accept();
    await expectWhole(prism, id, await collect(events, seen));
  });
});

describe.each([
  ['killed', 'SIGKILL'],
  ['asked to end', 'SIGTERM'],
] as const)('a worker that is %s', { timeout: 90_000 }, (_how, signal) => {
  let prism: Prism;
  let successor: Awaited<ReturnType<typeof startWorkerWith>> | undefined;
  beforeAll(async () => {
    // Room beside the places of the dead, which are free again only when their leases have ended.
    const settings = { ANALYSIS_TASKS_PER_MINUTE: '3', MAX_CONCURRENT_REQUESTS: '8', STALLED_INTERVAL_MS: '500' };
    prism = await startPrism({ workers: 0, tokensPerSecond: 120, settings });
  });
  afterAll(async () => {
    await successor?.close();
    await prism.close();
  });

  it('is succeeded within five seconds, also when no more analyses may start in this minute', async () => {
    const victim = await prism.forkWorker();
    // Its own answers come to no end before it does, however long its successor takes to start.
    prism.simulator.faults.add({ fault: { kind: 'stall' }, times: 3 });
    const ids = await analyzeAll(prism, (await uploadSections(prism, manySections(4))).documentId);
    const last = ids.pop() ?? '';
    const running = ids.map((id) => ({ id, events: prism.events('analysisEvents', id), seen: [] }));
    await Promise.all(running.map(({ events, seen }) => until(events, 'ThinkingDelta', seen)));
    successor = await startWorkerWith(prism, {});
    const struckAt = Date.now();
    victim.kill(signal);
    await Promise.all(
      running.map(async ({ id, events, seen }) => {
        const restarted = await until(events, 'AttemptRestarted', seen);
        const before: StreamedEvent = seen.at(-2);
        expect(before.attempt).toBe(1);
        expect(Date.parse(restarted.at) - struckAt).toBeLessThan(5_000);
        await expectWhole(prism, id, await collect(events, seen));
      }),
    );
    expect((await readAnalysis(prism, last)).status).toBe('QUEUED');
  });
});

describe('an API process that is killed', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 200 });
  });
  afterAll(() => prism.close());

  it('is replaced by another for its clients, who go on behind their cursors: nothing lost, nothing twice', async () => {
    const [victim, survivor] = await Promise.all([forkServer(prism), forkServer(prism)]);
    const { documentId, sectionIds } = await uploadSections(prism, manySections(3));
    const { document } = await prism.ask('query($id: ID!) { document(id: $id) { eventsCursor } }', { id: documentId });
    const ids = await Promise.all(sectionIds.map((sectionId) => analyze(prism, sectionId)));
    const subjects = [
      ...ids.map((id) => ({ field: 'analysisEvents' as const, id, after: undefined })),
      { field: 'documentEvents' as const, id: documentId, after: document.eventsCursor },
    ];
    const followers = subjects.map((subject) => {
      const events = prism.events(subject.field, subject.id, subject.after, victim.connect());
      return { ...subject, events, seen: [] as StreamedEvent[] };
    });
    await Promise.all(followers.map(({ events, seen }) => until(events, 'ThinkingDelta', seen)));
    victim.process.kill('SIGKILL');
    await Promise.all(
      followers.map(async ({ field, id, events, seen }) => {
        await expect(collect(events, seen)).rejects.toBeDefined();
        await collect(prism.events(field, id, seen.at(-1).cursor, survivor.connect()), seen);
      }),
    );
    for (const { field, id, after, seen } of followers) {
      expect(seen).toEqual(await collect(prism.events(field, id, after)));
      if (field === 'analysisEvents') await expectWhole(prism, id, seen);
    }
    survivor.process.kill('SIGKILL');
  });
});

describe('a region that is gone', { timeout: 90_000 }, () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  const openMs = 5_000;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
    worker = await startWorkerWith(prism, { limits: { openMs } });
  });
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  const regionOfBreaker = async (region: string) =>
    (await prism.server.runtime.admission.snapshot()).regions.find((known) => known.region === region)?.breaker;
  const callsTo = (region: string) => prism.simulator.activity.calls().filter((call) => call.region === region).length;
  const reviewAll = (ids: readonly string[]) =>
    Promise.all(ids.map(async (sectionId) => collect(prism.events('analysisEvents', await analyze(prism, sectionId)))));

  it('is left alone after five failures, the next one serves, and one probe finds out that it is back', async () => {
    const { sectionIds } = await uploadSections(prism, manySections(17));
    prism.simulator.faults.add({ match: { region: 'us-east-2' }, fault: { kind: 'outage' } });
    const during = await reviewAll(sectionIds.slice(0, 12));
    for (const events of during) {
      expect(names(events).at(-1)).toBe('AnalysisCompleted');
      expect(ofType(events, 'ModelSelected').at(-1)).toMatchObject({
        region: 'us-west-2',
        model: { key: 'sonnet-4.5' },
      });
    }
    expect(await regionOfBreaker('us-east-2')).toBe('OPEN');
    const failedCalls = callsTo('us-east-2');
    expect(failedCalls).toBeGreaterThanOrEqual(5);
    // Those that were on their way when it opened, at most one per place.
    expect(failedCalls).toBeLessThanOrEqual(8);

    prism.simulator.faults.clear();
    // The probe outlasts the others' choice of a region.
    const probe = { match: { region: 'us-east-2' }, fault: { kind: 'stall', durationMs: 2_000 }, times: 1 } as const;
    prism.simulator.faults.add(probe);
    await expect.poll(() => regionOfBreaker('us-east-2'), { timeout: 2 * openMs }).toBe('HALF_OPEN');
    const { calls } = prism.simulator.activity;
    const before = calls().length;
    const after = await reviewAll(sectionIds.slice(12, 16));
    for (const events of after) expect(names(events).at(-1)).toBe('AnalysisCompleted');
    const regions = calls()
      .slice(before)
      .map(({ region }) => region);
    expect(regions.filter((region) => region === 'us-east-2')).toHaveLength(1);
    expect(regions.filter((region) => region === 'us-west-2')).toHaveLength(3);
    expect(await regionOfBreaker('us-east-2')).toBeUndefined();

    const [again] = await reviewAll(sectionIds.slice(16));
    expect(ofType(again ?? [], 'ModelSelected').at(-1)).toMatchObject({ region: 'us-east-2' });
  });
});

const outcomeOf = ({ model, region, outcome }: { model: { key: string }; region: string; outcome: string }): string =>
  `${model.key} ${region} ${outcome}`;
