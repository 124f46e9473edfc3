import { expect, test } from 'vitest';
import { candidateOf } from './support/admissions.ts';
import { describeBoth, failed, succeeded, throttled } from './support/fleet.ts';

const usage = { inputTokens: 300, outputTokens: 100, cacheReadTokens: 0, cacheWriteTokens: 0 };
const used = { ...succeeded, usage };

describeBoth('when something breaks', (createFleet) => {
  test('crash before settling: place and probe come back with the lease, tokens with the window, and nothing stays', async () => {
    const { admission, clock, start } = await createFleet();
    await admission.settle(await start('first'), throttled(600_000));
    clock.advance(300_000);
    expect(await start('probe that dies')).toMatchObject({ isProbe: true });
    for (const job of ['b', 'c', 'd', 'e']) await start(job, { candidates: [candidateOf({ modelKey: 'other' })] });
    clock.advance(30_000);
    expect((await admission.snapshot()).concurrentRequests.used).toBe(0);
    expect(await start('next probe')).toMatchObject({ isProbe: true });
    clock.advance(60_001);
    expect(await admission.snapshot()).toMatchObject({
      requestsPerMinute: { used: 0 },
      concurrentRequests: { used: 0 },
      tokensPerMinute: { used: 0 },
      waiting: 0,
    });
  });

  test('answer lost: the same holder that asks again gets the same lease, not a second one', async () => {
    const { admission, clock, start } = await createFleet();
    const lost = await start('job');
    clock.advance(5_000);
    expect(await start('job')).toEqual(lost);
    expect(await admission.snapshot()).toMatchObject({
      requestsPerMinute: { used: 1 },
      concurrentRequests: { used: 1 },
      tokensPerMinute: { used: 1_000 },
    });
  });

  test('answer of a probe lost: it is a probe still', async () => {
    const { admission, clock, start } = await createFleet();
    await admission.settle(await start('first'), throttled());
    clock.advance(30_000);
    const lost = await start('job');
    expect(await start('job')).toEqual(lost);
    expect(lost.isProbe).toBe(true);
  });

  test('settled twice: the second changes nothing', async () => {
    const { admission, start } = await createFleet();
    const lease = await start('job');
    await admission.settle(lease, { ...failed(), usage });
    const before = await admission.snapshot();
    await admission.settle(lease, { ...failed(), usage });
    await admission.settle(lease, throttled());
    expect(await admission.snapshot()).toEqual(before);
  });

  test('five failures need five calls: one failure settled five times does not open a breaker', async () => {
    const { admission, start } = await createFleet();
    const lease = await start('job');
    for (let time = 0; time < 5; time++) await admission.settle(lease, failed());
    expect(await start('next')).toMatchObject({ isProbe: false });
  });

  test('settled after the lease ended: the next holder’s place, tokens and the model’s health are left alone', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const late = await start('late');
    clock.advance(30_000);
    await start('next');
    await admission.settle(late, { ...throttled(), usage });
    expect(await admission.snapshot()).toMatchObject({
      models: [],
      concurrentRequests: { used: 1 },
      tokensPerMinute: { used: 2_000 },
    });
    expect(await ask('third')).toMatchObject({ outcome: 'wait' });
  });

  test('settled late by a holder that has a new lease: the new one stays', async () => {
    const { admission, clock, start } = await createFleet();
    const old = await start('job');
    clock.advance(30_000);
    const current = await start('job');
    expect(current.id).not.toBe(old.id);
    await admission.settle(old, used);
    expect(await admission.renew(old)).toBe(false);
    expect(await admission.renew(current)).toBe(true);
  });

  test('renewed after the lease ended: false, and it does not come back', async () => {
    const { admission, clock, start } = await createFleet();
    const lease = await start('job');
    clock.advance(30_000);
    expect(await admission.renew(lease)).toBe(false);
    expect((await admission.snapshot()).concurrentRequests.used).toBe(0);
  });

  test('renewed after settling: false', async () => {
    const { admission, start } = await createFleet();
    const lease = await start('job');
    await admission.settle(lease, used);
    expect(await admission.renew(lease)).toBe(false);
  });

  test('clock goes back by an hour: no place is free early, none is blocked for an hour', async () => {
    const { admission, clock, ask, start } = await createFleet({ requestsPerMinute: 1 });
    await admission.settle(await start('first'), used);
    clock.advance(30_000);
    expect(await ask('second')).toMatchObject({ waitMs: 30_001 });
    clock.jump(-3_600_000);
    expect(await ask('second')).toMatchObject({ waitMs: 30_001 });
    clock.advance(30_001);
    await start('second');
  });

  test('clock goes back: leases, cooldowns and open breakers last as long as they have to, by the time that goes by', async () => {
    const { admission, clock, ask, start } = await createFleet();
    await admission.settle(await start('first'), throttled());
    const lease = await start('held', { candidates: [candidateOf({ modelKey: 'other' })] });
    clock.jump(-86_400_000);
    expect(await ask('second')).toMatchObject({ layer: 'MODEL_COOLDOWN', waitMs: 30_000 });
    expect((await admission.snapshot()).models).toMatchObject([{ coolingUntilMs: clock.now() + 60_000 }]);
    clock.advance(29_999);
    expect(await admission.renew(lease)).toBe(true);
    clock.advance(30_000);
    expect(await admission.renew(lease)).toBe(false);
    expect((await admission.snapshot()).models).toMatchObject([{ coolingUntilMs: clock.now() + 1 }]);
  });

  test('holder cancelled while waiting: its share is free 2 s after it would have asked', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const running = await start('running');
    const cancelled = await ask('cancelled', { priority: 'chat' });
    await admission.settle(running, used);
    clock.advance((cancelled.outcome === 'wait' ? cancelled.waitMs : NaN) + 2_000);
    expect(await ask('next')).toMatchObject({ outcome: 'admitted' });
  });

  test('nobody is admitted by halves: a refused request leaves every gauge as it was', async () => {
    const { admission, ask, start } = await createFleet({ tokensPerMinute: 1_500 });
    await start('running');
    const before = await admission.snapshot();
    expect(await ask('refused')).toMatchObject({ layer: 'TOKEN_BUDGET' });
    expect(await admission.snapshot()).toEqual({ ...before, waiting: 1 });
  });
});
