import { describe, expect, it } from 'vitest';
import { catalogRows } from '../../src/models/catalog-rows.ts';
import { createModelCatalog, ModelCatalogError, type ModelCatalogOptions } from '../../src/models/model-catalog.ts';

const build = (options: Partial<ModelCatalogOptions> = {}) =>
  createModelCatalog({
    chain: [],
    primaryBedrockId: null,
    maxTokens: 8_192,
    regions: ['us-east-2', 'us-west-2'],
    ...options,
  });

const keysOf = (options: Partial<ModelCatalogOptions>) => build(options).chain.map((model) => model.key);

describe('the default chain', () => {
  it('tries Sonnet 4.5 first, then the older and then the current models', () => {
    expect(keysOf({})).toEqual([
      'sonnet-4.5',
      'sonnet-4',
      'sonnet-3.7',
      'sonnet-3.5',
      'sonnet-3.5-v2',
      'sonnet-4.6',
      'sonnet-5',
      'sonnet-5.5',
      'haiku-4.5',
    ]);
  });

  it('lets the primary think with 2,000 of 8,192 tokens', () => {
    expect(build().chain[0]).toMatchObject({ thinking: 'budget', thinkingBudgetTokens: 2_000, maxTokens: 8_192 });
  });

  it.each([1_025, 2_047, 2_048, 4_096, 64_000])(
    'keeps every thinking budget in its bounds within %s tokens',
    (maxTokens) => {
      const outOfBounds = build({ maxTokens }).chain.filter(
        ({ thinking, thinkingBudgetTokens: budget, maxTokens: limit }) =>
          thinking === 'budget' ? budget === null || budget < 1_024 || budget >= limit : budget !== null,
      );
      expect(outOfBounds).toEqual([]);
    },
  );

  it('goes without thinking when the answer leaves no room for the smallest budget', () => {
    expect(build({ maxTokens: 2_000 }).chain[0]).toMatchObject({ thinking: 'none', thinkingBudgetTokens: null });
  });

  it('never allows an answer longer than the model can give', () => {
    const byKey = build({ maxTokens: 64_000 }).byKey;
    expect(byKey('sonnet-3.5')?.maxTokens).toBe(4_096);
    expect(byKey('sonnet-4.5')?.maxTokens).toBe(64_000);
  });
});

describe('MODEL_CHAIN', () => {
  it('sets another order', () => {
    expect(keysOf({ chain: ['sonnet-5.5', 'haiku-4.5'] })).toEqual(['sonnet-5.5', 'haiku-4.5']);
  });

  it('names a model that is repeated once', () => {
    expect(keysOf({ chain: ['sonnet-5', 'haiku-4.5', 'sonnet-5'] })).toEqual(['sonnet-5', 'haiku-4.5']);
  });

  it('with an unknown key is an error that lists the known ones', () => {
    expect(() => build({ chain: ['sonet-5'] })).toThrow(ModelCatalogError);
    expect(() => build({ chain: ['sonet-5'] })).toThrow(/MODEL_CHAIN: sonet-5 .* known are sonnet-4.5, .*haiku-4.5/);
  });

  it('leaves models outside it known by key, for what they did before', () => {
    expect(build({ chain: ['sonnet-5'] }).byKey('sonnet-3.7')?.name).toBe('Claude Sonnet 3.7');
    expect(build({ chain: ['sonnet-5'] }).byKey('gpt')).toBeUndefined();
  });
});

describe('the inference profile', () => {
  it.each([
    [['us-east-2', 'us-west-2'], 'us.anthropic.claude-sonnet-5-5'],
    [['eu-west-1', 'eu-central-1'], 'eu.anthropic.claude-sonnet-5-5'],
    [['us-east-2', 'eu-west-1'], 'global.anthropic.claude-sonnet-5-5'],
    [['ap-northeast-1'], 'global.anthropic.claude-sonnet-5-5'],
    [['us-gov-west-1'], 'global.anthropic.claude-sonnet-5-5'],
  ])('for %j is the narrowest that all of them can call', (regions, bedrockId) => {
    expect(build({ regions }).byKey('sonnet-5.5')?.bedrockId).toBe(bedrockId);
  });

  it('is left out for a model that has none there', () => {
    expect(build({ regions: ['ap-south-1'] }).byKey('sonnet-3.7')?.bedrockId).toBe(
      'anthropic.claude-3-7-sonnet-20250219-v1:0',
    );
  });

  it('of a continent costs 10 % more than the global one, from the 4.5 models on', () => {
    const us = build().byKey;
    const world = build({ regions: ['us-east-2', 'eu-west-1'] }).byKey;
    expect(us('sonnet-4.5')?.outputUsdPerMillionTokens).toBe(16.5);
    expect(world('sonnet-4.5')?.outputUsdPerMillionTokens).toBe(15);
    expect(us('sonnet-4')?.outputUsdPerMillionTokens).toBe(15);
  });
});

describe('BEDROCK_MODEL_ID', () => {
  it('with an id of the catalog takes that row, and that model stands in the chain once', () => {
    const catalog = build({ primaryBedrockId: 'global.anthropic.claude-sonnet-5' });
    expect(catalog.chain[0]).toMatchObject({
      key: 'sonnet-5',
      bedrockId: 'global.anthropic.claude-sonnet-5',
      thinking: 'adaptive',
      outputUsdPerMillionTokens: 10,
    });
    expect(catalog.chain.filter((model) => model.key === 'sonnet-5')).toHaveLength(1);
    expect(catalog.chain.map((model) => model.key)).not.toContain('sonnet-4.5');
  });

  it('with another profile of the primary only changes how that is called', () => {
    const catalog = build({ primaryBedrockId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0' });
    expect(catalog.chain[0]?.bedrockId).toBe('global.anthropic.claude-sonnet-4-5-20250929-v1:0');
    expect(catalog.byKey('sonnet-4.5')).toBe(catalog.chain[0]);
    expect(catalog.chain).toHaveLength(9);
  });

  it.each([
    ['us.anthropic.claude-opus-4-7', 'adaptive', false],
    ['us.anthropic.claude-opus-4-6-v1', 'adaptive', true],
    ['global.anthropic.claude-fable-5-1', 'adaptive', false],
    ['us.anthropic.claude-opus-4-5-20251101-v1:0', 'budget', true],
    ['us.anthropic.claude-opus-4-20250514-v1:0', 'budget', true],
    ['anthropic.claude-3-haiku-20240307-v1:0', 'none', true],
    ['us.amazon.nova-pro-v1:0', 'none', false],
    ['arn:aws:bedrock:us-east-2:123456789012:application-inference-profile/abc', 'none', false],
  ])('with the unknown %s asks for what its name says it can do', (primaryBedrockId, thinking, acceptsTemperature) => {
    const [primary] = build({ primaryBedrockId }).chain;
    expect(primary).toMatchObject({ key: primaryBedrockId, bedrockId: primaryBedrockId, thinking, acceptsTemperature });
    expect(primary?.outputUsdPerMillionTokens).toBe(50);
  });

  it('keeps the rest of the chain behind an unknown primary', () => {
    expect(keysOf({ chain: ['sonnet-4.5', 'sonnet-5'], primaryBedrockId: 'us.anthropic.claude-opus-4-7' })).toEqual([
      'us.anthropic.claude-opus-4-7',
      'sonnet-5',
    ]);
  });
});

describe('end of life', () => {
  const warningsOn = (day: string, chain: string[]) => build({ chain }).warnings(new Date(`${day}T12:00:00Z`));

  it('that has passed is a warning', () => {
    expect(warningsOn('2026-11-23', ['sonnet-4', 'sonnet-5.5'])).toEqual([
      expect.stringMatching(/^Claude Sonnet 4 reached its end of life on Bedrock on 2026-10-14/),
    ]);
  });

  it('within 60 days is a warning that says how many are left', () => {
    expect(warningsOn('2026-10-04', ['sonnet-4'])).toEqual([expect.stringContaining('on 2026-10-14, in 10 days')]);
  });

  it('further away, or not known, is none', () => {
    expect(warningsOn('2026-08-01', ['sonnet-4', 'haiku-4.5'])).toEqual([]);
  });

  it('warns only of models in the chain', () => {
    expect(warningsOn('2026-11-23', ['sonnet-5.5'])).toEqual([]);
  });
});

describe('a broken table', () => {
  const [first] = catalogRows;
  if (!first) throw new Error('The catalog is empty');

  it.each([
    ['a date that is none', [{ ...first, endOfLife: '2026-02-30' }]],
    ['a negative price', [{ ...first, inputUsd: -1 }]],
    ['two rows with one key', [first, { ...first, name: 'Another' }]],
    ['an answer longer than the context', [{ ...first, contextTokens: 8_000 }]],
  ])('with %s is refused when the catalog is built', (_what, rows) => {
    expect(() => build({ rows })).toThrow(ModelCatalogError);
  });
});
