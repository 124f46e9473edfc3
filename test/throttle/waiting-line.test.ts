import { expect, test } from 'vitest';
import { candidateOf } from './support/admissions.ts';
import { describeBoth, succeeded, throttled } from './support/fleet.ts';

const chat = { priority: 'chat' } as const;
const reserving = (reserveTokens: number) => ({
  candidates: [candidateOf({ reserveTokens, estimatedInputTokens: 0 })],
});

describeBoth('waiting line', (createFleet) => {
  const waitMsOf = (decision: { outcome: string }): number =>
    'waitMs' in decision ? Number(decision.waitMs) : expect.fail();

  test('a waiting chat gets the next free place, before an analysis that waited longer and one that comes just then', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const running = await start('running');
    await ask('analysis');
    clock.advance(100);
    await ask('chat', chat);
    await admission.settle(running, succeeded);
    expect(await ask('analysis')).toMatchObject({ outcome: 'wait', layer: 'REQUEST_QUEUE' });
    expect(await ask('newcomer')).toMatchObject({ outcome: 'wait', layer: 'REQUEST_QUEUE' });
    await start('chat', chat);
  });

  test('places beyond those that chats wait for are for analyses', async () => {
    const { admission, ask, start } = await createFleet({ concurrentRequests: 2 });
    const [first, second] = [await start('first'), await start('second')];
    await ask('chat', chat);
    await admission.settle(first, succeeded);
    await admission.settle(second, succeeded);
    await start('analysis');
    expect(await ask('another')).toMatchObject({ outcome: 'wait' });
    await start('chat', chat);
  });

  test('a chat that waits for a model does not hold up those that can use another', async () => {
    const { admission, ask, start } = await createFleet({ concurrentRequests: 1 });
    await admission.settle(await start('first'), throttled());
    expect(await ask('chat', chat)).toMatchObject({ layer: 'MODEL_COOLDOWN' });
    await start('analysis', { candidates: [candidateOf({ modelKey: 'other' })] });
  });

  test('a dead chat holds its place for 2 s beyond its time, not longer', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const running = await start('running');
    const waitMs = waitMsOf(await ask('dead chat', chat));
    await admission.settle(running, succeeded);
    clock.advance(waitMs + 1_999);
    expect(await ask('analysis')).toMatchObject({ outcome: 'wait' });
    clock.advance(1);
    await start('analysis');
  });

  test('forty dead waiters cost the living no more than one does', async () => {
    const { admission, clock, ask, start } = await createFleet({ requestsPerMinute: 1 });
    await admission.settle(await start('first'), succeeded);
    for (let job = 0; job < 40; job++) await ask(`dead-${job}`);
    clock.advance(62_002);
    expect(await start('living')).toBeTruthy();
  });

  test('analyses go in the order in which they came, and keep their place while they ask', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    let running = await start('running');
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'];
    for (const job of waiting) await ask(job);
    for (let round = 0; round < 200 && order.length < 3; round++) {
      clock.advance(50);
      if (round % 20 === 0) await admission.settle(running, succeeded);
      for (const job of waiting.filter((one) => !order.includes(one)).reverse()) {
        const decision = await ask(job);
        if (decision.outcome === 'admitted') [running] = [decision.lease, order.push(job)];
      }
    }
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('staggers those who wait: the first comes when its place is free, others by their rank, none more than 30 s after it', async () => {
    const { admission, ask, start } = await createFleet({ requestsPerMinute: 2, concurrentRequests: 10 });
    for (const job of ['x', 'y']) await admission.settle(await start(job), succeeded);
    const waits = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (job) => ask(job)));
    expect(
      waits.map((decision) => (decision.outcome === 'wait' ? [decision.waitMs, decision.expectedMs] : null)),
    ).toEqual([
      [60_001, 60_001],
      [60_001, 60_001],
      [90_001, 120_002],
      [90_001, 120_002],
      [90_001, 180_003],
    ]);
  });

  test('a large request is not starved by small ones that take whatever becomes free', async () => {
    const { admission, clock, ask } = await createFleet();
    const usage = { inputTokens: 8_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const small = async (name: string): Promise<void> => {
      if ((await admission.snapshot()).tokensPerMinute.used > 112_000) return;
      const decision = await ask(name, reserving(8_000));
      if (decision.outcome === 'admitted') await admission.settle(decision.lease, { ...succeeded, usage });
    };
    const startedMs = clock.now();
    let dueMs = startedMs + 60_000;
    for (; clock.now() < startedMs + 240_000; clock.advance(1_000)) {
      if ((clock.now() - startedMs) % 4_000 === 0) await small(`small-${clock.now()}`);
      if (clock.now() < dueMs) continue;
      const decision = await ask('large', reserving(110_000));
      if (decision.outcome === 'admitted') return;
      dueMs = clock.now() + waitMsOf(decision);
    }
    expect.fail('the large request waited for three minutes');
  });

  test('counts who waits for places and tokens', async () => {
    const { admission, clock, ask, start } = await createFleet({ concurrentRequests: 1 });
    const running = await start('running');
    await ask('a');
    await ask('b', chat);
    expect((await admission.snapshot()).waiting).toBe(2);
    await admission.settle(running, succeeded);
    await start('b', chat);
    expect((await admission.snapshot()).waiting).toBe(1);
    clock.advance(60_000);
    expect((await admission.snapshot()).waiting).toBe(0);
  });
});
