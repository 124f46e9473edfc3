import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createBedrockHealth, type BedrockHealthProbe } from '../../src/models/bedrock-health.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startBedrockTestServer, type ServedCall } from './bedrock-test-server.ts';

const regions = ['us-east-2', 'us-west-2'];
const { chain } = createModelCatalog({
  chain: ['sonnet-4.5', 'sonnet-4', 'sonnet-5.5'],
  primaryBedrockId: null,
  maxTokens: 8_192,
  regions,
});

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const regionOf = (call: ServedCall) => /\/(us-\w+-\d)\/bedrock\//.exec(call.request.headers.authorization ?? '')?.[1];

const listed = (...models: readonly { modelId: string; modelLifecycle?: object }[]) =>
  JSON.stringify({
    modelSummaries: models.map((model) => ({
      modelArn: `arn:aws:bedrock:us-east-2::foundation-model/${model.modelId}`,
      modelLifecycle: { status: 'ACTIVE' },
      ...model,
    })),
  });

const all = listed(
  { modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { modelId: 'anthropic.claude-sonnet-4-20250514-v1:0' },
  { modelId: 'anthropic.claude-sonnet-5-5' },
);

const respond = (call: ServedCall, body: string) =>
  void call.response.writeHead(200, { 'content-type': 'application/json' }).end(body);

async function setUp(answer: (call: ServedCall) => void, clock = systemClock) {
  const server = await startBedrockTestServer(answer);
  const credentials = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };
  const probe: BedrockHealthProbe = createBedrockHealth({
    endpoint: server.url,
    credentials,
    clock,
    regions,
    chain,
    timeoutMs: 1_500,
  });
  open.push(server, probe);
  return { server, probe };
}

describe('Bedrock is', () => {
  it('UP when every region lists its models', async () => {
    const clock = createFakeClock();
    const { server, probe } = await setUp((call) => respond(call, all), clock);
    expect(await probe.check()).toMatchObject({ status: 'UP', detail: null, notices: [] });
    expect(server.calls.map((call) => call.path)).toEqual(regions.map(() => '/foundation-models?byProvider=Anthropic'));
    expect(clock.sleepers()).toBe(0);
  });

  it('DEGRADED when one region does not answer as it should', async () => {
    const { probe } = await setUp((call) =>
      regionOf(call) === 'us-east-2' ? respond(call, all) : call.refuse(503, 'ServiceUnavailableException', 'Busy'),
    );
    expect(await probe.check()).toMatchObject({
      status: 'DEGRADED',
      detail: 'us-west-2: ServiceUnavailableException: Busy',
    });
  });

  it('DOWN when the credentials are refused', async () => {
    const { probe } = await setUp((call) => call.refuse(403, 'UnrecognizedClientException', 'The token is invalid'));
    expect(await probe.check()).toMatchObject({
      status: 'DOWN',
      detail: expect.stringContaining('UnrecognizedClientException'),
    });
  });

  it('DOWN when nobody listens', async () => {
    const { server, probe } = await setUp(() => undefined);
    await server.close();
    open.shift();
    expect(await probe.check()).toMatchObject({ status: 'DOWN' });
  });

  it('DOWN after 1.5 s when nothing answers at all', async () => {
    const clock = createFakeClock();
    const { server, probe } = await setUp(() => undefined, clock);
    const checked = probe.check();
    while (server.calls.length < regions.length) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_500);
    expect(await checked).toMatchObject({
      status: 'DOWN',
      latencyMs: 1_500,
      detail: expect.stringContaining('no answer within 1500 ms'),
    });
    expect(clock.sleepers()).toBe(0);
  });

  it('UP when listing models is not allowed, which says nothing about calling them', async () => {
    const { probe } = await setUp((call) => call.refuse(403, 'AccessDeniedException', 'not authorized'));
    expect(await probe.check()).toMatchObject({
      status: 'UP',
      notices: [
        `bedrock:ListFoundationModels is not allowed in ${regions.join(' and ')}, so the state of models is not known.`,
      ],
    });
  });
});

describe('a notice tells of', () => {
  it('a model of the chain that is legacy, with its last day, and of one that is not offered', async () => {
    const { probe } = await setUp((call) =>
      respond(
        call,
        listed(
          {
            modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
            modelLifecycle: { status: 'LEGACY', endOfLifeTime: '2027-06-01T00:00:00Z' },
          },
          { modelId: 'anthropic.claude-sonnet-5-5' },
        ),
      ),
    );
    const { status, notices } = await probe.check();
    expect(status).toBe('UP');
    expect(notices).toEqual([
      `Claude Sonnet 4.5 is legacy in ${regions.join(' and ')} and ends on 2027-06-01.`,
      `Claude Sonnet 4 is not offered in ${regions.join(' and ')}.`,
    ]);
  });
});
