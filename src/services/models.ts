import type { ModelCatalog } from '../models/model-catalog.ts';
import type { ModelSpec } from '../models/model-types.ts';
import type { AdmissionControl, BreakerState } from '../throttle/admission-port.ts';

/** How a model is doing in one region, as the whole fleet sees it. */
export type ModelState = {
  readonly region: string;
  readonly coolingDownUntil: Date | null;
  readonly breaker: BreakerState;
};

/** A model at its place in the chain. */
export type RankedModel = ModelSpec & { readonly priority: number };

/** The models that answer, as the catalog has them and as the throttle sees them now. */
export function createModels(deps: {
  catalog: ModelCatalog;
  regions: readonly string[];
  throttle: Pick<AdmissionControl, 'snapshot'>;
}) {
  const ranked = new Map(deps.catalog.chain.map((model, index) => [model.key, { ...model, priority: index + 1 }]));

  return {
    chain: (): RankedModel[] => [...ranked.values()],

    /** A model that was used once and has left the catalog is still shown, by its key and behind the chain. */
    byKey(key: string): RankedModel {
      const inChain = ranked.get(key);
      if (inChain) return inChain;
      const known = deps.catalog.byKey(key);
      return { ...(known ?? forgotten(key)), priority: ranked.size + 1 };
    },

    /** One state per region, for each model: closed and not cooling where the throttle knows nothing of it. */
    async states(): Promise<(key: string) => ModelState[]> {
      const { models } = await deps.throttle.snapshot();
      return (key) =>
        deps.regions.map((region) => {
          const state = models.find((known) => known.modelKey === key && known.region === region);
          const coolingUntilMs = state?.coolingUntilMs ?? null;
          return {
            region,
            coolingDownUntil: coolingUntilMs === null ? null : new Date(coolingUntilMs),
            breaker: state?.breaker ?? 'CLOSED',
          };
        });
    },
  };
}

const forgotten = (key: string): ModelSpec => ({
  key,
  name: key,
  bedrockId: key,
  thinking: 'none',
  thinkingBudgetTokens: null,
  maxTokens: 1,
  contextTokens: 1,
  tokenizerFactor: 1,
  acceptsTemperature: false,
  outputBurndown: 1,
  inputUsdPerMillionTokens: 0,
  outputUsdPerMillionTokens: 0,
  cacheReadUsdPerMillionTokens: 0,
  cacheWriteUsdPerMillionTokens: 0,
  minCacheTokens: null,
  endOfLife: null,
});
