/** What may be used of Bedrock: by the whole fleet, or of one model in one region. */
export type UsageLimits = {
  /** Invocations in any 60 s. */
  readonly requestsPerMinute: number;
  /** Invocations at once. */
  readonly concurrentRequests: number;
  /** Reserved or charged tokens in any 60 s. */
  readonly tokensPerMinute: number;
};

export type ThrottleLimits = UsageLimits & {
  /** By model key: a model's own limits in each region, beside the fleet's. What is left out is not limited. */
  readonly perModel: Readonly<Record<string, Partial<UsageLimits>>>;
  /** How long a place lasts without being renewed. Holders renew at a third of it. */
  readonly leaseTtlMs: number;
  /** Failures in a row after which a breaker opens. */
  readonly failuresToOpen: number;
  /** How long a breaker opens first; twice as long after each failed probe, up to the longest. */
  readonly openMs: number;
  readonly longestOpenMs: number;
};

export const defaultThrottleLimits: ThrottleLimits = {
  requestsPerMinute: 30,
  concurrentRequests: 5,
  tokensPerMinute: 120_000,
  perModel: {},
  leaseTtlMs: 30_000,
  failuresToOpen: 5,
  openMs: 60_000,
  longestOpenMs: 600_000,
};

/** "In any 60 s": the width of every sliding window. */
export const windowMs = 60_000;

/** A model in a region, as it names keys and fields. A region never holds a slash; a model key may hold anything. */
export const targetOf = (place: { readonly modelKey: string; readonly region: string }): string =>
  `${place.region}/${place.modelKey}`;

export function placeOf(target: string): { modelKey: string; region: string } {
  const slash = target.indexOf('/');
  return { region: target.slice(0, slash), modelKey: target.slice(slash + 1) };
}

/** A model's own limits, complete; null when it has none. */
export function ownLimitsOf(limits: ThrottleLimits, modelKey: string): UsageLimits | null {
  const own = Object.hasOwn(limits.perModel, modelKey) ? limits.perModel[modelKey] : undefined;
  if (!own) return null;
  return {
    requestsPerMinute: own.requestsPerMinute ?? Infinity,
    concurrentRequests: own.concurrentRequests ?? Infinity,
    tokensPerMinute: own.tokensPerMinute ?? Infinity,
  };
}
