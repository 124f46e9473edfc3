import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import {
  analyze,
  analyzeAll,
  collect,
  logOf,
  manySections,
  names,
  ofType,
  until,
  uploadSections,
} from './reviewing.ts';

const throttleFields = `requestsPerMinute { used limit } concurrentRequests { used limit } tokensPerMinute { used limit }
  coolingDown { key } openBreakers { key } retriesWaiting`;
const reset = `mutation($modelKey: String!, $region: String, $idempotencyKey: String) {
  resetModelState(input: { modelKey: $modelKey, region: $region, idempotencyKey: $idempotencyKey }) {
    model { key state { region coolingDownUntil breaker } }
  }
}`;
/** One answer lasts for so long that it is seen. */
const pause = { fault: { kind: 'stall', durationMs: 2_000 }, times: 1 } as const;
const calm = { coolingDownUntil: null, breaker: 'CLOSED' };

describe('the throttle, seen through the API', () => {
  let prism: Prism;
  let sectionIds: readonly string[];
  beforeAll(async () => {
    const settings = { MAX_REQUESTS_PER_MINUTE: '200', MAX_TOKENS_PER_MINUTE: '5000000' };
    prism = await startPrism({ tokensPerSecond: 500, settings });
    ({ sectionIds } = await uploadSections(prism, manySections(12)));
  });
  afterEach(async () => {
    prism.simulator.faults.clear();
    for (const { key } of prism.server.runtime.catalog.chain) await prism.ask(reset, { modelKey: key });
  });
  afterAll(() => prism.close());

  let nextSection = 0;
  const analyzeNext = (): Promise<string> => analyze(prism, sectionIds[nextSection++]);
  const readThrottle = async () => (await prism.ask(`{ throttle { ${throttleFields} } }`)).throttle;
  const readStates = async (): Promise<StreamedEvent> => {
    const { models } = await prism.ask('{ models { key state { region coolingDownUntil breaker } } }');
    return Object.fromEntries(models.map((model: StreamedEvent) => [model.key, model.state]));
  };

  async function* updates(intervalMs: number): AsyncIterableIterator<StreamedEvent> {
    const query = `subscription($intervalMs: Int) { throttleUpdates(intervalMs: $intervalMs) { ${throttleFields} } }`;
    for await (const { data, errors } of prism.connect().iterate({ query, variables: { intervalMs } })) {
      if (errors?.[0]) throw Object.assign(new Error(errors[0].message), { extensions: errors[0].extensions });
      yield data?.['throttleUpdates'];
    }
  }

  it('counts a call while it runs, and its request and tokens for a minute after that', async () => {
    const before = await readThrottle();
    expect(before.requestsPerMinute).toEqual({ used: 0, limit: 200 });
    expect(before.tokensPerMinute).toEqual({ used: 0, limit: 5_000_000 });
    expect(before.concurrentRequests).toEqual({ used: 0, limit: 5 });
    prism.simulator.faults.add(pause);
    const events = prism.events('analysisEvents', await analyzeNext());
    await until(events, 'ThinkingDelta');
    const during = await readThrottle();
    expect(during.concurrentRequests.used).toBe(1);
    // What Bedrock reserves: the input, and all that may be answered.
    expect(during.tokensPerMinute.used).toBeGreaterThan(8_192);
    await collect(events);
    const after = await readThrottle();
    expect(after.concurrentRequests.used).toBe(0);
    expect(after.requestsPerMinute.used).toBe(1);
    expect(after.tokensPerMinute.used).toBeGreaterThan(0);
    expect(after.tokensPerMinute.used).toBeLessThan(during.tokensPerMinute.used);
  });

  it('shows a throttled model as cooling in its region until it is reset, and says why it was passed over', async () => {
    prism.simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' } });
    const startedAt = Date.now();
    const id = await analyzeNext();
    expect(names(await logOf(prism, id)).at(-1)).toBe('AnalysisCompleted');
    expect((await readThrottle()).coolingDown).toEqual([{ key: 'sonnet-4.5' }]);
    const states = await readStates();
    expect(states['sonnet-4.6']).toEqual(['us-east-2', 'us-west-2'].map((region) => ({ region, ...calm })));
    for (const { coolingDownUntil, breaker } of states['sonnet-4.5']) {
      expect(Date.parse(coolingDownUntil) - startedAt).toBeGreaterThan(55_000);
      expect(Date.parse(coolingDownUntil) - Date.now()).toBeLessThanOrEqual(60_000);
      expect(breaker).toBe('CLOSED');
    }
    const { analysis } = await prism.ask(
      'query($id: ID!) { analysis(id: $id) { modelAttempts { model { key name } region outcome reason startedAt durationMs } } }',
      { id },
    );
    expect(analysis.modelAttempts[0]).toMatchObject({ model: { key: 'sonnet-4.5' }, outcome: 'THROTTLED' });
    expect(analysis.modelAttempts[0].reason).toMatch(/^ThrottlingException: /);
    expect(analysis.modelAttempts.at(-1)).toMatchObject({ outcome: 'SUCCEEDED', reason: null });

    prism.simulator.faults.clear();
    const inOne = await prism.ask(reset, { modelKey: 'sonnet-4.5', region: 'us-west-2' });
    const [first, second] = inOne.resetModelState.model.state;
    expect(first.coolingDownUntil).not.toBeNull();
    expect(second).toEqual({ region: 'us-west-2', ...calm });
    const events = await logOf(prism, await analyzeNext());
    expect(ofType(events, 'ModelSelected')).toMatchObject([{ model: { key: 'sonnet-4.5' }, region: 'us-west-2' }]);

    await prism.ask(reset, { modelKey: 'sonnet-4.5' });
    expect((await readThrottle()).coolingDown).toEqual([]);
    const again = await logOf(prism, await analyzeNext());
    expect(ofType(again, 'ModelSelected')).toMatchObject([{ model: { key: 'sonnet-4.5' }, region: 'us-east-2' }]);
  });

  it('opens the breaker of a model that fails five times, visibly, and closes it by a reset', async () => {
    prism.simulator.faults.add({
      match: { modelId: 'sonnet-4.5', region: 'us-east-2' },
      fault: { kind: 'unavailable' },
    });
    for (let failures = 1; failures <= 5; failures += 1) {
      expect((await readThrottle()).openBreakers).toEqual([]);
      expect(names(await logOf(prism, await analyzeNext())).at(-1)).toBe('AnalysisCompleted');
    }
    expect((await readThrottle()).openBreakers).toEqual([{ key: 'sonnet-4.5' }]);
    expect((await readStates())['sonnet-4.5']).toMatchObject([
      { region: 'us-east-2', breaker: 'OPEN' },
      { region: 'us-west-2', breaker: 'CLOSED' },
    ]);
    await prism.ask(reset, { modelKey: 'sonnet-4.5', region: 'us-east-2' });
    expect((await readThrottle()).openBreakers).toEqual([]);
  });

  it('follows it: the first value at once, then every change, until the client has enough', async () => {
    const values = updates(250);
    expect((await values.next()).value.concurrentRequests.used).toBe(0);
    prism.simulator.faults.add(pause);
    const id = await analyzeNext();
    for await (const { concurrentRequests } of values) if (concurrentRequests.used === 1) break;
    expect(names(await logOf(prism, id)).at(-1)).toBe('AnalysisCompleted');
    expect((await readThrottle()).concurrentRequests.used).toBe(0);
  });

  it('resets once for one idempotency key, and refuses what is not there', async () => {
    const key = 'reset-once';
    await prism.ask(reset, { modelKey: 'sonnet-4.5', idempotencyKey: key });
    prism.simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' }, times: 1 });
    await logOf(prism, await analyzeNext());
    await prism.ask(reset, { modelKey: 'sonnet-4.5', idempotencyKey: key });
    expect((await readThrottle()).coolingDown).toEqual([{ key: 'sonnet-4.5' }]);

    const codeOf = async (variables: Record<string, unknown>) =>
      (await prism.query(reset, variables)).errors?.[0]?.extensions.code;
    expect(await codeOf({ modelKey: 'no-such-model' })).toBe('NOT_FOUND');
    expect(await codeOf({ modelKey: 'sonnet-4.5', region: 'mars-north-1' })).toBe('NOT_FOUND');
    expect(await codeOf({ modelKey: 'sonnet-4.6', idempotencyKey: key })).toBe('CONFLICT');
    await expect(updates(10).next()).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('the time that is left', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 500, settings: { WORKER_CONCURRENCY: '2' } });
  });
  afterAll(() => prism.close());

  it('is unknown before the first call, and then follows from what the throttle has seen', async () => {
    const { documentId } = await uploadSections(prism, manySections(30));
    const read = async () => {
      const query = 'query($id: ID!) { document(id: $id) { progress { completed estimatedSecondsRemaining } } }';
      return (await prism.ask(query, { id: documentId })).document.progress;
    };
    expect(await read()).toEqual({ completed: 0, estimatedSecondsRemaining: null });
    const ids = await analyzeAll(prism, documentId);
    expect((await read()).estimatedSecondsRemaining).toBeNull();
    const [, second] = ids;
    await logOf(prism, second ?? '');
    // What is known of the fleet is read every two seconds.
    let estimatedSecondsRemaining: number | null = null;
    await expect
      .poll(async () => {
        ({ estimatedSecondsRemaining } = await read());
        return estimatedSecondsRemaining;
      })
      .not.toBeNull();
    const atMs = Date.now();
    await Promise.all(ids.map((id) => logOf(prism, id)));
    const tookSeconds = (Date.now() - atMs) / 1_000;
    // How exact it is, test/services/estimate-remaining.test.ts shows; here others may use the machine, too.
    expect(estimatedSecondsRemaining).toBeGreaterThan(0.2 * tookSeconds);
    expect(estimatedSecondsRemaining).toBeLessThan(5 * tookSeconds + 2);
    expect(await read()).toEqual({ completed: 30, estimatedSecondsRemaining: null });
  });
});
