import { expect, test } from 'vitest';
import { describeBoth, succeeded } from './support/fleet.ts';

describeBoth('request queue', (createFleet) => {
  test('lets 30 start in any 60 s, and says to the millisecond when the next may', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 100 });
    for (let count = 0; count < 30; count++) {
      await admission.settle(await start(`job-${count}`), succeeded);
      clock.advance(100);
    }
    const refused = await ask('late');
    expect(refused).toMatchObject({ outcome: 'wait', layer: 'REQUEST_QUEUE', waitMs: 57_001, expectedMs: 57_001 });
    clock.advance(57_000);
    expect(await ask('late')).toMatchObject({ outcome: 'wait', waitMs: 1 });
    clock.advance(1);
    await start('late');
  });

  test('counts an invocation that failed, because it was made', async () => {
    const { admission, ask, start } = await createFleet({ requestsPerMinute: 1 });
    await admission.settle(await start('a'), { result: { result: 'neutral' }, usage: null });
    expect(await ask('b')).toMatchObject({ outcome: 'wait', layer: 'REQUEST_QUEUE' });
  });

  test('lets 5 run at once, and the next as soon as one is settled', async () => {
    const { admission, ask, start } = await createFleet();
    const leases = await Promise.all([1, 2, 3, 4, 5].map((job) => start(`job-${job}`)));
    const refused = await ask('sixth');
    expect(refused).toMatchObject({ outcome: 'wait', layer: 'REQUEST_QUEUE' });
    await admission.settle(leases[2] ?? expect.fail(), succeeded);
    await start('sixth');
  });

  test('asks to look again sooner than a place will probably be free, since nobody knows when a call ends', async () => {
    const { ask, start } = await createFleet({ concurrentRequests: 1 });
    await start('running');
    expect(await ask('waiting')).toMatchObject({ waitMs: 250, expectedMs: 10_000 });
  });

  test('gives a dead holder’s place back one TTL after its last renewal, with nobody doing anything', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const dead = await start('dead');
    clock.advance(20_000);
    expect(await admission.renew(dead)).toBe(true);
    clock.advance(29_999);
    expect(await ask('next')).toMatchObject({ outcome: 'wait' });
    clock.advance(1);
    await start('next');
  });

  test('a model’s own limits hold beside the fleet’s, and its next candidate is taken when they are used up', async () => {
    const { ask, start } = await createFleet({ perModel: { small: { requestsPerMinute: 1 } } });
    const candidates = ['small', 'large'].map((modelKey) => ({
      modelKey,
      region: 'us-east-2',
      reserveTokens: 1_000,
      estimatedInputTokens: 200,
      outputBurndown: 5,
    }));
    expect(await start('a', { candidates })).toMatchObject({ modelKey: 'small' });
    expect(await ask('b', { candidates })).toMatchObject({ lease: { modelKey: 'large' }, skipped: [] });
    expect(await ask('c', { candidates: candidates.slice(0, 1) })).toMatchObject({
      layer: 'REQUEST_QUEUE',
      waitMs: 60_001,
    });
  });
});
