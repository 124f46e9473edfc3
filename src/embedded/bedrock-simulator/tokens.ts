/**
 * Tokens as the simulator counts them. A model's real tokenizer is not public; what matters here is that the count is the same for the same
 * text and of the right size.
 */

/** Characters of Chinese, Japanese and Korean are about a token each; other text has about 3.5 characters to a token. */
export function estimateTokens(text: string, tokenFactor = 1): number {
  const wide = text.match(/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]/gu)?.length ?? 0;
  return Math.ceil((wide * 1.2 + (text.length - wide) / 3.5) * tokenFactor);
}

/** The pieces in which a text is streamed: up to four characters with the white space before them. Joined they are the text again. */
export const splitIntoTokens = (text: string): string[] => text.match(/\s*\S{1,4}|\s+/gu) ?? [];
