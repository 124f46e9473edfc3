import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createBedrockSimulator, type BedrockSimulator } from '../../src/embedded/bedrock-simulator/simulator.ts';
import { createBedrockModelClient } from '../../src/models/bedrock-client.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import type { ModelClient, ModelRequest } from '../../src/models/model-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import { createHarness, readText } from './fallback-harness.ts';

const regions = ['us-east-2', 'us-west-2'];
const { chain } = createModelCatalog({ chain: [], primaryBedrockId: null, maxTokens: 8_192, regions });
const request: ModelRequest = {
  system: 'You review sections of documents.',
  messages: [{ role: 'user', text: '<section id="sec_1">\nThe supplier is liable without limit.\n</section>' }],
  maxTokens: 8_192,
  temperature: 0.2,
};

let simulator: BedrockSimulator;
let client: ModelClient;

beforeAll(async () => {
  simulator = createBedrockSimulator({ tokensPerSecond: 1_000_000, clock: systemClock });
  const { url } = await simulator.listen();
  client = createBedrockModelClient({
    endpoint: url,
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    clock: systemClock,
    firstTokenTimeoutMs: 2_000,
    idleTimeoutMs: 2_000,
    maxSockets: 10,
  });
});

afterAll(async () => {
  client.close();
  await simulator.close();
});

beforeEach(() => simulator.faults.clear());

/** Through the AWS client, in real time; the admission lets everything through. */
async function run() {
  const harness = createHarness();
  const deps = { ...harness.deps, chain, regions, client, clock: systemClock };
  const outcome = await runWithFallback(deps, harness.job({ request, consume: readText(() => undefined) }));
  harness.expectAllSettled();
  return { outcome, attempts: harness.attempts, timeline: harness.timeline };
}

it('the primary throttled everywhere and four models retired: the first current model answers, without a wait', async () => {
  simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' } });
  const { outcome, attempts, timeline } = await run();
  expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'sonnet-4.6' }, region: 'us-east-2' });
  expect(timeline.filter((line) => /^\d+ wait/.test(line))).toEqual([]);
  expect(attempts.map((one) => `${one.outcome} ${one.modelKey} ${one.region}`)).toEqual([
    'THROTTLED sonnet-4.5 us-east-2',
    'THROTTLED sonnet-4.5 us-west-2',
    'UNAVAILABLE sonnet-4 us-east-2',
    'UNAVAILABLE sonnet-3.7 us-east-2',
    'UNAVAILABLE sonnet-3.5 us-east-2',
    'UNAVAILABLE sonnet-3.5-v2 us-east-2',
    'SUCCEEDED sonnet-4.6 us-east-2',
  ]);
});

it('a stream cut in the middle: the other region answers, and both calls are paid for once', async () => {
  simulator.faults.add({ match: { region: 'us-east-2' }, fault: { kind: 'clean-cut', afterTokens: 20 } });
  const { outcome, attempts } = await run();
  expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'sonnet-4.5' }, region: 'us-west-2' });
  expect(attempts.map((one) => one.outcome)).toEqual(['UNAVAILABLE', 'SUCCEEDED']);
  expect(attempts.every((one) => one.usage.inputTokens > 0 && one.costUsd > 0)).toBe(true);
});

it('a region that is down: the next one answers with the primary', async () => {
  simulator.faults.add({ match: { region: 'us-east-2' }, fault: { kind: 'outage' } });
  const { outcome, attempts } = await run();
  expect(outcome).toMatchObject({ outcome: 'succeeded', model: { key: 'sonnet-4.5' }, region: 'us-west-2' });
  expect(attempts).toHaveLength(2);
});

it('credentials that are refused stop after one call', async () => {
  simulator.faults.add({ fault: { kind: 'unrecognized-client' } });
  const { outcome, attempts } = await run();
  expect(outcome).toMatchObject({ outcome: 'failed', problem: { code: 'SERVICE_UNAVAILABLE' } });
  expect(attempts).toHaveLength(1);
});
