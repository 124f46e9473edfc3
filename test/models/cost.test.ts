import { expect, it } from 'vitest';
import { costUsd } from '../../src/models/cost.ts';
import { noUsage } from '../../src/models/model-types.ts';

const sonnet = {
  inputUsdPerMillionTokens: 3,
  outputUsdPerMillionTokens: 15,
  cacheReadUsdPerMillionTokens: 0.3,
  cacheWriteUsdPerMillionTokens: 3.75,
};

it.each([
  [{ ...noUsage }, 0],
  [{ ...noUsage, inputTokens: 1_000 }, 0.003],
  [{ ...noUsage, outputTokens: 1_000 }, 0.015],
  [{ ...noUsage, cacheReadTokens: 10_000 }, 0.003],
  [{ ...noUsage, cacheWriteTokens: 1_000 }, 0.00375],
  [{ inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 1_000_000, cacheWriteTokens: 0 }, 4.8],
])('%j costs %d USD', (usage, expected) => {
  expect(costUsd(usage, sonnet)).toBeCloseTo(expected, 10);
});
