import type { ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  reviewInput,
  sonnet40,
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

const haiku = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const sonnet55 = 'us.anthropic.claude-sonnet-5-5';
const thinking = (fields: Record<string, string | number>) => ({ additionalModelRequestFields: { thinking: fields } });

type Rule = { title: string; input: Partial<ConverseStreamCommandInput>; message: string };

const rules: readonly Rule[] = [
  {
    title: 'an unknown model',
    input: { modelId: 'us.anthropic.claude-9' },
    message: 'The provided model identifier is invalid.',
  },
  {
    title: 'a profile of another continent',
    input: { modelId: sonnet45.replace('us.', 'eu.') },
    message: 'The provided model identifier is invalid.',
  },
  {
    title: 'a bare id where a profile is needed',
    input: { modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
    message: "with on-demand throughput isn't supported",
  },
  { title: 'too small a thinking budget', input: thinking({ type: 'enabled', budget_tokens: 1_023 }), message: '1024' },
  {
    title: 'a budget that leaves nothing for the answer',
    input: { ...thinking({ type: 'enabled', budget_tokens: 2_000 }), inferenceConfig: { maxTokens: 2_000 } },
    message: '`max_tokens` must be greater than `thinking.budget_tokens`',
  },
  {
    title: 'a temperature with thinking',
    input: { additionalModelRequestFields: thinkingFields, inferenceConfig: { maxTokens: 8_192, temperature: 0.2 } },
    message: '`temperature` may only be set to 1',
  },
  {
    title: 'adaptive thinking of an older model',
    input: thinking({ type: 'adaptive' }),
    message: "Input tag 'adaptive'",
  },
  {
    title: 'enabled thinking of a newer model',
    input: { modelId: sonnet5, ...thinking({ type: 'enabled', budget_tokens: 2_000 }) },
    message: '"thinking.type.enabled" is not supported for this model',
  },
  {
    title: 'disabled thinking of a model that always thinks',
    input: { modelId: sonnet55, ...thinking({ type: 'disabled' }) },
    message: "Input tag 'disabled'",
  },
  {
    title: 'a temperature of a newer model',
    input: { modelId: 'us.anthropic.claude-opus-4-8', inferenceConfig: { maxTokens: 100, temperature: 0.2 } },
    message: '`temperature` is not supported',
  },
  {
    title: 'temperature and topP together',
    input: { modelId: haiku, inferenceConfig: { maxTokens: 100, temperature: 0.2, topP: 0.9 } },
    message: 'cannot both be specified',
  },
  {
    title: 'effort of a model that has none',
    input: { additionalModelRequestFields: { output_config: { effort: 'high' } } },
    message: 'effort',
  },
  {
    title: 'a prefilled answer of a newer model',
    input: {
      modelId: sonnet46,
      messages: [
        { role: 'user', content: [{ text: 'Hello' }] },
        { role: 'assistant', content: [{ text: '{' }] },
      ],
    },
    message: 'does not support assistant message prefill',
  },
  {
    title: 'two messages of the same role in a row',
    input: {
      messages: [
        { role: 'user', content: [{ text: 'One' }] },
        { role: 'user', content: [{ text: 'Two' }] },
      ],
    },
    message: 'must alternate',
  },
  { title: 'no message', input: { messages: [] }, message: 'must start with a user message' },
  { title: 'a blank message', input: { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, message: 'is blank' },
  {
    title: 'more tokens than the model can answer',
    input: { inferenceConfig: { maxTokens: 64_001 } },
    message: 'exceeds the model limit of 64000',
  },
  {
    title: 'more than the model can read',
    input: { messages: [{ role: 'user', content: [{ text: 'word '.repeat(150_000) }] }] },
    message: 'prompt is too long',
  },
  {
    title: 'five cache points',
    input: {
      system: [{ text: 'Rules' }, ...Array.from({ length: 5 }, () => ({ cachePoint: { type: 'default' as const } }))],
    },
    message: 'maximum of 4',
  },
];

describe('requests that Bedrock refuses', () => {
  it.each(rules)('refuses $title', async ({ input, message }) => {
    const { error, phase } = await stream(bench.client(), reviewInput('Some text.', input));
    expect(phase).toBe('send');
    expect(error?.name).toBe('ValidationException');
    expect(error?.$metadata?.httpStatusCode).toBe(400);
    expect(error?.message).toContain(message);
  });

  it('takes what each of these rules allows', async () => {
    const allowed: Partial<ConverseStreamCommandInput>[] = [
      { additionalModelRequestFields: thinkingFields, inferenceConfig: { maxTokens: 8_192, temperature: 1 } },
      { inferenceConfig: { maxTokens: 8_192, temperature: 0.2 } },
      { modelId: sonnet46, ...thinking({ type: 'enabled', budget_tokens: 2_000 }) },
      {
        modelId: sonnet46,
        additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      },
      { modelId: sonnet5, ...thinking({ type: 'disabled' }) },
      { modelId: sonnet45.replace('us.', 'global.') },
    ];
    for (const input of allowed) {
      expect((await stream(bench.client(), reviewInput('Some text.', input))).stopReason).toBe('end_turn');
    }
  });

  it('says that the models that Bedrock has retired have reached the end of their life', async () => {
    const { error } = await stream(bench.client(), reviewInput('Some text.', { modelId: sonnet40 }));
    expect(error?.name).toBe('ResourceNotFoundException');
    expect(error?.$metadata?.httpStatusCode).toBe(404);
    expect(error?.message).toContain('reached the end of its life');
  });

  it('lets retired models answer where they are revived, and retires others', async () => {
    const other = await startBench({ endOfLife: ['sonnet-4.5'] });
    const revived = await stream(other.client(), reviewInput('Some text.', { modelId: sonnet40 }));
    const retired = await stream(other.client(), reviewInput('Some text.'));
    await other.close();
    expect(revived.stopReason).toBe('end_turn');
    expect(retired.error?.name).toBe('ResourceNotFoundException');
  });
});
