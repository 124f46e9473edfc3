import { decode, encode } from '@toon-format/toon';
import { estimateRowTokens } from '../models/estimate-tokens.ts';
import { escapeFence } from './fence.ts';

/** Rows of one table have the same columns in the same order. Numbers are finite. */
export type ContextRow = Readonly<Record<string, string | number>>;

export type WrittenRows = {
  /** Escaped for a fence. */
  readonly text: string;
  readonly format: 'TOON' | 'JSON';
  readonly tokens: number;
  /** Against compact JSON; 0 where JSON was chosen. */
  readonly tokensSaved: number;
};

// Of the Claude 3 and 4 models: figures of one analysis must not depend on which model answered.
const tokenizer = { tokenizerFactor: 1 };

/**
 * Writes rows for a prompt: as TOON, a table whose columns are named once, where that takes fewer tokens, else as compact JSON.
 *
 * Guarantee: what is written reads back as exactly these rows, every value with its type and all its characters. TOON is read back before
 * it is chosen, so that a value it would change, or cannot write (half of a surrogate pair), goes as JSON.
 */
export function writeRows(rows: readonly ContextRow[]): WrittenRows {
  const json = JSON.stringify(rows);
  const asJson = measured(json);
  const toon = faithfulToon(rows, json);
  const asToon = toon === null ? null : measured(toon);
  if (asToon === null || asToon.tokens >= asJson.tokens) return { ...asJson, format: 'JSON', tokensSaved: 0 };
  return { ...asToon, format: 'TOON', tokensSaved: asJson.tokens - asToon.tokens };
}

function faithfulToon(rows: readonly ContextRow[], json: string): string | null {
  try {
    const toon = encode(rows);
    return JSON.stringify(decode(toon)) === json ? toon : null;
  } catch {
    return null;
  }
}

function measured(written: string): { text: string; tokens: number } {
  const text = escapeFence(written);
  return { text, tokens: estimateRowTokens(text, tokenizer) };
}
