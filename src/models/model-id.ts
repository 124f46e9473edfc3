import type { CatalogRow, ProfilePrefix } from './catalog-rows.ts';

/**
 * Which inference profile is called. Models from Sonnet 4 on answer only through one, so an id needs a prefix:
 *
 * - all regions in the United States: `us.`; all in Europe: `eu.`. Documents then stay on that continent, and a call costs 10 % more
 *   than by `global.` from the 4.5 models on.
 * - any other or mixed set of regions: `global.`, the one profile that all of them can call. Documents may then be read anywhere.
 * - a model that has no such profile is called by its plain id.
 *
 * Whoever wants another profile names it with BEDROCK_MODEL_ID.
 */
export function profileFor(row: CatalogRow, regions: readonly string[]): ProfilePrefix | null {
  const wanted = isAllIn(regions, /^us-(?!gov)/) ? 'us' : isAllIn(regions, /^eu-/) ? 'eu' : 'global';
  return row.profiles.includes(wanted) ? wanted : null;
}

const isAllIn = (regions: readonly string[], continent: RegExp) => regions.every((region) => continent.test(region));

/** Splits `us.anthropic.claude-…` into its profile and the model's plain id. */
export function splitModelId(bedrockId: string): { prefix: string | null; baseId: string } {
  const match = /^([a-z]{2,6}(?:-gov)?)\.((?:anthropic|amazon|meta|mistral)\..+)$/.exec(bedrockId);
  return match?.[1] && match[2] ? { prefix: match[1], baseId: match[2] } : { prefix: null, baseId: bedrockId };
}

export const priceFactor = (row: CatalogRow, prefix: string | null): number =>
  prefix === 'global' ? 1 : row.regionalPriceFactor;

const mostExpensive = { inputUsd: 10, outputUsd: 50, cacheReadUsd: 1, cacheWriteUsd: 12.5 };

/**
 * A row for an id that the catalog does not know. Its capabilities follow from the Claude generation in its name; whatever has none (an
 * ARN, another provider) is asked for the least: no thinking, no temperature. Cost is counted at the highest Claude price, so that it is
 * never understated, and quota at the highest burndown. The id is its key, so that the state of another id is never taken for its own.
 */
export function deriveRow(bedrockId: string): CatalogRow {
  const { baseId } = splitModelId(bedrockId);
  const generation = claudeGeneration(baseId);
  const thinks = generation !== null && generation >= 3.7;
  const isAdaptive = generation !== null && generation >= 4.6;
  return {
    key: bedrockId,
    name: bedrockId,
    baseId,
    profiles: [],
    thinking: isAdaptive ? 'adaptive' : thinks ? 'budget' : 'none',
    maxOutputTokens: thinks ? 64_000 : 4_096,
    contextTokens: 200_000,
    tokenizerFactor: generation !== null && generation < 4.7 ? 1 : 1.3,
    acceptsTemperature: generation !== null && generation < 4.7,
    outputBurndown: 5,
    ...mostExpensive,
    regionalPriceFactor: 1,
    minCacheTokens: thinks ? 4_096 : null,
    endOfLife: null,
  };
}

/** `claude-3-7-sonnet-…` → 3.7, `claude-sonnet-4-5-20250929` → 4.5, `claude-opus-5` → 5; null when the name holds none. */
function claudeGeneration(baseId: string): number | null {
  const version = /claude-(?:[a-z]+-)?(\d)(?:-(\d)(?!\d))?/.exec(baseId);
  return version?.[1] ? Number(`${version[1]}.${version[2] ?? 0}`) : null;
}
