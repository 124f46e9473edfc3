import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { createBedrockModelClient } from '../../src/models/bedrock-client.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { ModelFailure } from '../../src/models/model-failure.ts';
import type { ModelClient, ModelEvent, ModelRequest, ModelSpec } from '../../src/models/model-types.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import {
  delta,
  exceptionFrame,
  frame,
  metadata,
  signature,
  start,
  startBedrockTestServer,
  stop,
  thinking,
  type BedrockTestServer,
  type ServedCall,
} from './bedrock-test-server.ts';

const [model] = createModelCatalog({
  chain: [],
  primaryBedrockId: null,
  maxTokens: 8_192,
  regions: ['us-east-2'],
}).chain as readonly [ModelSpec];

const request: ModelRequest = {
  system: 'Review.',
  messages: [{ role: 'user', text: 'A section' }],
  maxTokens: 8_192,
  temperature: 0.2,
};
const credentials = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(
  answer: (call: ServedCall, index: number) => void | Promise<void>,
  clock: Clock = systemClock,
): Promise<{ server: BedrockTestServer; client: ModelClient }> {
  const server = await startBedrockTestServer(answer);
  const client = createBedrockModelClient({
    endpoint: server.url,
    credentials,
    clock,
    firstTokenTimeoutMs: 10_000,
    idleTimeoutMs: 4_000,
    maxSockets: 10,
  });
  open.push(server, client);
  return { server, client };
}

const streamOf = (client: ModelClient, signal = new AbortController().signal) =>
  client.stream(model, 'us-east-2', request, signal);

async function readAll(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What came, and what the stream failed with. */
async function readToFailure(events: AsyncIterable<ModelEvent>): Promise<{ seen: ModelEvent[]; error: unknown }> {
  const seen: ModelEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
  } catch (error) {
    return { seen, error };
  }
  throw new Error('The stream ended without a failure');
}

async function failureOf(events: AsyncIterable<ModelEvent>): Promise<ModelFailure> {
  const { error } = await readToFailure(events);
  if (!(error instanceof ModelFailure)) throw error;
  return error;
}

async function answerWith(call: ServedCall, ...frames: readonly Uint8Array[]): Promise<void> {
  call.beginStream();
  await call.write(...frames);
  call.end();
}

describe('an answer', () => {
  it('is thinking, text and its completion with the usage', async () => {
    const { client } = await serve((call) =>
      answerWith(
        call,
        start,
        thinking('Let me '),
        thinking('see'),
        signature,
        delta('Fine'),
        delta('.'),
        stop(),
        metadata({
          inputTokens: 10,
          outputTokens: 5,
          totalTokens: 15,
          cacheReadInputTokens: 7,
          cacheWriteInputTokens: 3,
        }),
      ),
    );
    expect(await readAll(streamOf(client))).toEqual([
      { type: 'thinking', text: 'Let me ' },
      { type: 'thinking', text: 'see' },
      { type: 'text', text: 'Fine' },
      { type: 'text', text: '.' },
      {
        type: 'completed',
        stopReason: 'end_turn',
        usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 7, cacheWriteTokens: 3 },
      },
    ]);
  });

  it('goes to the model by its id, as it wants to be asked, signed for the region', async () => {
    const { server, client } = await serve((call) => answerWith(call, start, delta('x'), stop(), metadata()));
    await readAll(client.stream(model, 'us-west-2', request, new AbortController().signal));
    const [call] = server.calls;
    expect(call?.path).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse-stream');
    expect(call?.body['additionalModelRequestFields']).toEqual({ thinking: { type: 'enabled', budget_tokens: 2_000 } });
    expect(call?.request.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-west-2\/bedrock\//);
  });

  it('cut short by its token limit says so', async () => {
    const { client } = await serve((call) => answerWith(call, start, delta('x'), stop('max_tokens'), metadata()));
    expect((await readAll(streamOf(client))).at(-1)).toMatchObject({ type: 'completed', stopReason: 'max_tokens' });
  });

  it('with kinds of events that nobody knows is complete without them', async () => {
    const { client } = await serve((call) =>
      answerWith(call, start, frame('brandNewEvent', { a: 1 }), delta('x'), stop(), metadata()),
    );
    expect((await readAll(streamOf(client))).map((event) => event.type)).toEqual(['text', 'completed']);
  });

  it('that arrives byte by byte is the same', async () => {
    const { client } = await serve(async (call) => {
      call.beginStream();
      for (const bytes of [start, delta('slow'), stop(), metadata()]) {
        for (const byte of bytes) await call.write(Uint8Array.of(byte));
      }
      call.end();
    });
    expect((await readAll(streamOf(client))).map((event) => event.type)).toEqual(['text', 'completed']);
  });

  it('is complete half a second later, even if its connection never ends', async () => {
    const clock = createFakeClock();
    const { client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'), stop(), metadata());
    }, clock);
    const events = streamOf(client)[Symbol.asyncIterator]();
    await events.next();
    const last = events.next();
    while ((await clock.nextWakeMs()) !== 500) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(500);
    expect(await last).toMatchObject({ value: { type: 'completed' } });
  });

  it('leaves its connection to the next request', async () => {
    const { server, client } = await serve((call) => answerWith(call, start, delta('x'), stop(), metadata()));
    await readAll(streamOf(client));
    await readAll(streamOf(client));
    expect(server.calls).toHaveLength(2);
    expect(server.connections()).toBe(1);
  });
});

describe('a stream that ends before its answer is complete', () => {
  it('without messageStop is truncated, though the connection ended cleanly', async () => {
    const { client } = await serve((call) => answerWith(call, start, delta('half an ans')));
    const { seen, error } = await readToFailure(streamOf(client));
    expect(seen).toEqual([{ type: 'text', text: 'half an ans' }]);
    expect(error).toMatchObject({ name: 'ModelFailure', failure: { kind: 'truncated' }, phase: 'inStream' });
    expect(error).toMatchObject({ message: 'The stream ended without messageStop' });
  });

  it('without metadata is truncated, though it said end_turn', async () => {
    const { client } = await serve((call) => answerWith(call, start, delta('x'), stop()));
    const failure = await failureOf(streamOf(client));
    expect(failure.failure).toEqual({ kind: 'truncated' });
    expect(failure.message).toBe('The stream ended without metadata');
  });

  it('without a single event is truncated, and the input may have been charged', async () => {
    const { client } = await serve((call) => answerWith(call));
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'truncated' }, phase: 'beforeFirstEvent' });
    expect(failure.usage).toMatchObject({ outputTokens: 0 });
    expect(failure.usage?.inputTokens).toBeGreaterThan(0);
  });

  it('in the middle of a frame is truncated', async () => {
    const { client } = await serve((call) => answerWith(call, start, delta('x'), delta('y').subarray(0, 20)));
    expect((await failureOf(streamOf(client))).failure).toEqual({ kind: 'truncated' });
  });

  it('with a damaged frame is truncated', async () => {
    const damaged = Uint8Array.from(delta('y'));
    damaged[damaged.length - 6] = 0;
    const { client } = await serve((call) => answerWith(call, start, delta('x'), damaged, stop(), metadata()));
    expect((await failureOf(streamOf(client))).failure).toEqual({ kind: 'truncated' });
  });

  it('with an empty answer is truncated, and its usage is what Bedrock said', async () => {
    const { client } = await serve((call) => answerWith(call, start, thinking('Hm'), stop(), metadata()));
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'truncated' }, message: 'The answer is empty' });
    expect(failure.usage).toEqual({ inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0 });
  });

  it('by a reset connection is a fault of the model, and what came is counted', async () => {
    const { client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('abc'.repeat(100)));
      call.response.socket?.resetAndDestroy();
    });
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'unavailable', scope: 'model' }, phase: 'inStream' });
    expect(failure.usage?.outputTokens).toBe(100);
  });

  it('by an exception is what that says', async () => {
    const { client } = await serve((call) =>
      answerWith(call, start, delta('x'), exceptionFrame('throttlingException', { message: 'Too many tokens' })),
    );
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'throttled', cooldownMs: 60_000 }, phase: 'inStream' });
    expect(failure.usage?.outputTokens).toBe(1);
  });

  it('by an exception that the AWS client does not know is classified by its wire name', async () => {
    const { client } = await serve((call) =>
      answerWith(call, start, delta('x'), exceptionFrame('modelTimeoutException', { message: 'Too slow' })),
    );
    expect((await failureOf(streamOf(client))).failure).toEqual({ kind: 'timedOut' });
  });
});

describe('a call that is refused', () => {
  it('is asked once: the AWS client does not retry', async () => {
    const { server, client } = await serve((call) =>
      call.refuse(429, 'ThrottlingException', 'Too many requests', { 'retry-after': '3' }),
    );
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'throttled', cooldownMs: 3_000 }, phase: 'beforeFirstEvent' });
    expect(failure.usage).toBeNull();
    expect(server.calls).toHaveLength(1);
  });

  it('within its first frame is asked once, too', async () => {
    const { server, client } = await serve((call) =>
      answerWith(call, exceptionFrame('throttlingException', { message: 'Too many tokens' })),
    );
    expect((await failureOf(streamOf(client))).failure).toMatchObject({ kind: 'throttled' });
    expect(server.calls).toHaveLength(1);
  });

  it('because the model has ended is retired', async () => {
    const { client } = await serve((call) =>
      call.refuse(404, 'ResourceNotFoundException', 'This model version has reached the end of its life.'),
    );
    expect((await failureOf(streamOf(client))).failure).toEqual({ kind: 'retired' });
  });

  it('because nobody listens is a fault of the region, and costs nothing', async () => {
    const { server, client } = await serve(() => undefined);
    await server.close();
    open.shift();
    const failure = await failureOf(streamOf(client));
    expect(failure).toMatchObject({ failure: { kind: 'unavailable', scope: 'region' }, usage: null });
  });

  it('by a reset before the answer is a fault of the region, and may have cost its input', async () => {
    const { client } = await serve((call) => {
      call.response.socket?.resetAndDestroy();
    });
    const failure = await failureOf(streamOf(client));
    expect(failure.failure).toEqual({ kind: 'unavailable', scope: 'region' });
    expect(failure.usage?.inputTokens).toBeGreaterThan(0);
  });
});

describe('time limits', () => {
  it('no first event within 10 s: fails, and the request is closed', async () => {
    const clock = createFakeClock();
    const { server, client } = await serve((call) => call.beginStream(), clock);
    const failed = failureOf(streamOf(client));
    await until(() => server.calls.length === 1);
    await clock.advance(9_999);
    expect(server.calls[0]?.response.closed).toBe(false);
    await clock.advance(1);
    const failure = await failed;
    expect(failure).toMatchObject({ failure: { kind: 'timedOut' }, message: 'No event came within 10000 ms' });
    await server.calls[0]?.dropped;
  });

  it('no headers at all within 10 s: fails the same way', async () => {
    const clock = createFakeClock();
    const { server, client } = await serve(() => undefined, clock);
    const failed = failureOf(streamOf(client));
    await until(() => server.calls.length === 1);
    await clock.advance(10_000);
    expect((await failed).failure).toEqual({ kind: 'timedOut' });
    await server.calls[0]?.dropped;
  });

  it('a stall of 4 s in mid-stream: fails, though the first event had 10', async () => {
    const clock = createFakeClock();
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'));
    }, clock);
    const events = streamOf(client)[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { type: 'text' } });
    const next = events.next();
    next.catch(() => undefined);
    await clock.advance(4_000);
    await expect(next).rejects.toMatchObject({
      failure: { kind: 'timedOut' },
      message: 'The stream stood still for 4000 ms',
    });
    await server.calls[0]?.dropped;
  });

  it('an event every 3.9 s: is never idle for too long', async () => {
    const clock = createFakeClock();
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('0'));
    }, clock);
    const events = streamOf(client)[Symbol.asyncIterator]();
    await events.next();
    for (const text of ['1', '2', '3']) {
      const next = events.next();
      await clock.advance(3_900);
      await server.calls[0]?.write(delta(text));
      expect(await next).toMatchObject({ value: { type: 'text', text } });
    }
  });

  it('a consumer that takes an hour over an event: is not held against the model', async () => {
    const clock = createFakeClock();
    const { client } = await serve(
      (call) => answerWith(call, start, delta('a'), delta('b'), stop(), metadata()),
      clock,
    );
    const seen: string[] = [];
    for await (const event of streamOf(client)) {
      await clock.advance(3_600_000);
      seen.push(event.type);
    }
    expect(seen).toEqual(['text', 'text', 'completed']);
  });

  it('leave no timer behind', async () => {
    const clock = createFakeClock();
    const { client } = await serve((call) => answerWith(call, start, delta('a'), stop(), metadata()), clock);
    await readAll(streamOf(client));
    expect(clock.sleepers()).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('cancelled by the reader');

  it('in mid-stream throws its reason, and Bedrock sees the request closed at once', async () => {
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'));
    });
    const aborter = new AbortController();
    const failed = readToFailure(streamOf(client, aborter.signal));
    await until(() => server.calls.length === 1);
    const abortedAt = performance.now();
    aborter.abort(reason);
    const [{ error }] = await Promise.all([failed, server.calls[0]?.dropped]);
    expect(performance.now() - abortedAt).toBeLessThan(1_000);
    expect(error).toBe(reason);
  });

  it('while nothing has come yet throws its reason, and closes the request', async () => {
    const { server, client } = await serve(() => undefined);
    const aborter = new AbortController();
    const failed = readToFailure(streamOf(client, aborter.signal));
    await until(() => server.calls.length === 1);
    aborter.abort(reason);
    expect((await failed).error).toBe(reason);
    await server.calls[0]?.dropped;
  });

  it('before the call sends nothing', async () => {
    const { server, client } = await serve(() => undefined);
    const { error } = await readToFailure(streamOf(client, AbortSignal.abort(reason)));
    expect(error).toBe(reason);
    expect(server.calls).toHaveLength(0);
  });

  it('while the consumer is busy closes the request at once', async () => {
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'), delta('y'));
    });
    const aborter = new AbortController();
    const events = streamOf(client, aborter.signal)[Symbol.asyncIterator]();
    await events.next();
    aborter.abort(reason);
    await server.calls[0]?.dropped;
    await expect(events.next()).rejects.toBe(reason);
  });
});

describe('a consumer that stops', () => {
  it('by break closes the request', async () => {
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'), delta('y'));
    });
    for await (const event of streamOf(client)) {
      if (event.type === 'text') break;
    }
    await expect(server.calls[0]?.dropped).resolves.toBeUndefined();
  });

  it('by an error of its own closes the request', async () => {
    const { server, client } = await serve(async (call) => {
      call.beginStream();
      await call.write(start, delta('x'), delta('y'));
    });
    const consume = async () => {
      for await (const event of streamOf(client)) throw new Error(event.type);
    };
    await expect(consume()).rejects.toThrow('text');
    await server.calls[0]?.dropped;
  });
});

describe('credentials', () => {
  it('that were refused are looked for anew at the next call', async () => {
    const { server, client } = await serve((call, index) =>
      index === 0
        ? call.refuse(403, 'ExpiredTokenException', 'The security token included in the request is expired')
        : answerWith(call, start, delta('x'), stop(), metadata()),
    );
    expect((await failureOf(streamOf(client))).failure).toEqual({ kind: 'fatal', fault: 'account' });
    await readAll(streamOf(client));
    expect(server.connections()).toBe(2);
  });

  it('of our own keep a bearer token of the environment from being sent', async () => {
    process.env['AWS_BEARER_TOKEN_BEDROCK'] = 'secret-token';
    try {
      const { server, client } = await serve((call) => answerWith(call, start, delta('x'), stop(), metadata()));
      await readAll(streamOf(client));
      expect(server.calls[0]?.request.headers.authorization).not.toContain('secret-token');
    } finally {
      delete process.env['AWS_BEARER_TOKEN_BEDROCK'];
    }
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
