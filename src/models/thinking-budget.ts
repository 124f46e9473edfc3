/** Of the primary's design: 2,000 of 8,192 tokens. */
const wantedTokens = 2_000;
const bedrockMinimumTokens = 1_024;

/**
 * The thinking budget for an answer of at most `maxTokens`, thinking included: 2,000, but never more than half, so that room for the
 * answer is left. Null where that falls below Bedrock's minimum of 1,024: such a request goes without thinking.
 */
export function thinkingBudgetWithin(maxTokens: number): number | null {
  const budget = Math.min(wantedTokens, Math.floor(maxTokens / 2));
  return budget >= bedrockMinimumTokens ? budget : null;
}
