/** How a model thinks: not at all, with a token budget it is given, or as much as it finds right. */
type ThinkingMode = 'none' | 'budget' | 'adaptive';

/** One row of the model catalog. Prices are USD per million tokens. */
export type ModelSpec = {
  /** Stable short key, for example `sonnet-4.5`. */
  readonly key: string;
  readonly name: string;
  /** Bedrock's model or inference-profile id. */
  readonly bedrockId: string;
  readonly thinking: ThinkingMode;
  /** Of `thinking: 'budget'`: tokens, at least 1,024 and below maxTokens. */
  readonly thinkingBudgetTokens: number | null;
  /** Upper limit of an answer, thinking included. */
  readonly maxTokens: number;
  readonly contextTokens: number;
  /** Tokens that it counts for a text, relative to the tokenizer of the Claude 3 and 4 models: 1.3 from Claude 5 on. */
  readonly tokenizerFactor: number;
  /** Whether a temperature may be sent when the model does not think. */
  readonly acceptsTemperature: boolean;
  /** How many quota tokens one output token costs. */
  readonly outputBurndown: number;
  readonly inputUsdPerMillionTokens: number;
  readonly outputUsdPerMillionTokens: number;
  readonly cacheReadUsdPerMillionTokens: number;
  readonly cacheWriteUsdPerMillionTokens: number;
  /** Shortest prefix that Bedrock caches; null where it does not. */
  readonly minCacheTokens: number | null;
  /** The day from which Bedrock answers that the model is gone, as far as known. */
  readonly endOfLife: string | null;
};

export type ModelMessage = { readonly role: 'user' | 'assistant'; readonly text: string };

/** A request as the product means it; request building turns it into what a given model accepts. */
export type ModelRequest = {
  /** Stable for all requests of a kind: the part worth caching. */
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  /** Upper limit of the answer, thinking included; clamped to the model's. */
  readonly maxTokens: number;
  /** Used only where the model accepts it. */
  readonly temperature: number;
};

export type TokenUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
};

export const noUsage: TokenUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** What a model's stream yields. `completed` comes exactly once, last, and only after both messageStop and metadata. */
export type ModelEvent =
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'completed'; readonly stopReason: string; readonly usage: TokenUsage };

/**
 * One invocation of one model in one region. Throws a ModelFailure when it fails or its stream is cut, and the signal's reason when
 * aborted; whatever ends the iteration also ends the request.
 */
export type ModelClient = {
  stream(model: ModelSpec, region: string, request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  close(): void;
};
