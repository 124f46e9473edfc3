import { expect, test } from 'vitest';
import { correctEstimate, learnEstimate } from '../../src/throttle/token-estimate.ts';

const usageOf = (inputTokens: number) => ({ inputTokens, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 });

test('an estimate that nothing was learnt of stays as it is', () => {
  expect(correctEstimate(1_234, undefined)).toBe(1_234);
});

test('comes within 1 % of a tokenizer that counts 30 % more after 16 calls', () => {
  let known: number | undefined;
  for (let call = 0; call < 16; call++) known = learnEstimate(known, 1_000, usageOf(1_300));
  expect(Math.abs(correctEstimate(10_000, known) / 13_000 - 1)).toBeLessThan(0.01);
});

test('counts cached input as input', () => {
  expect(learnEstimate(undefined, 1_000, { ...usageOf(500), cacheReadTokens: 400, cacheWriteTokens: 100 })).toBe(1_000);
  expect(learnEstimate(undefined, 1_000, { ...usageOf(500), cacheReadTokens: 900, cacheWriteTokens: 600 })).toBe(1_200);
});

test('one odd answer moves it by little', () => {
  expect(learnEstimate(1_000, 10, usageOf(1_000_000))).toBe(1_600);
  expect(learnEstimate(1_000, 1_000_000, usageOf(1))).toBe(850);
});

test('learns nothing from a call that used nothing', () => {
  expect(learnEstimate(1_100, 1_000, null)).toBe(1_100);
  expect(learnEstimate(undefined, 1_000, usageOf(0))).toBeUndefined();
});
