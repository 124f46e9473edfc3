import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createBedrockSimulator, type BedrockSimulator } from '../../src/embedded/bedrock-simulator/simulator.ts';
import { createBedrockModelClient } from '../../src/models/bedrock-client.ts';
import type { FailureClass } from '../../src/models/classify-failure.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import type { ModelClient, ModelEvent, ModelRequest, ModelSpec } from '../../src/models/model-types.ts';

type FaultInput = Parameters<BedrockSimulator['faults']['add']>[0]['fault'];

const catalog = createModelCatalog({
  chain: [],
  primaryBedrockId: null,
  maxTokens: 8_192,
  regions: ['us-east-2', 'us-west-2'],
});
const [primary] = catalog.chain as readonly [ModelSpec];

const request: ModelRequest = {
  system: 'You review sections of documents.',
  messages: [
    {
      role: 'user',
      text: '<section id="sec_1">\nThe supplier is liable without limit. Someone should inform the customer soon.\n</section>',
    },
  ],
  maxTokens: 8_192,
  temperature: 0.2,
};

let simulator: BedrockSimulator;
let client: ModelClient;
/** For what never comes. */
let impatient: ModelClient;

beforeAll(async () => {
  simulator = createBedrockSimulator({ tokensPerSecond: 1_000_000, clock: systemClock, endOfLife: [] });
  const { url } = await simulator.listen();
  const connect = (timeoutMs: number) =>
    createBedrockModelClient({
      endpoint: url,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      clock: systemClock,
      firstTokenTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      maxSockets: 10,
    });
  client = connect(10_000);
  impatient = connect(300);
});

afterAll(async () => {
  client.close();
  impatient.close();
  await simulator.close();
});

beforeEach(() => simulator.faults.clear());

async function read(model: ModelSpec, sent = request, through = client): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of through.stream(model, 'us-east-2', sent, new AbortController().signal)) events.push(event);
  return events;
}

describe('the request that is built for', () => {
  it.each(catalog.chain.map((model) => [model.key, model] as const))(
    '%s is accepted and answered',
    async (_key, model) => {
      const events = await read(model);
      expect(events.some((event) => event.type === 'thinking')).toBe(model.thinking !== 'none');
      expect(events.some((event) => event.type === 'text')).toBe(true);
      expect(events.at(-1)).toMatchObject({ type: 'completed', stopReason: 'end_turn' });
    },
  );

  it('a model with a long system text reads it from the cache the second time', async () => {
    const long = { ...request, system: 'You review sections of documents with care. '.repeat(200) };
    const used = async () => {
      const last = (await read(primary, long)).at(-1);
      if (last?.type !== 'completed') throw new Error('not completed');
      return last.usage;
    };
    expect(await used()).toMatchObject({
      cacheReadTokens: 0,
      cacheWriteTokens: expect.toSatisfy((n: number) => n > 1_024),
    });
    expect(await used()).toMatchObject({
      cacheWriteTokens: 0,
      cacheReadTokens: expect.toSatisfy((n: number) => n > 1_024),
    });
  });
});

describe('the fault', { timeout: 90_000 }, () => {
  const model: FailureClass = { kind: 'unavailable', scope: 'model' };
  const region: FailureClass = { kind: 'unavailable', scope: 'region' };
  const throttled = (cooldownMs: number): FailureClass => ({ kind: 'throttled', cooldownMs });

  const rows: readonly (readonly [FaultInput, FailureClass])[] = [
    [{ kind: 'throttle' }, throttled(60_000)],
    [{ kind: 'throttle', retryAfterSeconds: 7 }, throttled(7_000)],
    [{ kind: 'throttle-requests' }, throttled(60_000)],
    [{ kind: 'throttle-day' }, throttled(4 * 3_600_000)],
    [{ kind: 'service-quota' }, throttled(60_000)],
    [{ kind: 'model-not-ready' }, model],
    [{ kind: 'unavailable' }, model],
    [{ kind: 'internal' }, model],
    [{ kind: 'timeout' }, { kind: 'timedOut' }],
    [{ kind: 'model-error' }, model],
    [{ kind: 'end-of-life' }, { kind: 'retired' }],
    [{ kind: 'legacy' }, { kind: 'retired' }],
    [{ kind: 'use-case-missing' }, { kind: 'notOffered' }],
    [{ kind: 'access-denied' }, { kind: 'notOffered' }],
    [{ kind: 'invalid-model-id' }, { kind: 'notOffered' }],
    [{ kind: 'on-demand-unsupported' }, { kind: 'notOffered' }],
    [{ kind: 'operation-not-allowed' }, { kind: 'notOffered' }],
    [{ kind: 'not-authorized' }, { kind: 'fatal', fault: 'account' }],
    [{ kind: 'expired-token' }, { kind: 'fatal', fault: 'account' }],
    [{ kind: 'unrecognized-client' }, { kind: 'fatal', fault: 'account' }],
    [{ kind: 'invalid-signature' }, { kind: 'fatal', fault: 'account' }],
    [{ kind: 'thinking-unsupported' }, { kind: 'rejectedByModel' }],
    [{ kind: 'input-too-long' }, { kind: 'rejectedByModel' }],
    [{ kind: 'malformed-request' }, { kind: 'fatal', fault: 'request' }],
    [{ kind: 'outage' }, region],
    [{ kind: 'outage', as: 'unavailable' }, model],
    [{ kind: 'first-frame-exception' }, throttled(60_000)],
    [{ kind: 'mid-stream-exception' }, model],
    [{ kind: 'mid-stream-exception', exception: 'throttlingException' }, throttled(60_000)],
    [{ kind: 'unmodelled-exception' }, { kind: 'timedOut' }],
    [{ kind: 'clean-cut' }, { kind: 'truncated' }],
    [{ kind: 'half-frame' }, { kind: 'truncated' }],
    [{ kind: 'bad-checksum' }, { kind: 'truncated' }],
    [{ kind: 'reset' }, model],
    [{ kind: 'empty-answer' }, { kind: 'truncated' }],
    [{ kind: 'missing-metadata' }, { kind: 'truncated' }],
  ];

  it.each(rows)('%j is classified', async (fault, expected) => {
    simulator.faults.add({ fault });
    await expect(read(primary)).rejects.toMatchObject({ name: 'ModelFailure', failure: expected });
  });

  it.each([0, 5])('stall after %s tokens is a time-out', async (afterTokens) => {
    simulator.faults.add({ fault: { kind: 'stall', afterTokens } });
    await expect(read(primary, request, impatient)).rejects.toMatchObject({ failure: { kind: 'timedOut' } });
  });

  it('of an error frame is a fault of the model', async () => {
    simulator.faults.add({ fault: { kind: 'error-frame' } });
    await expect(read(primary)).rejects.toMatchObject({ name: 'ModelFailure', phase: 'inStream' });
  });

  it.each([{ kind: 'unknown-event' }, { kind: 'tiny-chunks' }] as const)('$kind is none', async (fault) => {
    simulator.faults.add({ fault });
    expect((await read(primary)).at(-1)).toMatchObject({ type: 'completed', stopReason: 'end_turn' });
  });

  it('max-tokens-stop is an answer that says so', async () => {
    simulator.faults.add({ fault: { kind: 'max-tokens-stop' } });
    expect((await read(primary)).at(-1)).toMatchObject({ type: 'completed', stopReason: 'max_tokens' });
  });
});

it('an abort ends the work on the other side at once, between two tokens', async () => {
  simulator.faults.add({ fault: { kind: 'slow-drip', tokenIntervalMs: 5_000 } });
  const before = simulator.activity.counters().aborted;
  const aborter = new AbortController();
  const events = client.stream(primary, 'us-east-2', request, aborter.signal)[Symbol.asyncIterator]();
  await events.next();
  const startedAt = performance.now();
  aborter.abort(new Error('enough'));
  await expect(events.next()).rejects.toThrow('enough');
  await simulator.activity.waitFor((counters) => counters.aborted > before);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
