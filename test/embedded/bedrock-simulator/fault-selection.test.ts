import { BedrockClient, ListFoundationModelsCommand } from '@aws-sdk/client-bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRuleInput } from '../../../src/embedded/bedrock-simulator/fault-types.ts';
import { reviewInput, sonnet40, sonnet45, sonnet46, startBench, stream, type Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterEach(() => bench.simulator.faults.clear());
afterAll(() => bench.close());

const add = (rule: FaultRuleInput) => bench.simulator.faults.add(rule);
const fault = { kind: 'throttle' } as const;

/** The name of the error that a request meets, or its stop reason. */
async function ask(
  text = 'Some text.',
  { modelId = sonnet45, region = 'us-east-2' } = {},
): Promise<string | undefined> {
  const { error, stopReason } = await stream(bench.client(region), reviewInput(text, { modelId }));
  return error?.name ?? stopReason;
}

describe('rules for faults', () => {
  it.each([sonnet45, 'anthropic.claude-sonnet-4-5-20250929-v1:0', 'sonnet-4.5'])(
    'match the model by %s',
    async (modelId) => {
      add({ match: { modelId }, fault });
      expect(await ask()).toBe('ThrottlingException');
      expect(await ask('Some text.', { modelId: sonnet46 })).toBe('end_turn');
    },
  );

  it('match the region', async () => {
    add({ match: { region: 'us-east-2' }, fault });
    expect(await ask()).toBe('ThrottlingException');
    expect(await ask('Some text.', { region: 'us-west-2' })).toBe('end_turn');
  });

  it('match words of the request', async () => {
    add({ match: { textIncludes: 'poisoned' }, fault });
    expect(await ask('A poisoned text.')).toBe('ThrottlingException');
    expect(await ask('A sound text.')).toBe('end_turn');
  });

  it('strike the nth request alone, or a number of times', async () => {
    add({ match: { nth: 2 }, fault });
    expect([await ask(), await ask(), await ask()]).toEqual(['end_turn', 'ThrottlingException', 'end_turn']);
    bench.simulator.faults.clear();
    add({ fault, times: 2 });
    expect([await ask(), await ask(), await ask()]).toEqual(['ThrottlingException', 'ThrottlingException', 'end_turn']);
    expect(bench.simulator.faults.list()).toMatchObject([{ fault, matched: 3, struck: 2 }]);
  });

  it('strike a share of the requests, the same ones for the same seed', async () => {
    const run = async (seed: number) => {
      bench.simulator.faults.clear();
      add({ fault, probability: 0.5, seed });
      const outcomes: (string | undefined)[] = [];
      for (let index = 0; index < 20; index += 1) outcomes.push(await ask());
      return outcomes;
    };
    const first = await run(7);
    expect(new Set(first)).toEqual(new Set(['ThrottlingException', 'end_turn']));
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it('leave a request alone that would not have been answered anyway', async () => {
    add({ fault, times: 1 });
    expect(await ask('Some text.', { modelId: sonnet40 })).toBe('ResourceNotFoundException');
    expect(await ask()).toBe('ThrottlingException');
  });

  it('take a region down for every operation, whatever is asked there', async () => {
    add({ match: { region: 'us-east-2' }, fault: { kind: 'outage' } });
    const { error, phase } = await stream(bench.client('us-east-2'), reviewInput('Some text.', { modelId: sonnet40 }));
    expect([phase, error?.code]).toEqual(['send', 'ECONNRESET']);
    await expect(listModels('us-east-2')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await listModels('us-west-2')).toBeGreaterThan(0);
    bench.simulator.faults.clear();
    add({ match: { region: 'us-east-2' }, fault: { kind: 'outage', as: 'unavailable' } });
    expect(await ask()).toBe('ServiceUnavailableException');
    await expect(listModels('us-east-2')).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
  });

  it('refuse a rule that means nothing', () => {
    expect(() => add({ fault: { kind: 'nonsense' } as never })).toThrow(/kind/);
    expect(() => add({ fault: { kind: 'throttle', afterTokens: 3 } as never })).toThrow(/afterTokens/);
  });
});

describe('faults over HTTP', () => {
  const url = () => `${bench.url}/__faults`;
  const post = (body: unknown, type = 'application/json') =>
    fetch(url(), { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) });

  it('are added, listed with what they struck, and cleared', async () => {
    const added = await post([{ match: { modelId: 'sonnet-4.5' }, fault, times: 1 }, { fault: { kind: 'internal' } }]);
    expect(added.status).toBe(201);
    expect(((await added.json()) as { ids: string[] }).ids).toHaveLength(2);
    expect([await ask(), await ask()]).toEqual(['ThrottlingException', 'InternalServerException']);
    const listed = (await (await fetch(url())).json()) as { rules: unknown[]; counters: { seen: number } };
    expect(listed.rules).toMatchObject([{ struck: 1 }, { struck: 1 }]);
    expect(listed.counters.seen).toBeGreaterThanOrEqual(2);
    expect(await (await fetch(url(), { method: 'DELETE' })).json()).toMatchObject({ rules: [] });
    expect(await ask()).toBe('end_turn');
  });

  it('are refused when they are not understood, and then none of the list is added', async () => {
    const refused = await post([{ fault }, { fault: { kind: 'nonsense' } }]);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { message: string }).message).toContain('kind');
    expect(bench.simulator.faults.list()).toEqual([]);
  });

  it('cannot be sent by a form of a web page', async () => {
    expect((await post([{ fault }], 'text/plain')).status).toBe(415);
    expect((await fetch(url(), { method: 'PUT' })).status).toBe(405);
  });
});

describe('markers in the text', () => {
  it('ask for a fault', async () => {
    expect(await ask('Text with [[simulate:unavailable]] in it.')).toBe('ServiceUnavailableException');
  });

  it('can be meant for one model or one region', async () => {
    const text = 'Text. [[simulate:throttle model=sonnet-4.5 region=us-east-2]]';
    expect(await ask(text)).toBe('ThrottlingException');
    expect(await ask(text, { modelId: sonnet46 })).toBe('end_turn');
    expect(await ask(text, { region: 'us-west-2' })).toBe('end_turn');
  });

  it('can be meant for the first requests with this text only, one after the other', async () => {
    const text = 'First. [[simulate:throttle times=1]] Then [[simulate:internal times=1]].';
    expect([await ask(text), await ask(text), await ask(text)]).toEqual([
      'ThrottlingException',
      'InternalServerException',
      'end_turn',
    ]);
  });

  it('take the settings of their fault', async () => {
    const { events, stopReason } = await stream(
      bench.client(),
      reviewInput('Text. [[simulate:clean-cut afterTokens=2]]'),
    );
    expect([events.length, stopReason]).toEqual([3, undefined]);
  });

  it('are answered with an explanation when they are not understood', async () => {
    const { error } = await stream(bench.client(), reviewInput('Text. [[simulate:nonsense]]'));
    expect(error?.name).toBe('ValidationException');
    expect(error?.message).toContain('[[simulate:nonsense]]: kind');
  });
});

async function listModels(region: string): Promise<number> {
  const client = new BedrockClient({
    region,
    endpoint: bench.url,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  try {
    const { modelSummaries = [] } = await client.send(new ListFoundationModelsCommand({}));
    return modelSummaries.length;
  } finally {
    client.destroy();
  }
}
