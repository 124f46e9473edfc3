import { expect, test } from 'vitest';
import { candidateOf } from './support/admissions.ts';
import type { Fleet } from './support/fleet.ts';
import { describeBoth, failed, neutral, succeeded, throttled } from './support/fleet.ts';

const coolingMs = async ({ admission, clock }: Fleet): Promise<number | null> => {
  const untilMs = (await admission.snapshot()).models[0]?.coolingUntilMs ?? null;
  return untilMs === null ? null : untilMs - clock.now();
};

describeBoth('model cooldown', (createFleet) => {
  const cooled = async (ms?: number): Promise<Fleet> => {
    const fleet = await createFleet();
    await fleet.admission.settle(await fleet.start('first'), throttled(ms));
    return fleet;
  };

  test('a throttled model is skipped at once for the next candidate', async () => {
    const fleet = await cooled();
    const candidates = [candidateOf(), candidateOf({ modelKey: 'next' })];
    expect(await fleet.ask('a', { candidates })).toMatchObject({
      outcome: 'admitted',
      lease: { modelKey: 'next', isProbe: false },
      skipped: [{ modelKey: 'sonnet', region: 'us-east-2', why: 'SKIPPED_COOLING_DOWN' }],
    });
  });

  test('cools one model in one region only', async () => {
    const fleet = await cooled();
    const others = [candidateOf({ region: 'us-west-2' }), candidateOf({ modelKey: 'other' })];
    for (const other of others)
      expect(await fleet.ask(other.modelKey, { candidates: [other] })).toMatchObject({
        outcome: 'admitted',
        skipped: [],
      });
  });

  test('says when the earliest candidate can be probed when all are cooling', async () => {
    const fleet = await cooled();
    const other = candidateOf({ modelKey: 'other' });
    await fleet.admission.settle(await fleet.start('second', { candidates: [other] }), throttled(20_000));
    expect(await fleet.ask('a', { candidates: [candidateOf(), other] })).toMatchObject({
      outcome: 'wait',
      layer: 'MODEL_COOLDOWN',
      waitMs: 10_000,
    });
  });

  test('from half of the cooldown on one probe of the whole fleet may try, and its success ends it', async () => {
    const fleet = await cooled();
    fleet.clock.advance(29_999);
    expect(await fleet.ask('a')).toMatchObject({ layer: 'MODEL_COOLDOWN', waitMs: 1 });
    fleet.clock.advance(1);
    const probe = await fleet.start('a');
    expect(probe.isProbe).toBe(true);
    expect(await fleet.ask('b')).toMatchObject({ outcome: 'wait', layer: 'MODEL_COOLDOWN', waitMs: 1_000 });
    await fleet.admission.settle(probe, succeeded);
    expect(await fleet.start('b')).toMatchObject({ isProbe: false });
  });

  test('a throttled probe cools the model again', async () => {
    const fleet = await cooled();
    fleet.clock.advance(30_000);
    await fleet.admission.settle(await fleet.start('a'), throttled());
    expect(await coolingMs(fleet)).toBe(60_000);
    expect(await fleet.ask('b')).toMatchObject({ layer: 'MODEL_COOLDOWN', waitMs: 30_000 });
  });

  test('a probe that fails otherwise is the last of its cooldown', async () => {
    const fleet = await cooled();
    fleet.clock.advance(30_000);
    await fleet.admission.settle(await fleet.start('a'), failed());
    expect(await fleet.ask('b')).toMatchObject({ layer: 'MODEL_COOLDOWN', waitMs: 30_000 });
    fleet.clock.advance(30_000);
    expect(await fleet.start('b')).toMatchObject({ isProbe: false });
  });

  test('a cancelled probe and a dead one let another try at once', async () => {
    const fleet = await cooled(200_000);
    fleet.clock.advance(100_000);
    await fleet.admission.settle(await fleet.start('cancelled'), neutral);
    expect(await fleet.start('dead')).toMatchObject({ isProbe: true });
    fleet.clock.advance(30_000);
    expect(await fleet.start('next')).toMatchObject({ isProbe: true });
  });

  test('the success of a call that was under way does not end it', async () => {
    const fleet = await createFleet();
    const slow = await fleet.start('slow');
    await fleet.admission.settle(await fleet.start('first'), throttled());
    await fleet.admission.settle(slow, succeeded);
    expect(await coolingMs(fleet)).toBe(60_000);
  });

  test('a second throttle never shortens it, a longer one extends it', async () => {
    const fleet = await createFleet();
    const [a, b, c] = [await fleet.start('a'), await fleet.start('b'), await fleet.start('c')];
    await fleet.admission.settle(a, throttled(60_000));
    await fleet.admission.settle(b, throttled(1_000));
    expect(await coolingMs(fleet)).toBe(60_000);
    await fleet.admission.settle(c, throttled(4 * 3_600_000));
    expect(await coolingMs(fleet)).toBe(4 * 3_600_000);
    expect(await fleet.ask('d')).toMatchObject({ waitMs: 2 * 3_600_000 });
  });

  test('takes the provider’s hint as it is', async () => {
    const fleet = await cooled(2_500);
    expect(await coolingMs(fleet)).toBe(2_500);
  });

  test('is over when its time has passed without a probe', async () => {
    const fleet = await cooled();
    fleet.clock.advance(60_000);
    expect(await coolingMs(fleet)).toBeNull();
    expect(await fleet.start('a')).toMatchObject({ isProbe: false });
  });

  test('a retired model is not offered until reset, and nothing is waited for when all are', async () => {
    const fleet = await createFleet();
    await fleet.admission.settle(await fleet.start('a'), { result: { result: 'retired' }, usage: null });
    fleet.clock.advance(7 * 24 * 3_600_000);
    expect(await fleet.ask('b')).toMatchObject({ outcome: 'unavailable', skipped: [{ why: 'SKIPPED_RETIRED' }] });
    expect((await fleet.admission.snapshot()).models).toMatchObject([{ isRetired: true, coolingUntilMs: null }]);
    await fleet.admission.reset('sonnet', 'us-east-2');
    await fleet.start('b');
  });

  test('reset ends it in one region, or in all', async () => {
    const fleet = await createFleet();
    const west = { candidates: [candidateOf({ region: 'us-west-2' })] };
    const coolBoth = async (round: string): Promise<void> => {
      await fleet.admission.settle(await fleet.start(`east-${round}`), throttled());
      await fleet.admission.settle(await fleet.start(`west-${round}`, west), throttled());
    };
    await coolBoth('1');
    await fleet.admission.reset('sonnet', 'us-west-2');
    expect(await fleet.ask('a')).toMatchObject({ layer: 'MODEL_COOLDOWN' });
    await fleet.admission.reset('sonnet', null);
    await coolBoth('2');
    await fleet.admission.reset('sonnet', null);
    expect((await fleet.admission.snapshot()).models).toEqual([]);
  });
});
