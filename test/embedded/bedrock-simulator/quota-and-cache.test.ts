import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../support/fake-clock.ts';
import { reviewInput, sonnet45, sonnet46, startBench, stream, type Bench } from './support.ts';

let bench: Bench | undefined;
afterEach(() => bench?.close());

const globalSonnet45 = sonnet45.replace('us.', 'global.');

describe('quotas as Bedrock keeps them', () => {
  const quota = { requestsPerMinute: 1_000, tokensPerMinute: 10_000 };
  const input = (maxTokens: number, modelId = sonnet45) =>
    reviewInput('Nothing is due.', { modelId, inferenceConfig: { maxTokens } });

  it('reserve max_tokens at the start, so that too large a one is throttled at once', async () => {
    bench = await startBench({ quota, clock: createFakeClock() });
    const { error } = await stream(bench.client(), input(10_000));
    expect([error?.name, error?.$metadata?.httpStatusCode]).toEqual(['ThrottlingException', 429]);
    expect(error?.message).toContain('Too many tokens');
    expect((await stream(bench.client(), input(8_000))).stopReason).toBe('end_turn');
  });

  it('settle by what was used: input once, output five times', async () => {
    bench = await startBench({ quota, clock: createFakeClock() });
    const { usage } = await stream(bench.client(), input(9_000));
    const charged = (usage?.inputTokens ?? 0) + 5 * (usage?.outputTokens ?? 0);
    const inputTokens = usage?.inputTokens ?? 0;
    const left = 10_000 - charged - inputTokens;
    expect((await stream(bench.client(), input(left + 1))).error?.name).toBe('ThrottlingException');
    expect((await stream(bench.client(), input(left))).stopReason).toBe('end_turn');
  });

  it('are given back 60 s after they were used, not sooner', async () => {
    const clock = createFakeClock();
    bench = await startBench({ quota: { requestsPerMinute: 1, tokensPerMinute: 1_000_000 }, clock });
    expect((await stream(bench.client(), input(100))).stopReason).toBe('end_turn');
    await clock.advance(59_999);
    const refused = await stream(bench.client(), input(100));
    expect(refused.error?.message).toContain('Too many requests');
    await clock.advance(1);
    expect((await stream(bench.client(), input(100))).stopReason).toBe('end_turn');
  });

  it('are of each model, profile and region by itself', async () => {
    bench = await startBench({ quota: { requestsPerMinute: 1, tokensPerMinute: 1_000_000 }, clock: createFakeClock() });
    const reasons = [
      await stream(bench.client(), input(100)),
      await stream(bench.client(), input(100)),
      await stream(bench.client(), input(100, sonnet46)),
      await stream(bench.client(), input(100, globalSonnet45)),
      await stream(bench.client('us-west-2'), input(100)),
    ].map(({ stopReason, error }) => stopReason ?? error?.name);
    expect(reasons).toEqual(['end_turn', 'ThrottlingException', 'end_turn', 'end_turn', 'end_turn']);
  });

  it('charge a client that goes away for what it was sent', async () => {
    const clock = createFakeClock();
    bench = await startBench({ quota, clock });
    bench.simulator.faults.add({ fault: { kind: 'clean-cut', afterTokens: 10 }, times: 1 });
    await stream(bench.client(), input(9_000));
    const { usage } = await stream(bench.client(), input(100));
    const inputTokens = usage?.inputTokens ?? 0;
    const used = inputTokens + 50 + inputTokens + 5 * (usage?.outputTokens ?? 0);
    const left = 10_000 - used - inputTokens;
    expect((await stream(bench.client(), input(left + 1))).error?.name).toBe('ThrottlingException');
    expect((await stream(bench.client(), input(left))).stopReason).toBe('end_turn');
  });
});

describe('prompt caching', () => {
  const cachePoint = { cachePoint: { type: 'default' as const } };
  const long = 'These rules are read with every section. '.repeat(150);
  const ask = async (of: Bench, text: string, options: { modelId?: string; region?: string; system?: string } = {}) => {
    const system = [{ text: options.system ?? long }, cachePoint];
    const { usage } = await stream(of.client(options.region), {
      ...reviewInput(text, { system }),
      modelId: options.modelId ?? sonnet45,
    });
    return usage;
  };

  it('writes the prefix once and reads it for five minutes from its last use', async () => {
    const clock = createFakeClock();
    bench = await startBench({ clock });
    const first = await ask(bench, 'One.');
    expect(first?.cacheWriteInputTokens).toBeGreaterThan(1_024);
    expect(first?.cacheReadInputTokens).toBe(0);
    await clock.advance(299_999);
    const second = await ask(bench, 'Two.');
    expect(second?.cacheReadInputTokens).toBe(first?.cacheWriteInputTokens);
    expect(second?.cacheWriteInputTokens).toBe(0);
    expect(second?.inputTokens).toBeLessThan(100);
    await clock.advance(299_999);
    expect((await ask(bench, 'Three.'))?.cacheReadInputTokens).toBeGreaterThan(0);
    await clock.advance(300_000);
    expect((await ask(bench, 'Four.'))?.cacheReadInputTokens).toBe(0);
  });

  it('keeps each model and region apart, and counts everything in the total', async () => {
    bench = await startBench({ clock: createFakeClock() });
    await ask(bench, 'One.');
    const otherRegion = await ask(bench, 'One.', { region: 'us-west-2' });
    expect((await ask(bench, 'One.', { modelId: globalSonnet45 }))?.cacheReadInputTokens).toBe(0);
    expect(otherRegion?.cacheReadInputTokens).toBe(0);
    const { inputTokens = 0, outputTokens = 0, cacheWriteInputTokens = 0, totalTokens } = otherRegion ?? {};
    expect(totalTokens).toBe(inputTokens + outputTokens + cacheWriteInputTokens);
  });

  it('ignores a prefix below the minimum of the model', async () => {
    bench = await startBench({ clock: createFakeClock() });
    await ask(bench, 'One.', { system: 'Short rules.' });
    expect(await ask(bench, 'One.', { system: 'Short rules.' })).toMatchObject({
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
    });
    await ask(bench, 'One.', { modelId: sonnet46 });
    expect((await ask(bench, 'One.', { modelId: sonnet46 }))?.cacheReadInputTokens).toBe(0);
  });
});
