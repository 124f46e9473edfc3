/**
 * The models that the simulator plays, each with the rules its real one enforces. It is a table of its own, not the product's catalog: one
 * table for both would hide a mistake in either. Output limits and cache minimums are those known in November 2026.
 */
type ThinkingType = 'enabled' | 'adaptive' | 'disabled' | 'between_tools';

export type SimulatedModel = {
  /** Short name, as fault rules may write it. */
  readonly key: string;
  readonly name: string;
  readonly baseId: string;
  /** Prefixes of the inference profiles through which it is reached. */
  readonly profiles: readonly string[];
  /** Whether the bare id works, without a profile. */
  readonly isOnDemand: boolean;
  /** The values of `thinking.type` that it takes; empty: it knows no `thinking` at all. */
  readonly thinkingTypes: readonly ThinkingType[];
  readonly thinksUnasked: boolean;
  /** temperature and top_p: both together, one of them, or none other than the default. */
  readonly sampling: 'both' | 'one' | 'none';
  readonly acceptsEffort: boolean;
  readonly acceptsPrefill: boolean;
  readonly contextTokens: number;
  readonly maxTokens: number;
  readonly minCacheTokens: number;
  /** Tokens per text, relative to the tokenizer of the older generation. */
  readonly tokenFactor: number;
  /** What one output token costs of the quota. */
  readonly outputBurndown: number;
};

const older = {
  profiles: ['us', 'eu', 'apac'],
  isOnDemand: false,
  thinkingTypes: ['enabled', 'disabled'],
  thinksUnasked: false,
  sampling: 'both',
  acceptsEffort: false,
  acceptsPrefill: true,
  contextTokens: 200_000,
  maxTokens: 64_000,
  minCacheTokens: 1_024,
  tokenFactor: 1,
  outputBurndown: 5,
} as const satisfies Partial<SimulatedModel>;

const current = { ...older, profiles: ['us', 'eu', 'jp', 'global'], sampling: 'one' } as const;

const newer = {
  ...current,
  thinkingTypes: ['adaptive', 'disabled'],
  sampling: 'none',
  acceptsEffort: true,
  acceptsPrefill: false,
  contextTokens: 1_000_000,
  maxTokens: 128_000,
  tokenFactor: 1.3,
} as const;

export const simulatedModels: readonly SimulatedModel[] = [
  {
    ...older,
    key: 'sonnet-3.5',
    name: 'Claude 3.5 Sonnet',
    baseId: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
    isOnDemand: true,
    thinkingTypes: [],
    maxTokens: 4_096,
    outputBurndown: 1,
  },
  {
    ...older,
    key: 'sonnet-3.5-v2',
    name: 'Claude 3.5 Sonnet v2',
    baseId: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
    isOnDemand: true,
    thinkingTypes: [],
    maxTokens: 8_192,
    outputBurndown: 1,
  },
  {
    ...older,
    key: 'sonnet-3.7',
    name: 'Claude 3.7 Sonnet',
    baseId: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
  },
  {
    ...older,
    key: 'sonnet-4',
    name: 'Claude Sonnet 4',
    baseId: 'anthropic.claude-sonnet-4-20250514-v1:0',
    profiles: ['us', 'eu', 'apac', 'global'],
  },
  {
    ...current,
    key: 'sonnet-4.5',
    name: 'Claude Sonnet 4.5',
    baseId: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  },
  {
    ...current,
    key: 'haiku-4.5',
    name: 'Claude Haiku 4.5',
    baseId: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    minCacheTokens: 4_096,
  },
  {
    ...current,
    key: 'opus-4.5',
    name: 'Claude Opus 4.5',
    baseId: 'anthropic.claude-opus-4-5-20251101-v1:0',
    acceptsEffort: true,
    minCacheTokens: 4_096,
  },
  {
    ...newer,
    key: 'sonnet-4.6',
    name: 'Claude Sonnet 4.6',
    baseId: 'anthropic.claude-sonnet-4-6',
    thinkingTypes: ['adaptive', 'enabled', 'disabled'],
    sampling: 'one',
    maxTokens: 64_000,
    minCacheTokens: 2_048,
    tokenFactor: 1,
  },
  {
    ...newer,
    key: 'opus-4.6',
    name: 'Claude Opus 4.6',
    baseId: 'anthropic.claude-opus-4-6-v1',
    thinkingTypes: ['adaptive', 'enabled', 'disabled'],
    sampling: 'one',
    minCacheTokens: 4_096,
    tokenFactor: 1,
  },
  {
    ...newer,
    key: 'opus-4.7',
    name: 'Claude Opus 4.7',
    baseId: 'anthropic.claude-opus-4-7',
    minCacheTokens: 2_048,
  },
  { ...newer, key: 'opus-4.8', name: 'Claude Opus 4.8', baseId: 'anthropic.claude-opus-4-8' },
  {
    ...newer,
    key: 'sonnet-5',
    name: 'Claude Sonnet 5',
    baseId: 'anthropic.claude-sonnet-5',
    thinksUnasked: true,
  },
  { ...newer, key: 'opus-5', name: 'Claude Opus 5', baseId: 'anthropic.claude-opus-5', minCacheTokens: 512 },
  {
    ...newer,
    key: 'sonnet-5.5',
    name: 'Claude Sonnet 5.5',
    baseId: 'anthropic.claude-sonnet-5-5',
    thinkingTypes: ['adaptive', 'between_tools'],
    thinksUnasked: true,
  },
  {
    ...newer,
    key: 'opus-5.5',
    name: 'Claude Opus 5.5',
    baseId: 'anthropic.claude-opus-5-5',
    thinkingTypes: ['adaptive'],
    thinksUnasked: true,
  },
];

/** Gone from Bedrock as of November 2026: they answer 404, whatever is asked of them. */
export const endOfLifeKeys: readonly string[] = ['sonnet-3.5', 'sonnet-3.5-v2', 'sonnet-3.7', 'sonnet-4'];

export type ModelReference = {
  readonly model: SimulatedModel;
  /** Such as `us`; null for the bare id. */
  readonly profile: string | null;
};

/** The model behind an id as it stands in a request; null where no model has it. */
export function findModel(modelId: string): ModelReference | null {
  for (const model of simulatedModels) {
    if (modelId === model.baseId) return { model, profile: null };
    const profile = model.profiles.find((prefix) => modelId === `${prefix}.${model.baseId}`);
    if (profile !== undefined) return { model, profile };
  }
  return null;
}
