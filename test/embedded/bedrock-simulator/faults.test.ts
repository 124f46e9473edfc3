import { request as httpRequest } from 'node:http';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import {
  refusalKinds,
  type FaultInput,
  type RefusalKind,
} from '../../../src/embedded/bedrock-simulator/fault-types.ts';
import {
  contractText,
  kindsOf,
  reviewInput,
  startBench,
  stream,
  thinkingFields,
  type Bench,
  type Outcome,
} from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterEach(() => bench.simulator.faults.clear());
afterAll(() => bench.close());

const withFault = (fault: FaultInput): Promise<Outcome> => {
  bench.simulator.faults.add({ fault });
  return stream(bench.client(), reviewInput(contractText));
};

const refusals: Readonly<Record<RefusalKind, { status: number; name: string; message: string }>> = {
  throttle: { status: 429, name: 'ThrottlingException', message: 'Too many tokens, please wait' },
  'throttle-requests': { status: 429, name: 'ThrottlingException', message: 'Too many requests' },
  'throttle-day': { status: 429, name: 'ThrottlingException', message: 'Too many tokens per day' },
  'model-not-ready': { status: 429, name: 'ModelNotReadyException', message: 'not ready' },
  unavailable: { status: 503, name: 'ServiceUnavailableException', message: 'unable to process' },
  internal: { status: 500, name: 'InternalServerException', message: 'unexpected error' },
  timeout: { status: 408, name: 'ModelTimeoutException', message: 'timed out' },
  'model-error': { status: 424, name: 'ModelErrorException', message: 'unexpected error' },
  'end-of-life': { status: 404, name: 'ResourceNotFoundException', message: 'reached the end of its life' },
  legacy: { status: 404, name: 'ResourceNotFoundException', message: 'marked by provider as Legacy' },
  'use-case-missing': { status: 404, name: 'ResourceNotFoundException', message: 'use case details' },
  'access-denied': { status: 403, name: 'AccessDeniedException', message: "don't have access to the model" },
  'not-authorized': { status: 403, name: 'AccessDeniedException', message: 'is not authorized to perform' },
  'expired-token': { status: 403, name: 'ExpiredTokenException', message: 'expired' },
  'unrecognized-client': { status: 403, name: 'UnrecognizedClientException', message: 'invalid' },
  'invalid-signature': { status: 403, name: 'InvalidSignatureException', message: 'signature' },
  'invalid-model-id': { status: 400, name: 'ValidationException', message: 'model identifier is invalid' },
  'on-demand-unsupported': { status: 400, name: 'ValidationException', message: 'on-demand throughput' },
  'operation-not-allowed': { status: 400, name: 'ValidationException', message: 'Operation not allowed' },
  'thinking-unsupported': { status: 400, name: 'ValidationException', message: 'thinking.type.enabled' },
  'input-too-long': { status: 400, name: 'ValidationException', message: 'Input is too long' },
  'malformed-request': { status: 400, name: 'ValidationException', message: 'Malformed input request' },
  'service-quota': { status: 400, name: 'ServiceQuotaExceededException', message: 'quota' },
};

describe('refusals before the stream', () => {
  it.each(refusalKinds)('%s is thrown by send with its class, status and text', async (kind) => {
    const { error, phase, events } = await withFault({ kind });
    expect(phase).toBe('send');
    expect(error?.name).toBe(refusals[kind].name);
    expect(error?.$metadata?.httpStatusCode).toBe(refusals[kind].status);
    expect(error?.message).toContain(refusals[kind].message);
    expect(events).toEqual([]);
  });

  it('carries the status behind a model error, and a hint when to retry', async () => {
    expect((await withFault({ kind: 'model-error' })).error?.originalStatusCode).toBe(500);
    bench.simulator.faults.clear();
    const { error } = await withFault({ kind: 'throttle', retryAfterSeconds: 7 });
    expect(error?.$response?.headers['retry-after']).toBe('7');
  });
});

describe('faults in the stream', () => {
  it('an exception in the first frame is thrown by send, without an HTTP status of its own', async () => {
    const { error, phase } = await withFault({ kind: 'first-frame-exception' });
    expect([phase, error?.name]).toEqual(['send', 'ThrottlingException']);
    expect(error?.$metadata?.httpStatusCode).toBeUndefined();
    expect(error?.message).toContain('Too many tokens');
  });

  it('an exception in mid-stream is thrown after what came before it', async () => {
    const { error, phase, events } = await withFault({ kind: 'mid-stream-exception', afterTokens: 3 });
    expect([phase, error?.name, error?.originalStatusCode]).toEqual(['stream', 'ModelStreamErrorException', 500]);
    expect(kindsOf(events)).toEqual(['messageStart', ...Array.from({ length: 3 }, () => 'contentBlockDelta')]);
  });

  it.each([
    ['internalServerException', 'InternalServerException'],
    ['validationException', 'ValidationException'],
    ['throttlingException', 'ThrottlingException'],
    ['serviceUnavailableException', 'ServiceUnavailableException'],
  ] as const)('mid-stream %s has its own class', async (exception, name) => {
    expect((await withFault({ kind: 'mid-stream-exception', exception })).error?.name).toBe(name);
  });

  it('an exception that ConverseStream does not declare keeps its name from the wire', async () => {
    const { error, phase } = await withFault({ kind: 'unmodelled-exception' });
    expect([phase, error?.name, error?.constructor]).toEqual(['stream', 'modelTimeoutException', Error]);
  });

  it('an error frame gives its code as the name', async () => {
    const { error, phase } = await withFault({ kind: 'error-frame' });
    expect([phase, error?.name]).toEqual(['stream', 'InternalFailure']);
  });

  it('a clean cut ends the iteration in silence, without messageStop and metadata', async () => {
    const { error, phase, stopReason, usage, events } = await withFault({ kind: 'clean-cut', afterTokens: 4 });
    expect([phase, error, stopReason, usage]).toEqual(['done', undefined, undefined, undefined]);
    expect(events).toHaveLength(5);
  });

  it('half a frame is a truncated message', async () => {
    const { error, phase } = await withFault({ kind: 'half-frame' });
    expect([phase, error?.message]).toEqual(['stream', 'Truncated event message received.']);
  });

  it('a wrong checksum is noticed', async () => {
    const { error, phase } = await withFault({ kind: 'bad-checksum' });
    expect(phase).toBe('stream');
    expect(error?.message).toMatch(/checksum/);
  });

  it('a reset connection is ECONNRESET', async () => {
    const { error, phase, events } = await withFault({ kind: 'reset', afterTokens: 2 });
    expect([phase, error?.code]).toEqual(['stream', 'ECONNRESET']);
    expect(events.length).toBeGreaterThan(0);
  });

  it('a stall of a given time goes on afterwards', async () => {
    const { phase, stopReason } = await withFault({ kind: 'stall', afterTokens: 2, durationMs: 30 });
    expect([phase, stopReason]).toEqual(['done', 'end_turn']);
  });

  it('a slow drip puts the given time between tokens', async () => {
    bench.simulator.faults.add({ fault: { kind: 'slow-drip', tokenIntervalMs: 40 } });
    const startedAt = systemClock.monotonic();
    const { usage } = await stream(bench.client(), reviewInput(contractText, { inferenceConfig: { maxTokens: 5 } }));
    expect(usage?.outputTokens).toBe(5);
    expect(systemClock.monotonic() - startedAt).toBeGreaterThanOrEqual(190);
  });

  it('an empty answer is an end_turn with nothing in it', async () => {
    const { events, stopReason, usage } = await withFault({ kind: 'empty-answer' });
    expect(kindsOf(events)).toEqual(['messageStart', 'messageStop', 'metadata']);
    expect([stopReason, usage?.outputTokens]).toEqual(['end_turn', 0]);
  });

  it('metadata can be missing', async () => {
    const { events, usage } = await withFault({ kind: 'missing-metadata' });
    expect([kindsOf(events).at(-1), usage]).toEqual(['messageStop', undefined]);
  });

  it('an unknown event is skipped by the client, and the answer is whole', async () => {
    const plain = await stream(bench.client(), reviewInput(contractText));
    const { text, error } = await withFault({ kind: 'unknown-event' });
    expect([text, error]).toEqual([plain.text, undefined]);
  });

  it('max_tokens stops in the middle of the thinking', async () => {
    bench.simulator.faults.add({ fault: { kind: 'max-tokens-stop', afterTokens: 6 } });
    const { stopReason, text, thinking } = await stream(
      bench.client(),
      reviewInput(contractText, { additionalModelRequestFields: thinkingFields }),
    );
    expect([stopReason, text]).toEqual(['max_tokens', '']);
    expect(thinking).toMatch(/^Simulated/);
  });

  it('max_tokens counts the thinking that came before the text', async () => {
    const input = reviewInput(contractText, { additionalModelRequestFields: thinkingFields });
    const whole = await stream(bench.client(), input);
    const thought = whole.events.filter((event) => event.contentBlockDelta?.delta?.reasoningContent?.text).length;
    bench.simulator.faults.add({ fault: { kind: 'max-tokens-stop', afterTokens: thought + 10 } });
    const cut = await stream(bench.client(), input);
    expect([cut.stopReason, cut.usage?.outputTokens, cut.thinking]).toEqual([
      'max_tokens',
      thought + 10,
      whole.thinking,
    ]);
    expect(cut.text).toBe(whole.text.slice(0, cut.text.length));
  });

  it('single bytes add up to the same answer', async () => {
    const plain = await stream(bench.client(), reviewInput('Nothing is due.'));
    bench.simulator.faults.add({ fault: { kind: 'tiny-chunks' } });
    const tiny = await stream(bench.client(), reviewInput('Nothing is due.'));
    expect([tiny.text, tiny.stopReason]).toEqual([plain.text, 'end_turn']);
    bench.simulator.faults.clear();
    bench.simulator.faults.add({ fault: { kind: 'tiny-chunks' } });
    const sizes = await chunkSizes(bench.url, reviewInput('Nothing is due.', { inferenceConfig: { maxTokens: 2 } }));
    expect(sizes.length).toBeGreaterThan(100);
    expect(Math.max(...sizes)).toBe(1);
  });

  it('a fault that comes later than the end of the answer strikes before messageStop', async () => {
    const { stopReason, text } = await withFault({ kind: 'clean-cut', afterTokens: 1_000_000 });
    expect(stopReason).toBeUndefined();
    expect(text).toContain('"type":"summary"');
  });
});

describe('faults in the words', () => {
  const lines = (text: string) => text.split('\n');
  const parses = (line: string) => {
    try {
      JSON.parse(line);
      return true;
    } catch {
      return false;
    }
  };

  it('malformed output has prose, broken lines and unknown values before its summary', async () => {
    const { text, stopReason } = await withFault({ kind: 'malformed-output' });
    expect(stopReason).toBe('end_turn');
    expect(lines(text).filter((line) => !parses(line)).length).toBeGreaterThan(3);
    expect(text).toContain('"kind":"DANGER"');
    expect(lines(text).at(-1)).toContain('"type":"summary"');
  });

  it('an invented quotation stands nowhere in the section, also where there is nothing to find', async () => {
    for (const section of [contractText, 'Nothing is due.']) {
      bench.simulator.faults.clear();
      bench.simulator.faults.add({ fault: { kind: 'invented-quote' } });
      const { text } = await stream(bench.client(), reviewInput(section));
      const findings = lines(text)
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { evidence: string[] });
      expect(findings.length).toBeGreaterThan(0);
      for (const { evidence } of findings) expect(section).not.toContain(evidence[0]);
    }
  });

  it('a summary can be missing', async () => {
    const { text, stopReason } = await withFault({ kind: 'missing-summary' });
    expect(stopReason).toBe('end_turn');
    expect(text).toContain('"type":"finding"');
    expect(text).not.toContain('"type":"summary"');
  });
});

describe('faults of Converse', () => {
  const converse = () => bench.client().send(new ConverseCommand(reviewInput(contractText)));

  it('an exception of the stream comes as an HTTP error', async () => {
    bench.simulator.faults.add({ fault: { kind: 'mid-stream-exception' } });
    await expect(converse()).rejects.toMatchObject({
      name: 'ModelStreamErrorException',
      $metadata: { httpStatusCode: 424 },
    });
  });

  it('a cut comes as a reset connection', async () => {
    bench.simulator.faults.add({ fault: { kind: 'clean-cut' } });
    await expect(converse()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

/** The sizes of the response's pieces, as they come out of the socket. */
function chunkSizes(url: string, input: ReturnType<typeof reviewInput>): Promise<number[]> {
  const { modelId, ...body } = input;
  return new Promise((resolve, reject) => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=A/20261123/us-east-2/bedrock/aws4_request';
    const path = `/model/${encodeURIComponent(modelId ?? '')}/converse-stream`;
    const sent = httpRequest(`${url}${path}`, { method: 'POST', headers: { authorization } }, (response) => {
      const sizes: number[] = [];
      response.on('data', (chunk: Buffer) => sizes.push(chunk.length));
      response.on('end', () => resolve(sizes));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
