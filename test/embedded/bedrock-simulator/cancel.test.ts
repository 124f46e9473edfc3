import { createConnection } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createBedrockSimulator } from '../../../src/embedded/bedrock-simulator/simulator.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { contractText, reviewInput, startBench, stream, thinkingFields, type Bench } from './support.ts';

let bench: Bench | undefined;
afterEach(() => bench?.close());

const soon = () => AbortSignal.timeout(2_000);
const input = reviewInput(contractText, { additionalModelRequestFields: thinkingFields });

describe('a client that goes away', () => {
  it('ends the generation at once, in mid-stream', async () => {
    const clock = createFakeClock();
    bench = await startBench({ tokensPerSecond: 10, clock });
    const abort = new AbortController();
    const outcome = stream(bench.client(), input, {
      abortSignal: abort.signal,
      onEvent: (event) => event.contentBlockDelta && abort.abort(),
    });
    await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 1, soon());
    while (clock.sleepers() === 0) await clock.nextWakeMs();
    await clock.advance(100);
    expect((await outcome).error).toBeDefined();
    const counters = await bench.simulator.activity.waitFor(({ aborted }) => aborted === 1, soon());
    expect(counters).toEqual({ seen: 1, inFlight: 0, completed: 0, refused: 0, broken: 0, aborted: 1 });
    expect(clock.sleepers()).toBe(0);
    expect(bench.simulator.activity.calls().at(-1)?.outcome).toBe('aborted');
  });

  it('ends a stall, before the first frame and in mid-stream', async () => {
    for (const afterTokens of [0, 3]) {
      bench = await startBench();
      bench.simulator.faults.add({ fault: { kind: 'stall', afterTokens } });
      const abort = new AbortController();
      const outcome = stream(bench.client(), input, { abortSignal: abort.signal });
      await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 1, soon());
      abort.abort();
      expect((await outcome).error).toBeDefined();
      const counters = await bench.simulator.activity.waitFor(({ aborted }) => aborted === 1, soon());
      expect(counters.inFlight).toBe(0);
      await bench.close();
    }
  });

  it('is noticed when it stops in the middle of its request', async () => {
    bench = await startBench();
    const socket = createConnection(Number(new URL(bench.url).port), '127.0.0.1');
    socket.write('POST /model/m/converse-stream HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"messages"');
    await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 1, soon());
    socket.destroy();
    const counters = await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 0, soon());
    expect(counters.aborted).toBe(1);
  });

  it('is noticed also when it never reads', async () => {
    bench = await startBench();
    const { port, hostname } = new URL(bench.url);
    const { modelId, ...rest } = reviewInput(contractText.repeat(400), { inferenceConfig: { maxTokens: 64_000 } });
    const body = JSON.stringify({ ...rest, system: [{ text: 'Answer with <cite>.' }] });
    const text = `POST /model/${encodeURIComponent(modelId ?? '')}/converse-stream HTTP/1.1\r\nhost: x\r\nauthorization: Credential=A/1/us-east-2/bedrock/aws4_request\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const socket = createConnection(Number(port), hostname);
    socket.pause();
    socket.write(text);
    await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 1, soon());
    socket.resetAndDestroy();
    const counters = await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 0, soon());
    expect(counters.aborted).toBe(1);
  });
});

describe('closing the simulator', () => {
  it('ends what is being answered and leaves nothing running', async () => {
    const clock = createFakeClock();
    bench = await startBench({ tokensPerSecond: 10, clock });
    const outcome = stream(bench.client(), input);
    await bench.simulator.activity.waitFor(({ inFlight }) => inFlight === 1, soon());
    while (clock.sleepers() === 0) await clock.nextWakeMs();
    await bench.simulator.close();
    expect((await outcome).error).toBeDefined();
    expect(clock.sleepers()).toBe(0);
    expect(bench.simulator.activity.counters().inFlight).toBe(0);
    await bench.simulator.close();
  });

  it('says so when its port is taken', async () => {
    bench = await startBench();
    const other = createBedrockSimulator({ tokensPerSecond: 100, clock: systemClock });
    await expect(other.listen(Number(new URL(bench.url).port))).rejects.toThrow(/EADDRINUSE/);
    await other.close();
  });
});

describe('the speed of an answer', () => {
  it('is the one that was set', async () => {
    const clock = createFakeClock();
    bench = await startBench({ tokensPerSecond: 4, clock });
    let deltas = 0;
    const outcome = stream(bench.client(), reviewInput(contractText, { inferenceConfig: { maxTokens: 6 } }), {
      onEvent: (event) => {
        if (event.contentBlockDelta) deltas += 1;
      },
    });
    while (clock.sleepers() === 0) await clock.nextWakeMs();
    await clock.advance(999);
    const beforeSecond = clock.monotonic();
    await clock.advance(501);
    const { usage, events } = await outcome;
    expect([beforeSecond, deltas, usage?.outputTokens]).toEqual([999, 6, 6]);
    expect(events.at(-1)?.metadata?.metrics?.latencyMs).toBe(1_500);
  });
});
