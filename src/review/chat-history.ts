import { estimateTextTokens } from '../models/estimate-tokens.ts';

/** A question and its whole answer. */
export type Exchange = { readonly question: string; readonly answer: string };

// Tokens are counted as the models of today's chain do; those of the next count up to 1.3 times as many.
const tokenizer = { tokenizerFactor: 1 };

export const textTokens = (text: string): number => estimateTextTokens(text, tokenizer);

/**
 * The newest exchanges that fit into `maxTokens` together, oldest first. Each is kept whole or not at all, and none is left out between two
 * that are kept.
 */
export function recentExchanges(oldestFirst: readonly Exchange[], maxTokens: number): Exchange[] {
  let left = maxTokens;
  const tooOld = oldestFirst.findLastIndex(({ question, answer }) => {
    left -= textTokens(question) + textTokens(answer);
    return left < 0;
  });
  return oldestFirst.slice(tooOld + 1);
}
