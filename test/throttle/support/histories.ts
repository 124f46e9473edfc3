import * as fc from 'fast-check';
import type { AdmissionRequest, InvocationResult, Settlement } from '../../../src/throttle/admission-port.ts';

/** One thing that happens to the fleet. Workers are numbers; a crash is a lease that nothing is done with. */
export type Step =
  | {
      readonly type: 'admit';
      readonly worker: number;
      readonly priority: AdmissionRequest['priority'];
      readonly chain: readonly number[];
      readonly tokens: number;
    }
  | { readonly type: 'settle'; readonly pick: number; readonly settlement: Settlement }
  | { readonly type: 'settleAgain'; readonly pick: number; readonly settlement: Settlement }
  | { readonly type: 'renew'; readonly pick: number }
  | { readonly type: 'backOff'; readonly worker: number; readonly ms: number }
  | { readonly type: 'reset'; readonly place: number; readonly allRegions: boolean }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'clock'; readonly ms: number };

const workers = 9;

/** Models in regions; every history draws its chains from them. */
export const places = [
  { modelKey: 'one', region: 'east' },
  { modelKey: 'two', region: 'east' },
  { modelKey: 'one', region: 'west' },
] as const;

const worker = fc.nat({ max: workers - 1 });
/** Of the leases at hand, by its remainder. */
const pick = fc.nat({ max: 99 });

const result: fc.Arbitrary<InvocationResult> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({ result: 'succeeded' } as const) },
  {
    weight: 6,
    arbitrary: fc.record({
      result: fc.constant('throttled' as const),
      cooldownMs: fc.constantFrom(2_000, 60_000, 7_777.5),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      result: fc.constant('failed' as const),
      scope: fc.constantFrom('model' as const, 'region' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ result: 'neutral' } as const) },
  { weight: 1, arbitrary: fc.constant({ result: 'retired' } as const) },
);

const usage = fc.record({
  inputTokens: fc.nat({ max: 900 }),
  outputTokens: fc.nat({ max: 300 }),
  cacheReadTokens: fc.constantFrom(0, 0, 50),
  cacheWriteTokens: fc.constantFrom(0, 0, 70),
});

const settlement = fc.record({ result, usage: fc.option(usage, { freq: 4 }) });

const durations = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 1_500 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1_500, max: 31_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(29_999, 30_000, 30_001, 59_999, 60_000, 60_001, 120_000, 700_000) },
);

const admit: fc.Arbitrary<Step> = fc.record({
  type: fc.constant('admit' as const),
  worker,
  priority: fc.constantFrom('chat' as const, 'analysis' as const, 'analysis' as const),
  chain: fc.shuffledSubarray([0, 1, 2], { minLength: 1 }),
  tokens: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
    { weight: 1, arbitrary: fc.constantFrom(4_900, 5_000, 5_001) },
  ),
});

const settle: fc.Arbitrary<Step> = fc.record({ type: fc.constant('settle' as const), pick, settlement });
const settleAgain: fc.Arbitrary<Step> = fc.record({ type: fc.constant('settleAgain' as const), pick, settlement });
const renew: fc.Arbitrary<Step> = fc.record({ type: fc.constant('renew' as const), pick });
const backOff: fc.Arbitrary<Step> = fc.record({
  type: fc.constant('backOff' as const),
  worker,
  ms: fc.constantFrom(0, 1_000, 5_000),
});
const reset: fc.Arbitrary<Step> = fc.record({
  type: fc.constant('reset' as const),
  place: fc.nat({ max: 2 }),
  allRegions: fc.boolean(),
});
const advance: fc.Arbitrary<Step> = fc.record({ type: fc.constant('advance' as const), ms: durations });

/** `clockStepsMs`: by how much the server's clock may be set. */
export function histories(clockStepsMs: readonly number[], length = 120): fc.Arbitrary<Step[]> {
  const clock: fc.Arbitrary<Step> = fc.record({
    type: fc.constant('clock' as const),
    ms: fc.constantFrom(...clockStepsMs),
  });
  const step = fc.oneof(
    { weight: 12, arbitrary: admit },
    { weight: 8, arbitrary: settle },
    { weight: 1, arbitrary: settleAgain },
    { weight: 2, arbitrary: renew },
    { weight: 1, arbitrary: backOff },
    { weight: 1, arbitrary: reset },
    { weight: 8, arbitrary: advance },
    { weight: 1, arbitrary: clock },
  );
  return fc.array(step, { minLength: 1, maxLength: length, size: 'max' });
}
