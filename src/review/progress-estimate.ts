/**
 * How far a review has come, 0 to 100, by what the model has produced: thinking brings it toward 35, the answer from there toward 97. The
 * length of either is not known before it ends, so each approaches its limit and never reaches it; 100 is for what is stored.
 */
export function estimatePercent(produced: {
  thinkingChars: number;
  textChars: number;
  expectedTextChars: number;
}): number {
  const thinking = 35 * (1 - Math.exp(-produced.thinkingChars / 1_500));
  if (produced.textChars === 0) return 2 + thinking * 0.94;
  const answer = 62 * (1 - Math.exp((-2 * produced.textChars) / produced.expectedTextChars));
  return 35 + answer;
}
