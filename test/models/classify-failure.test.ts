import { describe, expect, it } from 'vitest';
import { classifyFailure, type FailureClass, type FailureContext } from '../../src/models/classify-failure.ts';

const nowMs = Date.UTC(2026, 10, 23);
const context: FailureContext = { phase: 'beforeFirstEvent', nowMs, endOfLife: null };
const inStream: FailureContext = { ...context, phase: 'inStream' };

type Fields = { readonly status?: number; readonly [field: string]: unknown };

function failure(name: string, message = 'm', { status, ...fields }: Fields = {}): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error(message), { name, $metadata, ...fields });
}

const withHeaders = (headers: Record<string, string>) =>
  failure('ThrottlingException', 'Too many requests', { status: 429, $response: { headers } });

const network = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

const throttled = (cooldownMs: number): FailureClass => ({ kind: 'throttled', cooldownMs });
const model: FailureClass = { kind: 'unavailable', scope: 'model' };
const region: FailureClass = { kind: 'unavailable', scope: 'region' };
const account: FailureClass = { kind: 'fatal', fault: 'account' };
const badRequest: FailureClass = { kind: 'fatal', fault: 'request' };
const hourMs = 3_600_000;

const endOfLife =
  'This model version has reached the end of its life. Please refer to the AWS documentation for more details.';
const legacy =
  'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock';
const onDemand =
  'Invocation of model ID anthropic.claude-sonnet-5 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.';

type Row = readonly [what: string, error: unknown, expected: FailureClass];

describe('before the stream', () => {
  const rows: readonly Row[] = [
    [
      'tokens per minute',
      failure('ThrottlingException', 'Too many tokens, please wait before trying again.', { status: 429 }),
      throttled(60_000),
    ],
    [
      'requests per minute',
      failure('ThrottlingException', 'Too many requests, please wait before trying again.', { status: 429 }),
      throttled(60_000),
    ],
    [
      'tokens per day',
      failure('ThrottlingException', 'Too many tokens per day, please wait before trying again.', { status: 429 }),
      throttled(4 * hourMs),
    ],
    [
      'service quota',
      failure('ServiceQuotaExceededException', 'Your request exceeds the service quota', { status: 400 }),
      throttled(60_000),
    ],
    ['model not ready', failure('ModelNotReadyException', 'The model is not ready', { status: 429 }), model],
    ['service unavailable', failure('ServiceUnavailableException', 'Service unavailable', { status: 503 }), model],
    ['internal error', failure('InternalServerException', 'Internal error', { status: 500 }), model],
    ['model timeout', failure('ModelTimeoutException', 'The model timed out', { status: 408 }), { kind: 'timedOut' }],
    [
      'model error',
      failure('ModelErrorException', 'The model failed', { status: 424, originalStatusCode: 500 }),
      model,
    ],
    [
      'model error without the original status',
      failure('ModelErrorException', 'The model failed', { status: 424 }),
      model,
    ],
    [
      'model error for a bad request',
      failure('ModelErrorException', 'Bad input', { status: 424, originalStatusCode: 400 }),
      { kind: 'rejectedByModel' },
    ],
    ['end of life', failure('ResourceNotFoundException', endOfLife, { status: 404 }), { kind: 'retired' }],
    ['end of life under another name', failure('ValidationException', endOfLife, { status: 400 }), { kind: 'retired' }],
    ['legacy and idle', failure('ResourceNotFoundException', legacy, { status: 404 }), { kind: 'retired' }],
    ['legacy and idle as a refusal', failure('AccessDeniedException', legacy, { status: 403 }), { kind: 'retired' }],
    [
      'use case form missing',
      failure('ResourceNotFoundException', 'Model use case details have not been submitted for this account.', {
        status: 404,
      }),
      { kind: 'notOffered' },
    ],
    [
      'unknown model',
      failure('ResourceNotFoundException', 'Could not resolve the foundation model', { status: 404 }),
      { kind: 'notOffered' },
    ],
    [
      'invalid identifier',
      failure('ValidationException', 'The provided model identifier is invalid.', { status: 400 }),
      { kind: 'notOffered' },
    ],
    ['profile needed', failure('ValidationException', onDemand, { status: 400 }), { kind: 'notOffered' }],
    [
      'operation not allowed',
      failure('ValidationException', 'Operation not allowed', { status: 400 }),
      { kind: 'notOffered' },
    ],
    [
      'no access to the model',
      failure('AccessDeniedException', "You don't have access to the model with the specified model ID.", {
        status: 403,
      }),
      { kind: 'notOffered' },
    ],
    [
      'no marketplace subscription',
      failure(
        'AccessDeniedException',
        'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions',
        { status: 403 },
      ),
      { kind: 'notOffered' },
    ],
    [
      'thinking not supported',
      failure(
        'ValidationException',
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive"',
        { status: 400 },
      ),
      { kind: 'rejectedByModel' },
    ],
    [
      'temperature not supported',
      failure('ValidationException', '`temperature` is deprecated for this model.', { status: 400 }),
      { kind: 'rejectedByModel' },
    ],
    [
      'input too long',
      failure('ValidationException', 'Input is too long for requested model.', { status: 400 }),
      { kind: 'rejectedByModel' },
    ],
    [
      'prompt too long',
      failure('ValidationException', 'prompt is too long: 250000 tokens > 200000 maximum', { status: 400 }),
      { kind: 'rejectedByModel' },
    ],
    [
      'answer limit too high',
      failure('ValidationException', 'The maximum tokens you requested exceeds the model limit of 8192.', {
        status: 400,
      }),
      { kind: 'rejectedByModel' },
    ],
    [
      'prefill',
      failure(
        'ValidationException',
        'This model does not support assistant message prefill. The conversation must end with a user message.',
        { status: 400 },
      ),
      { kind: 'rejectedByModel' },
    ],
    [
      'malformed request',
      failure('ValidationException', '1 validation error detected: Value at messages failed to satisfy constraint', {
        status: 400,
      }),
      badRequest,
    ],
    [
      'explicit deny',
      failure(
        'AccessDeniedException',
        'User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModelWithResponseStream with an explicit deny',
        { status: 403 },
      ),
      account,
    ],
    [
      'unknown key',
      failure('UnrecognizedClientException', 'The security token included in the request is invalid.', { status: 403 }),
      account,
    ],
    [
      'bad signature',
      failure('InvalidSignatureException', 'The request signature we calculated does not match', { status: 403 }),
      account,
    ],
    [
      'expired token',
      failure('ExpiredTokenException', 'The security token included in the request is expired', { status: 403 }),
      account,
    ],
    ['no credentials', failure('CredentialsProviderError', 'Could not load credentials from any providers'), account],
    ['no region', new Error('Region is missing'), account],
    ['aborted', failure('AbortError', 'Request aborted'), { kind: 'cancelled' }],
    [
      'connection timeout',
      failure(
        'TimeoutError',
        'the request socket did not establish a connection with the server within the configured timeout of 3000 ms.',
      ),
      region,
    ],
    ['connection reset', network('ECONNRESET'), region],
    ['connection refused', network('ECONNREFUSED'), region],
    ['broken pipe', network('EPIPE'), region],
    ['socket timeout', network('ETIMEDOUT'), region],
    ['no route', network('EHOSTUNREACH'), region],
    ['no network', network('ENETUNREACH'), region],
    ['no such host', network('ENOTFOUND'), region],
    ['DNS down', network('EAI_AGAIN'), region],
    [
      'a network error deep in the causes',
      new Error('failed', { cause: new Error('again', { cause: network('ECONNREFUSED') }) }),
      region,
    ],
    ['HTTP/2 without an answer', new Error('Unexpected error: http2 request did not get a response'), region],
    ['HTTP/2 stream error', network('ERR_HTTP2_STREAM_ERROR'), region],
  ];

  it.each(rows)('%s', (_what, error, expected) => {
    expect(classifyFailure(error, context).failure).toEqual(expected);
  });
});

describe('within the stream, where no HTTP status is known', () => {
  const rows: readonly Row[] = [
    ['throttled', failure('ThrottlingException', 'Too many tokens'), throttled(60_000)],
    ['stream error', failure('ModelStreamErrorException', 'The stream broke', { originalStatusCode: 500 }), model],
    ['internal error', failure('InternalServerException'), model],
    ['service unavailable', failure('ServiceUnavailableException'), model],
    ['malformed request', failure('ValidationException', 'Bad value'), badRequest],
    [
      'an exception that the client does not know',
      failure('modelTimeoutException', '{"message":"The model timed out"}'),
      { kind: 'timedOut' },
    ],
    [
      'end of life in a JSON body',
      failure('someNewException', JSON.stringify({ message: endOfLife })),
      { kind: 'retired' },
    ],
    ['connection cut: says nothing about the region', network('ECONNRESET'), model],
    ['half a frame', new Error('Truncated event message received.'), { kind: 'truncated' }],
    [
      'a frame with a wrong checksum',
      new Error('The message checksum (1) did not match the expected value of 2'),
      { kind: 'truncated' },
    ],
  ];

  it.each(rows)('%s', (_what, error, expected) => {
    expect(classifyFailure(error, inStream).failure).toEqual(expected);
  });
});

describe('of errors without a known name', () => {
  const rows: readonly Row[] = [
    ['400', failure('SomethingNew', 'm', { status: 400 }), badRequest],
    ['403', failure('SomethingNew', 'm', { status: 403 }), account],
    ['404', failure('SomethingNew', 'm', { status: 404 }), { kind: 'notOffered' }],
    ['408', failure('SomethingNew', 'm', { status: 408 }), { kind: 'timedOut' }],
    ['429', failure('SomethingNew', 'm', { status: 429 }), throttled(60_000)],
    ['502', failure('SyntaxError', 'Unexpected token <', { status: 502 }), model],
    ['no status', new Error('what'), model],
    ['no error at all', 'what', model],
    ['undefined', undefined, model],
  ];

  it.each(rows)('%s decides', (_what, error, expected) => {
    expect(classifyFailure(error, context).failure).toEqual(expected);
  });

  it('the name counts in any case', () => {
    expect(classifyFailure(failure('THROTTLINGEXCEPTION'), context).failure).toEqual(throttled(60_000));
  });
});

describe("the provider's wish to be left alone", () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['milliseconds', { 'x-amz-retry-after': '1500' }, 1_500],
    ['a date', { 'Retry-After': new Date(nowMs + 90_000).toUTCString() }, 90_000],
    ['a date that has passed', { 'retry-after': new Date(nowMs - 90_000).toUTCString() }, 0],
    ['more than a day', { 'retry-after': '999999' }, 24 * hourMs],
    ['nonsense', { 'retry-after': 'soon' }, 60_000],
  ])('in %s wins over the usual cooldown', (_what, headers, expected) => {
    expect(classifyFailure(withHeaders(headers), context).failure).toEqual(throttled(expected));
  });
});

describe('a model that is past its end of life in the catalog', () => {
  const ended: FailureContext = { ...context, endOfLife: '2026-04-28' };

  it.each([
    [
      'an invalid identifier',
      failure('ValidationException', 'The provided model identifier is invalid.', { status: 400 }),
    ],
    ['an operation that is not allowed', failure('ValidationException', 'Operation not allowed', { status: 400 })],
    ['any 404', failure('ResourceNotFoundException', 'Not found', { status: 404 })],
  ])('is retired by %s', (_what, error) => {
    expect(classifyFailure(error, ended).failure).toEqual({ kind: 'retired' });
  });

  it('is not retired by a throttle', () => {
    expect(classifyFailure(failure('ThrottlingException'), ended).failure).toEqual(throttled(60_000));
  });
});

describe('whether a failed call has surely cost nothing', () => {
  it.each([
    ['refused by status', failure('ThrottlingException', 'm', { status: 429 }), context, true],
    ['throttled in the first frame', failure('ThrottlingException'), context, true],
    ['not sent for lack of credentials', failure('CredentialsProviderError'), context, true],
    ['never connected', network('ECONNREFUSED'), context, true],
    ['connection not established', failure('TimeoutError', 'did not establish a connection'), context, true],
    ['timed out by the provider', failure('ModelTimeoutException', 'm', { status: 408 }), context, false],
    ['reset while waiting for the answer', network('ECONNRESET'), context, false],
    ['failed in the first frame', failure('ModelStreamErrorException'), context, false],
    ['throttled in mid-stream', failure('ThrottlingException'), inStream, false],
  ])('%s: %s', (_what, error, where, expected) => {
    expect(classifyFailure(error, where).isSurelyFree).toBe(expected);
  });
});

describe('the reason', () => {
  it('is name and message', () => {
    expect(classifyFailure(failure('ThrottlingException', 'Too many tokens'), context).reason).toBe(
      'ThrottlingException: Too many tokens',
    );
  });

  it('is the message within a JSON body', () => {
    expect(classifyFailure(failure('modelTimeoutException', '{"message":"Too slow"}'), inStream).reason).toBe(
      'modelTimeoutException: Too slow',
    );
  });

  it('is cut at 300 characters', () => {
    expect(classifyFailure(failure('ValidationException', 'x'.repeat(1_000)), context).reason).toHaveLength(300);
  });
});
