/*
 * Prices, end-of-life dates and limits as the provider published them on 2026-11-23.
 */

/** Inference profiles that stand before a model's id: of a continent, or of the whole world. */
export type ProfilePrefix = 'us' | 'eu' | 'global';

/**
 * What is known of one model on Bedrock. Prices are the list prices of the global profile in USD per million tokens; calls through a
 * continent's profile cost `regionalPriceFactor` times as much.
 */
export type CatalogRow = {
  readonly key: string;
  readonly name: string;
  /** Without a profile's prefix. */
  readonly baseId: string;
  readonly profiles: readonly ProfilePrefix[];
  readonly thinking: 'none' | 'budget' | 'adaptive';
  readonly maxOutputTokens: number;
  readonly contextTokens: number;
  readonly tokenizerFactor: number;
  readonly acceptsTemperature: boolean;
  readonly outputBurndown: number;
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly cacheReadUsd: number;
  readonly cacheWriteUsd: number;
  readonly regionalPriceFactor: number;
  readonly minCacheTokens: number | null;
  readonly endOfLife: string | null;
};

const sonnetPrices = { inputUsd: 3, outputUsd: 15, cacheReadUsd: 0.3, cacheWriteUsd: 3.75 };
const extendedAccessPrices = { inputUsd: 6, outputUsd: 30, cacheReadUsd: 0.6, cacheWriteUsd: 7.5 };
const sonnet5Prices = { inputUsd: 2, outputUsd: 10, cacheReadUsd: 0.2, cacheWriteUsd: 2.5 };

/** Claude 3.5: does not think. Burns quota 1:1. */
const claude35 = {
  thinking: 'none',
  contextTokens: 200_000,
  tokenizerFactor: 1,
  acceptsTemperature: true,
  outputBurndown: 1,
  ...extendedAccessPrices,
  regionalPriceFactor: 1,
} as const;

/** Claude 3.7 to 4.5: thinks within a budget that it is given. */
const claude4 = {
  thinking: 'budget',
  maxOutputTokens: 64_000,
  contextTokens: 200_000,
  tokenizerFactor: 1,
  acceptsTemperature: true,
  outputBurndown: 5,
  minCacheTokens: 1_024,
} as const;

/** Claude 5: thinks as it finds right, rejects any temperature, and counts about 30 % more tokens for the same text. */
const claude5 = {
  thinking: 'adaptive',
  maxOutputTokens: 128_000,
  contextTokens: 1_000_000,
  tokenizerFactor: 1.3,
  acceptsTemperature: false,
  // Not published for this generation; the dearer of the two known values never admits too much.
  outputBurndown: 5,
  minCacheTokens: 1_024,
  ...sonnet5Prices,
  regionalPriceFactor: 1.1,
} as const;

/** All models that MODEL_CHAIN can name. The order is that of the default chain. */
export const catalogRows: readonly CatalogRow[] = [
  {
    ...claude4,
    ...sonnetPrices,
    key: 'sonnet-4.5',
    name: 'Claude Sonnet 4.5',
    baseId: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    profiles: ['us', 'eu', 'global'],
    regionalPriceFactor: 1.1,
    // Bedrock has announced no date. The provider's own API ends on 2026-11-30, so one is to be expected.
    endOfLife: null,
  },
  {
    ...claude4,
    ...sonnetPrices,
    key: 'sonnet-4',
    name: 'Claude Sonnet 4',
    baseId: 'anthropic.claude-sonnet-4-20250514-v1:0',
    profiles: ['us', 'eu', 'global'],
    regionalPriceFactor: 1,
    endOfLife: '2026-10-14',
  },
  {
    ...claude4,
    ...sonnetPrices,
    key: 'sonnet-3.7',
    name: 'Claude Sonnet 3.7',
    baseId: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
    profiles: ['us', 'eu'],
    regionalPriceFactor: 1,
    endOfLife: '2026-04-28',
  },
  {
    ...claude35,
    key: 'sonnet-3.5',
    name: 'Claude Sonnet 3.5',
    baseId: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
    profiles: ['us', 'eu'],
    maxOutputTokens: 4_096,
    minCacheTokens: null,
    endOfLife: '2026-03-01',
  },
  {
    ...claude35,
    key: 'sonnet-3.5-v2',
    name: 'Claude Sonnet 3.5 v2',
    baseId: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
    profiles: ['us'],
    maxOutputTokens: 8_192,
    minCacheTokens: 1_024,
    // The exact day is not published; it had ended by 2026-05-06.
    endOfLife: '2026-03-01',
  },
  {
    ...claude4,
    ...sonnetPrices,
    key: 'sonnet-4.6',
    name: 'Claude Sonnet 4.6',
    baseId: 'anthropic.claude-sonnet-4-6',
    profiles: ['us', 'eu', 'global'],
    thinking: 'adaptive',
    contextTokens: 1_000_000,
    regionalPriceFactor: 1.1,
    // Published as 1,024 and as 2,048; a prefix below the true one is ignored without an error.
    minCacheTokens: 2_048,
    endOfLife: null,
  },
  {
    ...claude5,
    key: 'sonnet-5',
    name: 'Claude Sonnet 5',
    baseId: 'anthropic.claude-sonnet-5',
    profiles: ['us', 'eu', 'global'],
    endOfLife: null,
  },
  {
    ...claude5,
    key: 'sonnet-5.5',
    name: 'Claude Sonnet 5.5',
    baseId: 'anthropic.claude-sonnet-5-5',
    profiles: ['us', 'eu', 'global'],
    endOfLife: null,
  },
  {
    ...claude4,
    key: 'haiku-4.5',
    name: 'Claude Haiku 4.5',
    baseId: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    profiles: ['us', 'eu', 'global'],
    inputUsd: 1,
    outputUsd: 5,
    cacheReadUsd: 0.1,
    cacheWriteUsd: 1.25,
    regionalPriceFactor: 1.1,
    minCacheTokens: 4_096,
    endOfLife: null,
  },
];
