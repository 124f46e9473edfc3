import { expect, test } from 'vitest';
import { candidateOf } from './support/admissions.ts';
import type { Fleet } from './support/fleet.ts';
import { describeBoth, failed, leaseOf, neutral, succeeded, throttled } from './support/fleet.ts';

const west = candidateOf({ region: 'us-west-2' });

const breakerOf = async ({ admission }: Fleet): Promise<string> =>
  (await admission.snapshot()).models[0]?.breaker ?? 'CLOSED';
const regionBreakerOf = async ({ admission }: Fleet): Promise<string> =>
  (await admission.snapshot()).regions[0]?.breaker ?? 'CLOSED';

const failTimes = async (fleet: Fleet, times: number, scope: 'model' | 'region' = 'model'): Promise<void> => {
  for (let count = 0; count < times; count++)
    await fleet.admission.settle(await fleet.start(`failing-${count}`), failed(scope));
};

describeBoth('circuit breaker', (createFleet) => {
  const opened = async (scope: 'model' | 'region' = 'model'): Promise<Fleet> => {
    const fleet = await createFleet();
    await failTimes(fleet, 5, scope);
    return fleet;
  };

  test('opens after five failures in a row, not before', async () => {
    const fleet = await createFleet();
    await failTimes(fleet, 4);
    await fleet.admission.settle(await fleet.start('good'), succeeded);
    await failTimes(fleet, 4);
    expect(await breakerOf(fleet)).toBe('CLOSED');
    await failTimes(fleet, 1);
    expect(await breakerOf(fleet)).toBe('OPEN');
    expect(await fleet.ask('a')).toMatchObject({
      outcome: 'wait',
      layer: 'CIRCUIT_BREAKER',
      waitMs: 60_000,
      skipped: [{ modelKey: 'sonnet', why: 'SKIPPED_CIRCUIT_OPEN' }],
    });
  });

  test('half-open lets exactly one probe of the whole fleet through; its success closes it', async () => {
    const fleet = await opened();
    fleet.clock.advance(60_000);
    expect(await breakerOf(fleet)).toBe('HALF_OPEN');
    const decisions = await Promise.all(Array.from({ length: 50 }, (_, job) => fleet.ask(`job-${job}`)));
    const [probe, ...others] = decisions.filter(({ outcome }) => outcome === 'admitted');
    expect(others).toEqual([]);
    const lease = leaseOf(probe ?? expect.fail());
    expect(lease.isProbe).toBe(true);
    await fleet.admission.settle(lease, succeeded);
    expect(await breakerOf(fleet)).toBe('CLOSED');
    expect(await fleet.start('next')).toMatchObject({ isProbe: false });
  });

  test('opens twice as long after each failed probe, at most 10 min', async () => {
    const fleet = await opened();
    const openMs: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const refused = await fleet.ask('asking');
      if (refused.outcome !== 'wait') expect.fail();
      openMs.push(refused.waitMs);
      fleet.clock.advance(refused.waitMs);
      await fleet.admission.settle(await fleet.start('probe'), failed());
    }
    expect(openMs).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  test('begins anew with the shortest time after it was closed', async () => {
    const fleet = await opened();
    fleet.clock.advance(60_000);
    await fleet.admission.settle(await fleet.start('probe'), failed());
    fleet.clock.advance(120_000);
    await fleet.admission.settle(await fleet.start('probe'), succeeded);
    await failTimes(fleet, 5);
    expect(await fleet.ask('a')).toMatchObject({ layer: 'CIRCUIT_BREAKER', waitMs: 60_000 });
  });

  test('a probe whose holder dies is over with its lease, and another may try', async () => {
    const fleet = await opened();
    fleet.clock.advance(60_000);
    await fleet.start('dies');
    fleet.clock.advance(29_999);
    expect(await fleet.ask('next')).toMatchObject({ layer: 'CIRCUIT_BREAKER', waitMs: 1_000 });
    fleet.clock.advance(1);
    expect(await fleet.start('next')).toMatchObject({ isProbe: true });
  });

  test('a cancelled probe and a throttled one leave it half-open', async () => {
    const fleet = await opened();
    fleet.clock.advance(60_000);
    await fleet.admission.settle(await fleet.start('cancelled'), neutral);
    expect(await breakerOf(fleet)).toBe('HALF_OPEN');
    await fleet.admission.settle(await fleet.start('throttled'), throttled(1_000));
    expect(await breakerOf(fleet)).toBe('HALF_OPEN');
    fleet.clock.advance(1_000);
    expect(await fleet.start('next')).toMatchObject({ isProbe: true });
  });

  test('calls that were under way when it opened neither close it nor keep it open', async () => {
    const fleet = await createFleet({ concurrentRequests: 10 });
    const [good, bad] = [await fleet.start('good'), await fleet.start('bad')];
    await failTimes(fleet, 5);
    fleet.clock.advance(10_000);
    await fleet.admission.settle(good, succeeded);
    await fleet.admission.settle(bad, failed());
    expect(await fleet.ask('a')).toMatchObject({ layer: 'CIRCUIT_BREAKER', waitMs: 50_000 });
  });

  test('a region’s outage opens the region for all its models, the next region goes on, and one probe brings it back', async () => {
    const fleet = await opened('region');
    expect(await regionBreakerOf(fleet)).toBe('OPEN');
    const chain = { candidates: [candidateOf(), candidateOf({ modelKey: 'other' }), west] };
    expect(await fleet.ask('a', chain)).toMatchObject({
      lease: { region: 'us-west-2', isProbe: false },
      skipped: [{ why: 'SKIPPED_CIRCUIT_OPEN' }, { why: 'SKIPPED_CIRCUIT_OPEN' }],
    });
    fleet.clock.advance(60_000);
    const probe = await fleet.start('b', chain);
    expect(probe).toMatchObject({ region: 'us-east-2', isProbe: true });
    expect(await fleet.ask('c', chain)).toMatchObject({ lease: { region: 'us-west-2' } });
    await fleet.admission.settle(probe, succeeded);
    expect(await regionBreakerOf(fleet)).toBe('CLOSED');
  });

  test('a throttle shows that the region answers', async () => {
    const fleet = await opened('region');
    fleet.clock.advance(60_000);
    await fleet.admission.settle(await fleet.start('probe'), throttled());
    expect(await regionBreakerOf(fleet)).toBe('CLOSED');
  });

  test('reset closes the model’s breaker and its region’s', async () => {
    const fleet = await opened('region');
    await fleet.admission.reset('sonnet', 'us-east-2');
    await failTimes(fleet, 5);
    await fleet.admission.reset('sonnet', null);
    await fleet.start('a');
    expect(await fleet.admission.snapshot()).toMatchObject({ models: [], regions: [] });
  });
});
