import { z } from 'zod';
import { catalogRows, type CatalogRow } from './catalog-rows.ts';
import { deriveRow, priceFactor, profileFor, splitModelId } from './model-id.ts';
import type { ModelSpec } from './model-types.ts';
import { thinkingBudgetWithin } from './thinking-budget.ts';

const usd = z.number().nonnegative();
const tokens = z.number().int().positive();

const rowSchema = z.object({
  key: z.string().min(1),
  name: z.string().min(1),
  baseId: z.string().min(1),
  profiles: z.array(z.enum(['us', 'eu', 'global'])),
  thinking: z.enum(['none', 'budget', 'adaptive']),
  maxOutputTokens: tokens,
  contextTokens: tokens,
  tokenizerFactor: z.number().min(1).max(2),
  acceptsTemperature: z.boolean(),
  outputBurndown: z.number().min(1).max(20),
  inputUsd: usd,
  outputUsd: usd,
  cacheReadUsd: usd,
  cacheWriteUsd: usd,
  regionalPriceFactor: z.number().min(1).max(2),
  minCacheTokens: tokens.nullable(),
  endOfLife: z.iso.date().nullable(),
});

const rowsSchema = z
  .array(rowSchema)
  .refine((rows) => new Set(rows.map((row) => row.key)).size === rows.length, 'two rows have the same key')
  .refine((rows) => rows.every((row) => row.maxOutputTokens < row.contextTokens), 'an answer exceeds its context');

export type ModelCatalogOptions = {
  /** Keys in the order in which they are tried; empty for the default chain. */
  readonly chain: readonly string[];
  /** Takes the place of the chain's first model. */
  readonly primaryBedrockId: string | null;
  /** Upper limit of one answer, thinking included; a model that allows less keeps its own. */
  readonly maxTokens: number;
  /** Bedrock regions that will be called: they decide on the inference profile. At least one. */
  readonly regions: readonly string[];
  /** Another table than the built-in one. */
  readonly rows?: readonly CatalogRow[];
};

export type ModelCatalog = {
  /** In order of preference: a model's priority is its index + 1. */
  readonly chain: readonly ModelSpec[];
  /** Also models outside the chain, which old attempts may name. */
  readonly byKey: (key: string) => ModelSpec | undefined;
  /** A sentence per model of the chain that has reached its end of life, or will within 60 days. */
  readonly warnings: (now: Date) => readonly string[];
};

/** A chain or a table that cannot be used; the message says what to change. */
export class ModelCatalogError extends Error {
  override readonly name = 'ModelCatalogError';
}

/** Validates the table and puts the chain together. Throws ModelCatalogError for an unknown key or a broken table. */
export function createModelCatalog(options: ModelCatalogOptions): ModelCatalog {
  const parsed = rowsSchema.safeParse(options.rows ?? catalogRows);
  if (!parsed.success) throw new ModelCatalogError(`The model catalog is not valid: ${z.prettifyError(parsed.error)}`);
  const rows = parsed.data;
  const specs = new Map(
    rows.map((row) => [row.key, toSpec(row, idInRegions(row, options.regions), options.maxTokens)]),
  );
  const keys = options.chain.length > 0 ? [...new Set(options.chain)] : rows.map((row) => row.key);
  const chain = keys.map((key) => {
    const spec = specs.get(key);
    if (!spec)
      throw new ModelCatalogError(
        `MODEL_CHAIN: ${key} is not a known model; known are ${[...specs.keys()].join(', ')}`,
      );
    return spec;
  });
  if (options.primaryBedrockId !== null) replacePrimary(chain, options.primaryBedrockId, rows, options.maxTokens);
  for (const spec of chain) specs.set(spec.key, spec);
  return {
    chain,
    byKey: (key) => specs.get(key),
    warnings: (now) => chain.flatMap((spec) => lifecycleWarning(spec, now)),
  };
}

/** A known id keeps its row's key, capabilities and prices; the model stands in the chain once, at the front. */
function replacePrimary(chain: ModelSpec[], bedrockId: string, rows: readonly CatalogRow[], maxTokens: number): void {
  const { baseId } = splitModelId(bedrockId);
  const row = rows.find((known) => known.baseId === baseId) ?? deriveRow(bedrockId);
  const rest = chain.slice(1).filter((spec) => spec.key !== row.key);
  chain.splice(0, chain.length, toSpec(row, bedrockId, maxTokens), ...rest);
}

function idInRegions(row: CatalogRow, regions: readonly string[]): string {
  const profile = profileFor(row, regions);
  return profile === null ? row.baseId : `${profile}.${row.baseId}`;
}

function toSpec(row: CatalogRow, bedrockId: string, wantedMaxTokens: number): ModelSpec {
  const maxTokens = Math.min(wantedMaxTokens, row.maxOutputTokens);
  const budgetTokens = row.thinking === 'budget' ? thinkingBudgetWithin(maxTokens) : null;
  const factor = priceFactor(row, splitModelId(bedrockId).prefix);
  const price = (perMillion: number) => Math.round(perMillion * factor * 1e6) / 1e6;
  return Object.freeze({
    key: row.key,
    name: row.name,
    bedrockId,
    thinking: row.thinking === 'budget' && budgetTokens === null ? 'none' : row.thinking,
    thinkingBudgetTokens: budgetTokens,
    maxTokens,
    contextTokens: row.contextTokens,
    tokenizerFactor: row.tokenizerFactor,
    acceptsTemperature: row.acceptsTemperature,
    outputBurndown: row.outputBurndown,
    inputUsdPerMillionTokens: price(row.inputUsd),
    outputUsdPerMillionTokens: price(row.outputUsd),
    cacheReadUsdPerMillionTokens: price(row.cacheReadUsd),
    cacheWriteUsdPerMillionTokens: price(row.cacheWriteUsd),
    minCacheTokens: row.minCacheTokens,
    endOfLife: row.endOfLife,
  });
}

const dayMs = 86_400_000;
const warningDays = 60;

function lifecycleWarning(spec: ModelSpec, now: Date): string[] {
  if (spec.endOfLife === null) return [];
  const daysLeft = Math.ceil((Date.parse(spec.endOfLife) - now.getTime()) / dayMs);
  if (daysLeft > warningDays) return [];
  return daysLeft <= 0
    ? [
        `${spec.name} reached its end of life on Bedrock on ${spec.endOfLife}: it is skipped. MODEL_CHAIN can leave it out.`,
      ]
    : [
        `${spec.name} reaches its end of life on Bedrock on ${spec.endOfLife}, in ${daysLeft} days. MODEL_CHAIN can name a successor.`,
      ];
}
