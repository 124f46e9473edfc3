import { describe, expect, it } from 'vitest';
import type { FallbackDeps } from '../../src/models/fallback-types.ts';
import { MalformedOutputError } from '../../src/models/model-failure.ts';
import type { ModelEvent, ModelMessage, ModelRequest } from '../../src/models/model-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import {
  admit,
  answers,
  createHarness,
  fails,
  isDown,
  isRetired,
  readText,
  regionIsDown,
  request,
  spec,
  stored,
  throttles,
  usage,
  wait,
  type Harness,
} from './fallback-harness.ts';

describe('one model', () => {
  it('that answers is all that happens', async () => {
    const harness = createHarness();
    expect(await harness.run()).toMatchObject({
      outcome: 'succeeded',
      value: 'fine',
      model: { key: 'A' },
      region: 'east',
      stopReason: 'end_turn',
      usage,
    });
    expect(harness.timeline).toEqual(['0 selected A@east', '0 call A@east', '0 read "fine"', '0 SUCCEEDED A@east']);
    harness.expectAllSettled();
  });

  it('that is cut by its token limit says so', async () => {
    const harness = createHarness({ scripts: { 'A@east': [answers('half', 'max_tokens')] } });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', value: 'half', stopReason: 'max_tokens' });
  });
});

describe('throttles', () => {
  it('of the primary: the next model is asked at once', async () => {
    const harness = createHarness({ scripts: { 'A@east': [throttles] } });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect(harness.timeline).toEqual([
      '0 selected A@east',
      '0 call A@east',
      '0 THROTTLED A@east',
      '0 fell back A>B after 0: because throttled',
      '0 selected B@east',
      '0 call B@east',
      '0 read "fine"',
      '0 SUCCEEDED B@east',
    ]);
    harness.expectAllSettled();
  });

  it('of a second model: the third is asked after 5 s', async () => {
    const harness = createHarness({ scripts: { 'A@east': [throttles], 'B@east': [throttles] } });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'C' } });
    expect(harness.timeline).toEqual([
      '0 selected A@east',
      '0 call A@east',
      '0 THROTTLED A@east',
      '0 fell back A>B after 0: because throttled',
      '0 selected B@east',
      '0 call B@east',
      '0 THROTTLED B@east',
      '0 wait RETRY_BACKOFF 5000',
      '5000 fell back B>C after 5000: because throttled',
      '5000 selected C@east',
      '5000 call C@east',
      '5000 read "fine"',
      '5000 SUCCEEDED C@east',
    ]);
  });

  it('of the primary in one region: it is asked in the next, and that is no fallback', async () => {
    const harness = createHarness({ regions: ['east', 'west'], scripts: { 'A@east': [throttles] } });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' }, region: 'west' });
    expect(harness.timeline).toEqual([
      '0 selected A@east',
      '0 call A@east',
      '0 THROTTLED A@east',
      '0 selected A@west',
      '0 call A@west',
      '0 read "fine"',
      '0 SUCCEEDED A@west',
    ]);
  });

  it('of the primary in every region: the next model is still asked at once', async () => {
    const harness = createHarness({
      regions: ['east', 'west'],
      scripts: { 'A@east': [throttles], 'A@west': [throttles] },
    });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' }, region: 'east' });
    expect(harness.clock.monotonic()).toBe(0);
  });

  it('tell the admission for how long to leave the model alone', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'throttled', cooldownMs: 7_000 })] } });
    await harness.run();
    expect([...harness.settlements.values()][0]).toEqual([
      { result: { result: 'throttled', cooldownMs: 7_000 }, usage: null },
    ]);
  });
});

describe('models that are no longer there', () => {
  it('are passed over at once, however many, and not asked in another region', async () => {
    const harness = createHarness({
      models: ['A', 'B', 'C', 'D'],
      regions: ['east', 'west'],
      scripts: { 'A@east': [isRetired], 'B@east': [isRetired], 'C@east': [isRetired] },
    });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', model: { key: 'D' } });
    expect(harness.clock.monotonic()).toBe(0);
    expect(harness.attempts.map((one) => `${one.modelKey}@${one.region}`)).toEqual([
      'A@east',
      'B@east',
      'C@east',
      'D@east',
    ]);
    expect([...harness.settlements.values()].map(([one]) => one?.result.result)).toEqual([
      'retired',
      'retired',
      'retired',
      'succeeded',
    ]);
  });

  it('are all there is: fails at once, for there is nothing to wait for', async () => {
    const harness = createHarness({ models: ['A'], scripts: { 'A@east': [isRetired] } });
    expect(await harness.run()).toMatchObject({ outcome: 'failed', problem: { code: 'ALL_MODELS_UNAVAILABLE' } });
    expect(harness.clock.monotonic()).toBe(0);
  });

  it('for this account move on at once, and count toward the breaker', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'notOffered' })] } });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'failed', scope: 'model' });
  });
});

describe('faults of the service', () => {
  it('of a model: it is asked in the next region before a lesser one is', async () => {
    const harness = createHarness({ regions: ['east', 'west'], scripts: { 'A@east': [isDown] } });
    expect(await harness.run()).toMatchObject({ model: { key: 'A' }, region: 'west' });
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'failed', scope: 'model' });
  });

  it('of a region: nothing else is asked there in this round', async () => {
    const harness = createHarness({
      regions: ['east', 'west'],
      scripts: { 'A@east': [regionIsDown], 'A@west': [throttles], 'B@west': [isDown] },
    });
    expect(await harness.run()).toMatchObject({ model: { key: 'C' }, region: 'west' });
    expect(harness.timeline.filter((line) => line.includes('call'))).toEqual([
      '0 call A@east',
      '0 call A@west',
      '0 call B@west',
      '0 call C@west',
    ]);
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'failed', scope: 'region' });
  });

  it('time limits count as a fault of the model', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'timedOut' })] } });
    expect(await harness.run()).toMatchObject({ model: { key: 'B' } });
    expect(harness.attempts[0]).toMatchObject({ outcome: 'TIMED_OUT', reason: 'because timedOut' });
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'failed', scope: 'model' });
  });
});

describe('fatal failures', () => {
  it('of the account stop the chain', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'fatal', fault: 'account' })] } });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'SERVICE_UNAVAILABLE', retryable: true, message: expect.stringContaining('AWS credentials') },
    });
    expect(harness.timeline.at(-1)).toBe('0 REJECTED A@east');
    harness.expectAllSettled();
  });

  it('of the request stop the chain, for good', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'fatal', fault: 'request' })] } });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'MODEL_REJECTED_REQUEST', retryable: false },
    });
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'neutral' });
  });
});

describe('a request that a model does not take', () => {
  const rejects = fails({ kind: 'rejectedByModel' });

  it('goes to the next model, not to the same in another region', async () => {
    const harness = createHarness({ regions: ['east', 'west'], scripts: { 'A@east': [rejects] } });
    expect(await harness.run()).toMatchObject({ model: { key: 'B' }, region: 'east' });
    expect([...harness.settlements.values()][0]?.[0]?.result).toEqual({ result: 'neutral' });
  });

  it('nor any other is rejected for good, at once', async () => {
    const harness = createHarness({
      models: ['A', 'B', 'C'],
      scripts: { 'A@east': [rejects], 'B@east': [isRetired], 'C@east': [rejects] },
    });
    expect(await harness.run()).toMatchObject({
      outcome: 'failed',
      problem: { code: 'MODEL_REJECTED_REQUEST', retryable: false },
    });
    expect(harness.clock.monotonic()).toBe(0);
  });

  it('is not shown to it again in a later round', async () => {
    const harness = createHarness({ models: ['A', 'B'], scripts: { 'A@east': [rejects], 'B@east': [isDown] } });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect(harness.timeline.filter((line) => line.includes('call'))).toEqual([
      '0 call A@east',
      '0 call B@east',
      '5000 call B@east',
    ]);
  });

  it('because it is surely too long for it is not even sent', async () => {
    const small = spec('small', { contextTokens: 2_000 });
    const long = { ...request, messages: [{ role: 'user' as const, text: 'word '.repeat(2_000) }] };
    const harness = createHarness({ models: [small, 'B'] });
    expect(await harness.run({ request: long })).toMatchObject({ model: { key: 'B' } });
    expect(harness.admitted[0]?.candidates.map((one) => one.modelKey)).toEqual(['B']);
    const alone = createHarness({ models: [small] });
    expect(await alone.run({ request: long })).toMatchObject({
      outcome: 'failed',
      problem: { code: 'MODEL_REJECTED_REQUEST', retryable: false },
    });
    expect(alone.admitted).toEqual([]);
  });
});

describe('a failure after something was delivered', () => {
  it('restarts before anything of the next model is read', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [fails({ kind: 'unavailable', scope: 'model' }, { after: 'half', usage })] },
    });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded', value: 'fine', model: { key: 'B' } });
    expect(harness.timeline).toEqual([
      '0 selected A@east',
      '0 call A@east',
      '0 read "half"',
      '0 UNAVAILABLE A@east',
      '0 restarted: because unavailable',
      '0 fell back A>B after 0: because unavailable',
      '0 selected B@east',
      '0 call B@east',
      '0 read "fine"',
      '0 SUCCEEDED B@east',
    ]);
  });

  it('waits until the restart is known to all', async () => {
    let release: () => void = () => undefined;
    const known = new Promise<void>((resolve) => {
      release = resolve;
    });
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'truncated' }, { after: 'half', usage })] } });
    const running = harness.run({ observer: { ...harness.job().observer, restarted: () => known } });
    await harness.clock.advance(60_000);
    expect(harness.timeline.at(-1)).toBe('0 UNAVAILABLE A@east');
    release();
    expect(await running).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
  });

  it('is no restart when nothing was delivered', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'truncated' })] } });
    await harness.run();
    expect(harness.timeline.join('\n')).not.toContain('restarted');
  });

  it('counts what was used, though the consumer hides the failure', async () => {
    const harness = createHarness({ scripts: { 'A@east': [fails({ kind: 'truncated' }, { after: 'half', usage })] } });
    const read = readText(() => undefined);
    await harness.run({ consume: (events) => read(events).catch(() => Promise.reject(new Error('hidden'))) });
    expect(harness.attempts[0]).toMatchObject({ outcome: 'UNAVAILABLE', usage, reason: 'because truncated' });
    expect([...harness.settlements.values()][0]).toEqual([{ result: { result: 'failed', scope: 'model' }, usage }]);
  });
});

describe('an answer in the wrong form', () => {
  const repair: ModelMessage[] = [
    { role: 'assistant', text: 'bad' },
    { role: 'user', text: 'The summary is missing. Again.' },
  ];
  const malformedUnless =
    (good: string, messages = repair) =>
    async (events: AsyncIterable<ModelEvent>) => {
      const text = await readText(() => undefined)(events);
      if (text !== good) throw new MalformedOutputError('The summary is missing', messages);
      return text;
    };
  const asked = ({ deps }: Harness) => {
    const requests: ModelRequest[] = [];
    const client: FallbackDeps['client'] = {
      ...deps.client,
      stream(model, region, request, signal) {
        requests.push(request);
        return deps.client.stream(model, region, request, signal);
      },
    };
    return { requests, deps: { ...deps, client } };
  };

  it('is repaired once by asking the model that wrote it, which counts as healthy', async () => {
    const harness = createHarness({ regions: ['east', 'west'], scripts: { 'A@east': [answers('bad')] } });
    const { deps, requests } = asked(harness);
    const outcome = await runWithFallback(deps, harness.job({ consume: malformedUnless('fine') }));
    expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'A' }, value: 'fine' });
    expect(requests).toEqual([request, { ...request, messages: [...request.messages, ...repair] }]);
    expect(harness.timeline.filter((line) => !line.includes('selected'))).toEqual([
      '0 call A@east',
      '0 REJECTED A@east',
      '0 restarted: MalformedOutputError: The summary is missing',
      '0 call A@east',
      '0 SUCCEEDED A@east',
    ]);
    expect([...harness.settlements.values()][0]).toEqual([{ result: { result: 'succeeded' }, usage }]);
    harness.expectAllSettled();
  });

  it('that is not repaired is a failure that can be retried', async () => {
    const harness = createHarness({ scripts: { 'A@east': [answers('bad'), answers('bad')] } });
    expect(await harness.run({ consume: malformedUnless('fine') })).toMatchObject({
      outcome: 'failed',
      problem: { code: 'ALL_MODELS_UNAVAILABLE', retryable: true },
    });
    expect(harness.timeline.filter((line) => line.includes('call'))).toHaveLength(2);
    harness.expectAllSettled();
  });

  it('is repaired by the next model where the one that wrote it is throttled meanwhile', async () => {
    const harness = createHarness({ scripts: { 'A@east': [answers('bad'), throttles] } });
    const { deps, requests } = asked(harness);
    const outcome = await runWithFallback(deps, harness.job({ consume: malformedUnless('fine') }));
    expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'B' } });
    expect(requests.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
  });

  it('is repaired also when the job was put back in between', async () => {
    const consume = malformedUnless('fine');
    const before = createHarness({
      scripts: { 'A@east': [answers('bad')] },
      decisions: [admit('A'), wait('TOKEN_BUDGET', 60_000)],
      maxWaitInPlaceMs: 1_000,
    });
    const deferred = await before.run({ consume });
    if (deferred.outcome !== 'deferred') expect.fail(`It is ${deferred.outcome}`);
    const after = createHarness();
    const { deps, requests } = asked(after);
    const outcome = await runWithFallback(deps, after.job({ consume, budget: stored(deferred.budget) }));
    expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(requests[0]?.messages).toEqual([...request.messages, ...repair]);
  });

  it('is asked for anew, without what was said, where no model has room for both', async () => {
    const long = [{ role: 'assistant' as const, text: 'x'.repeat(2_000_000) }];
    const harness = createHarness({ scripts: { 'A@east': [answers('bad')] } });
    const { deps, requests } = asked(harness);
    const outcome = await runWithFallback(deps, harness.job({ consume: malformedUnless('fine', long) }));
    expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(requests).toEqual([request, request]);
  });

  it('goes to the next model where there is nothing to say that would repair it', async () => {
    const harness = createHarness({ regions: ['east', 'west'], scripts: { 'A@east': [answers('bad')] } });
    expect(await harness.run({ consume: malformedUnless('fine', []) })).toMatchObject({ model: { key: 'B' } });
    expect(harness.attempts.map((one) => one.outcome)).toEqual(['REJECTED', 'SUCCEEDED']);
  });
});
