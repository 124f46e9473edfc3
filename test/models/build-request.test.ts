import { describe, expect, it } from 'vitest';
import { buildRequest } from '../../src/models/build-request.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import type { ModelRequest, ModelSpec } from '../../src/models/model-types.ts';

const { byKey } = createModelCatalog({ chain: [], primaryBedrockId: null, maxTokens: 8_192, regions: ['us-east-2'] });

function model(key: string): ModelSpec {
  const spec = byKey(key);
  if (!spec) throw new Error(`No ${key}`);
  return spec;
}

const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'You review documents.',
  messages: [{ role: 'user', text: 'The section' }],
  maxTokens: 8_192,
  temperature: 0.2,
  ...change,
});

const adaptive = { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'medium' } };
const budget = { thinking: { type: 'enabled', budget_tokens: 2_000 } };

describe('what each model is asked for', () => {
  it.each([
    ['sonnet-4.5', budget, { maxTokens: 8_192 }],
    ['sonnet-4', budget, { maxTokens: 8_192 }],
    ['sonnet-3.7', budget, { maxTokens: 8_192 }],
    ['haiku-4.5', budget, { maxTokens: 8_192 }],
    ['sonnet-3.5', undefined, { maxTokens: 4_096, temperature: 0.2 }],
    ['sonnet-3.5-v2', undefined, { maxTokens: 8_192, temperature: 0.2 }],
    ['sonnet-4.6', adaptive, { maxTokens: 8_192 }],
    ['sonnet-5', adaptive, { maxTokens: 8_192 }],
    ['sonnet-5.5', adaptive, { maxTokens: 8_192 }],
  ])('%s', (key, additionalModelRequestFields, inferenceConfig) => {
    const built = buildRequest(model(key), request());
    expect(built.modelId).toBe(model(key).bedrockId);
    expect(built.additionalModelRequestFields).toEqual(additionalModelRequestFields);
    expect(built.inferenceConfig).toEqual(inferenceConfig);
  });
});

it('a model that neither thinks nor takes a temperature is asked for neither', () => {
  const plain: ModelSpec = { ...model('sonnet-3.5-v2'), acceptsTemperature: false };
  expect(buildRequest(plain, request()).inferenceConfig).toEqual({ maxTokens: 8_192 });
});

describe('the answer limit', () => {
  it('is the smaller one of request and model', () => {
    expect(buildRequest(model('sonnet-3.5'), request({ maxTokens: 64_000 })).inferenceConfig?.maxTokens).toBe(4_096);
    expect(buildRequest(model('sonnet-4.5'), request({ maxTokens: 3_000 })).inferenceConfig?.maxTokens).toBe(3_000);
  });

  it('leaves thinking at most half of it', () => {
    const built = buildRequest(model('sonnet-4.5'), request({ maxTokens: 3_000 }));
    expect(built.additionalModelRequestFields).toEqual({ thinking: { type: 'enabled', budget_tokens: 1_500 } });
  });

  it('too small for any thinking budget allows the temperature again', () => {
    const built = buildRequest(model('sonnet-4.5'), request({ maxTokens: 2_000 }));
    expect(built.additionalModelRequestFields).toBeUndefined();
    expect(built.inferenceConfig).toEqual({ maxTokens: 2_000, temperature: 0.2 });
  });
});

describe('the cache point', () => {
  const cachePoint = { cachePoint: { type: 'default' } };
  const words = (tokens: number) => 'reviews '.repeat(Math.ceil((tokens * 3.5) / 8));

  it.each([
    ['sonnet-4.5', 1_024, 1_100, true],
    ['sonnet-4.5', 1_024, 900, false],
    ['sonnet-4.6', 2_048, 1_900, false],
    ['sonnet-4.6', 2_048, 2_100, true],
    ['haiku-4.5', 4_096, 3_000, false],
    ['haiku-4.5', 4_096, 4_200, true],
    ['sonnet-3.5', null, 9_000, false],
  ])('of %s, whose minimum is %s tokens, after %s tokens: %s', (key, minimum, tokens, isExpected) => {
    expect(model(key).minCacheTokens).toBe(minimum);
    const system = words(tokens);
    expect(buildRequest(model(key), request({ system })).system).toEqual(
      isExpected ? [{ text: system }, cachePoint] : [{ text: system }],
    );
  });
});

describe('messages', () => {
  it('are text alone', () => {
    expect(buildRequest(model('sonnet-5'), request()).messages).toEqual([
      { role: 'user', content: [{ text: 'The section' }] },
    ]);
  });

  it('of the same role in a row are joined into one', () => {
    const messages = [
      { role: 'user', text: 'One' },
      { role: 'user', text: 'Two' },
      { role: 'assistant', text: 'Three' },
      { role: 'user', text: 'Four' },
    ] as const;
    expect(buildRequest(model('sonnet-5'), request({ messages })).messages).toEqual([
      { role: 'user', content: [{ text: 'One' }, { text: 'Two' }] },
      { role: 'assistant', content: [{ text: 'Three' }] },
      { role: 'user', content: [{ text: 'Four' }] },
    ]);
  });

  it('come without a system block when there is no system text', () => {
    expect(buildRequest(model('sonnet-5'), request({ system: '' })).system).toBeUndefined();
  });
});
