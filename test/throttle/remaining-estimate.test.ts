import { expect, test } from 'vitest';
import type { ThrottleSnapshot } from '../../src/throttle/admission-port.ts';
import { estimateRemainingMs } from '../../src/throttle/remaining-estimate.ts';

const snapshot: ThrottleSnapshot = {
  requestsPerMinute: { used: 30, limit: 30 },
  concurrentRequests: { used: 2, limit: 5 },
  tokensPerMinute: { used: 60_000, limit: 120_000 },
  models: [],
  regions: [],
  waiting: 0,
  retriesWaiting: 0,
  meanDurationMs: 5_000,
  meanChargeTokens: 2_000,
};

test('the limit that takes longest decides', () => {
  expect(estimateRemainingMs(snapshot, 60)).toBe(125_000);
  expect(estimateRemainingMs({ ...snapshot, meanChargeTokens: 10_000 }, 60)).toBe(275_000);
  expect(estimateRemainingMs({ ...snapshot, meanDurationMs: 50_000 }, 60)).toBe(620_000);
});

test('work that fits at once takes as long as a call', () => {
  const idle = { ...snapshot, requestsPerMinute: { used: 0, limit: 30 } };
  expect(estimateRemainingMs(idle, 3)).toBe(5_000);
});

test('is unknown before a call has told how long one takes, and nothing for no work', () => {
  expect(estimateRemainingMs({ ...snapshot, meanDurationMs: null }, 3)).toBeNull();
  expect(estimateRemainingMs(snapshot, 0)).toBe(0);
});
