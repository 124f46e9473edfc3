import { expect, test } from 'vitest';
import { chargeOf } from '../../src/throttle/token-budget.ts';
import { candidateOf } from './support/admissions.ts';
import { describeBoth, succeeded } from './support/fleet.ts';

const reserving = (reserveTokens: number) => ({
  candidates: [candidateOf({ reserveTokens, estimatedInputTokens: 0 })],
});
const using = (inputTokens: number, outputTokens: number) => ({
  ...succeeded,
  usage: { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 },
});

test('the charge is input + cache writes + burndown x output, cache reads are free', () => {
  const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 7_000, cacheWriteTokens: 30 };
  expect(chargeOf(usage, 5)).toBe(1_530);
  expect(chargeOf(usage, 1.001)).toBe(1_131);
  expect(chargeOf(null, 5)).toBe(0);
});

describeBoth('token budget', (createFleet) => {
  const used = async (fleet: Awaited<ReturnType<typeof createFleet>>) =>
    (await fleet.admission.snapshot()).tokensPerMinute.used;

  test('holds reservations to 120,000 in any 60 s', async () => {
    const fleet = await createFleet();
    await fleet.start('a', reserving(100_000));
    fleet.clock.advance(5_000);
    expect(await fleet.ask('b', reserving(20_001))).toMatchObject({
      outcome: 'wait',
      layer: 'TOKEN_BUDGET',
      expectedMs: 55_001,
    });
    await fleet.start('c', reserving(20_000));
    expect(await used(fleet)).toBe(120_000);
  });

  test('gives back at settling what was reserved and not charged', async () => {
    const fleet = await createFleet();
    const lease = await fleet.start('a', reserving(100_000));
    await fleet.admission.settle(lease, using(2_000, 600));
    expect(await used(fleet)).toBe(5_000);
    await fleet.start('b', reserving(115_000));
  });

  test('gives everything back when nothing was used', async () => {
    const fleet = await createFleet();
    await fleet.admission.settle(await fleet.start('a', reserving(100_000)), {
      result: { result: 'neutral' },
      usage: null,
    });
    expect(await used(fleet)).toBe(0);
  });

  test('carries what a call used beyond its reservation as debt, from the time of settling', async () => {
    const fleet = await createFleet();
    const lease = await fleet.start('a', reserving(100_000));
    fleet.clock.advance(20_000);
    await fleet.admission.settle(lease, using(10_000, 30_000));
    expect(await used(fleet)).toBe(160_000);
    fleet.clock.advance(40_001);
    expect(await used(fleet)).toBe(60_000);
    expect(await fleet.ask('b', reserving(60_001))).toMatchObject({ layer: 'TOKEN_BUDGET', waitMs: 20_000 });
    fleet.clock.advance(20_000);
    await fleet.start('b', reserving(60_001));
  });

  test('a settlement after its reservation left the window charges the debt alone', async () => {
    const fleet = await createFleet({ leaseTtlMs: 300_000 });
    const lease = await fleet.start('a', reserving(1_000));
    fleet.clock.advance(60_001);
    await fleet.admission.settle(lease, using(1_500, 0));
    expect(await used(fleet)).toBe(500);
  });

  test('keeps the reservation of a dead holder charged until 60 s after its admission, and not longer', async () => {
    const fleet = await createFleet();
    await fleet.start('dead', reserving(100_000));
    fleet.clock.advance(60_000);
    expect(await fleet.ask('b', reserving(20_001))).toMatchObject({ layer: 'TOKEN_BUDGET', waitMs: 1 });
    fleet.clock.advance(1);
    await fleet.start('b', reserving(120_000));
  });

  test('refuses at once what could never fit, and takes the next candidate', async () => {
    const fleet = await createFleet();
    const huge = candidateOf({ modelKey: 'huge', reserveTokens: 120_001, estimatedInputTokens: 110_000 });
    expect(await fleet.ask('a', { candidates: [huge] })).toMatchObject({
      outcome: 'unavailable',
      skipped: [{ modelKey: 'huge', why: 'SKIPPED_TOO_LARGE' }],
    });
    expect(await fleet.ask('a', { candidates: [huge, candidateOf()] })).toMatchObject({
      outcome: 'admitted',
      lease: { modelKey: 'sonnet' },
      skipped: [{ modelKey: 'huge', why: 'SKIPPED_TOO_LARGE' }],
    });
  });

  test('waits for the preferred model rather than send a request to one that reserves less', async () => {
    const fleet = await createFleet();
    await fleet.start('a', reserving(110_000));
    const candidates = [
      candidateOf({ reserveTokens: 14_000 }),
      candidateOf({ modelKey: 'lesser', reserveTokens: 9_000 }),
    ];
    expect(await fleet.ask('b', { candidates })).toMatchObject({ outcome: 'wait', layer: 'TOKEN_BUDGET', skipped: [] });
  });

  test('corrects input estimates by what inputs of that model came to, for the whole fleet', async () => {
    const fleet = await createFleet();
    const estimating = { candidates: [candidateOf({ reserveTokens: 2_000, estimatedInputTokens: 1_000 })] };
    await fleet.admission.settle(await fleet.start('a', estimating), using(2_000, 0));
    fleet.clock.advance(60_001);
    await fleet.start('b', estimating);
    expect(await used(fleet)).toBe(2_200);
  });
});
