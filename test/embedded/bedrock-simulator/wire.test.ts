import { BedrockClient, ListFoundationModelsCommand } from '@aws-sdk/client-bedrock';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  contractText,
  kindsOf,
  reviewInput,
  sonnet45,
  sonnet46,
  sonnet5,
  startBench,
  stream,
  thinkingFields,
  type Bench,
} from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

describe('ConverseStream of the simulator, read by the AWS client', () => {
  it('sends thinking, a signature, text, messageStop and metadata, and no contentBlockStart', async () => {
    const { events, thinking, text, stopReason, usage } = await stream(
      bench.client(),
      reviewInput(contractText, { additionalModelRequestFields: thinkingFields }),
    );
    const kinds = kindsOf(events);
    expect([...new Set(kinds)]).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(kinds.filter((kind) => kind === 'contentBlockStop')).toHaveLength(2);
    expect(kinds.at(-2)).toBe('messageStop');
    expect(thinking).toContain('7. Liability and term');
    expect(text.split('\n').at(-1)).toContain('"type":"summary"');
    expect(stopReason).toBe('end_turn');
    expect(usage?.totalTokens).toBe((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0));
    const deltas = events.flatMap((event) => event.contentBlockDelta ?? []);
    const lastOfThinking = deltas.findLast((delta) => delta.contentBlockIndex === 0);
    expect(lastOfThinking?.delta?.reasoningContent?.signature).toMatch(/=$/);
    expect(deltas.findLast((delta) => delta.contentBlockIndex === 1)?.delta?.text).toBeDefined();
  });

  it('counts every delta, thinking included, as one output token of a few characters', async () => {
    const { events, usage } = await stream(
      bench.client(),
      reviewInput(contractText, { additionalModelRequestFields: thinkingFields }),
    );
    const deltas = events.flatMap((event) => event.contentBlockDelta?.delta ?? []);
    const tokens = deltas.flatMap((delta) => delta.text ?? delta.reasoningContent?.text ?? []);
    expect(usage?.outputTokens).toBe(tokens.length);
    expect(Math.max(...tokens.map((token) => token.trim().length))).toBeLessThanOrEqual(4);
  });

  it('answers the same request with the same words, and another one with others', async () => {
    const input = reviewInput(contractText, { additionalModelRequestFields: thinkingFields });
    const [first, second, other] = await Promise.all([
      stream(bench.client(), input),
      stream(bench.client('us-west-2'), input),
      stream(bench.client(), reviewInput('Notices shall be sent in writing.')),
    ]);
    expect(second.text).toBe(first.text);
    expect(second.thinking).toBe(first.thinking);
    expect(other.text).not.toBe(first.text);
  });

  it('does not think unless it is asked to', async () => {
    const { thinking, events } = await stream(bench.client(), reviewInput(contractText));
    expect(thinking).toBe('');
    expect(events.find((event) => event.contentBlockDelta)?.contentBlockDelta?.contentBlockIndex).toBe(0);
  });

  it('thinks adaptively where the model does that, and unasked where it always does', async () => {
    const adaptive = { additionalModelRequestFields: { thinking: { type: 'adaptive' } } };
    const asked = await stream(bench.client(), reviewInput(contractText, { modelId: sonnet46, ...adaptive }));
    const unasked = await stream(bench.client(), reviewInput(contractText, { modelId: sonnet5 }));
    expect(asked.thinking).not.toBe('');
    expect(unasked.thinking).toBe(asked.thinking);
  });

  it('stops at maxTokens with the text cut and says so', async () => {
    const whole = await stream(bench.client(), reviewInput(contractText));
    const cut = await stream(bench.client(), reviewInput(contractText, { inferenceConfig: { maxTokens: 20 } }));
    expect(cut.stopReason).toBe('max_tokens');
    expect(cut.usage?.outputTokens).toBe(20);
    expect(whole.text.startsWith(cut.text)).toBe(true);
  });

  it('stops at a stop sequence', async () => {
    const { text, stopReason } = await stream(
      bench.client(),
      reviewInput(contractText, { inferenceConfig: { maxTokens: 8_192, stopSequences: ['"category"'] } }),
    );
    expect(stopReason).toBe('stop_sequence');
    expect(text).toBe('{"type":"finding","kind":"RISK",');
  });

  it('takes the region from the signature, and keeps what it was asked', async () => {
    await stream(bench.client('eu-west-1'), reviewInput('Words.', { modelId: sonnet45.replace('us.', 'eu.') }));
    const call = bench.simulator.activity.calls().at(-1);
    expect(call).toMatchObject({ operation: 'converse-stream', region: 'eu-west-1', outcome: 'completed' });
    expect(call?.modelId).toBe(sonnet45.replace('us.', 'eu.'));
    expect(call?.body?.inferenceConfig?.maxTokens).toBe(8_192);
  });
});

describe('Converse of the simulator', () => {
  it('gives the same answer in one piece', async () => {
    const input = reviewInput(contractText, { additionalModelRequestFields: thinkingFields });
    const streamed = await stream(bench.client(), input);
    const whole = await bench.client().send(new ConverseCommand(input));
    const content = whole.output?.message?.content ?? [];
    expect(content[0]?.reasoningContent?.reasoningText?.text).toBe(streamed.thinking);
    expect(content[1]?.text).toBe(streamed.text);
    expect(whole.usage).toEqual(streamed.usage);
    expect(whole.stopReason).toBe('end_turn');
    expect(whole.metrics?.latencyMs).toBeGreaterThanOrEqual(0);
  });
});

describe('other requests', () => {
  it('lists the models that are alive', async () => {
    const control = new BedrockClient({
      region: 'us-east-2',
      endpoint: bench.url,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' },
      requestHandler: new NodeHttpHandler(),
    });
    const { modelSummaries = [] } = await control.send(new ListFoundationModelsCommand({}));
    control.destroy();
    const ids = modelSummaries.map((model) => model.modelId);
    expect(ids).toContain('anthropic.claude-sonnet-4-5-20250929-v1:0');
    expect(ids).not.toContain('anthropic.claude-sonnet-4-20250514-v1:0');
    expect(modelSummaries[0]?.modelLifecycle?.status).toBe('ACTIVE');
  });

  it('refuses what is not signed, and operations that Bedrock does not have', async () => {
    const unsigned = await fetch(`${bench.url}/model/${sonnet45}/converse-stream`, { method: 'POST', body: '{}' });
    expect(unsigned.status).toBe(403);
    expect(unsigned.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    const unknown = await fetch(`${bench.url}/model/${sonnet45}/invoke`, { method: 'POST', body: '{}' });
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
  });

  it('refuses a body that is no JSON, or not of the right shape', async () => {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=A/20261123/us-east-2/bedrock/aws4_request' };
    const post = (body: string) => fetch(`${bench.url}/model/${sonnet45}/converse`, { method: 'POST', headers, body });
    const noJson = await post('{"messages":');
    expect([noJson.status, noJson.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException']);
    const wrongShape = await post('{"messages":[{"role":"robot","content":[]}]}');
    expect(await wrongShape.json()).toMatchObject({ message: expect.stringContaining('#/messages/0/role') as unknown });
  });
});
