import type { ModelSpec, TokenUsage } from './model-types.ts';

type Prices = Pick<
  ModelSpec,
  | 'inputUsdPerMillionTokens'
  | 'outputUsdPerMillionTokens'
  | 'cacheReadUsdPerMillionTokens'
  | 'cacheWriteUsdPerMillionTokens'
>;

/** USD that a usage costs at the catalog's prices. `inputTokens` holds no cached tokens, as in Bedrock's own figures. */
export function costUsd(usage: TokenUsage, prices: Prices): number {
  const perMillion =
    usage.inputTokens * prices.inputUsdPerMillionTokens +
    usage.outputTokens * prices.outputUsdPerMillionTokens +
    usage.cacheReadTokens * prices.cacheReadUsdPerMillionTokens +
    usage.cacheWriteTokens * prices.cacheWriteUsdPerMillionTokens;
  return perMillion / 1_000_000;
}
