import type { TokenUsage } from '../models/model-types.ts';

/*
 * Input estimates that learn, for the whole fleet: per model, how many tokens an input really had per 1,000 estimated.
 *
 * State        permille   moving average of actual / estimated, newest weighs a fifth; 1,000 until a call has told
 * Transition   settle of a call whose usage is known
 * Guarantee    Reservations follow the model's tokenizer within a few calls; one odd answer moves them by a fifth of 4x at most.
 * Not          It corrects the input alone: the reserved answer is the request's max tokens, as Bedrock reserves it.
 *
 * Whole numbers, so that Lua and TypeScript agree to the last digit.
 */
const uncorrectedPermille = 1_000;
const smallestPermille = 250;
const largestPermille = 4_000;

/** Estimated input tokens, corrected, rounded up. */
export const correctEstimate = (estimatedTokens: number, permille: number | undefined): number =>
  Math.ceil((estimatedTokens * (permille ?? uncorrectedPermille)) / 1_000);

/** The correction after a call whose input was estimated at `estimatedTokens`; undefined as long as no call has told. */
export function learnEstimate(
  known: number | undefined,
  estimatedTokens: number,
  usage: TokenUsage | null,
): number | undefined {
  const actualTokens = usage ? usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens : 0;
  if (actualTokens === 0 || estimatedTokens === 0) return known;
  const sample = Math.floor((actualTokens * 1_000) / estimatedTokens);
  const bounded = Math.min(largestPermille, Math.max(smallestPermille, sample));
  const permille = known ?? uncorrectedPermille;
  return permille + Math.floor((bounded - permille) / 5 + 0.5);
}

/** `text` is the stored correction, false at first. */
export const correctEstimateLua = (estimated: string, text: string): string =>
  `math.ceil(${estimated} * (${text} or ${uncorrectedPermille}) / 1000)`;

/** Sets `learnt`; for an estimate and an input above 0. */
export const learnEstimateLua = (text: string, estimated: string, actual: string): string => `
local sample = math.min(${largestPermille}, math.max(${smallestPermille}, math.floor(${actual} * 1000 / ${estimated})))
local permille = tonumber(${text} or ${uncorrectedPermille})
local learnt = permille + math.floor((sample - permille) / 5 + 0.5)
`;
