import { createClient } from 'graphql-ws';

/*
 * Follows a subscription to its end, whatever happens to the line. One file, to be copied into a front end: it needs graphql-ws for
 * WebSocket, and nothing but `fetch` for SSE.
 *
 *   connecting --accepted--> following --complete--> ended
 *   connecting, following --line drops | error with retryable: true--> waiting --backoff--> connecting, with the last cursor
 *   connecting, following --any other error | too many failures in a row--> throws FollowError
 *   any --signal--> ended, without an error
 *
 * Guaranteed: every event behind `variables.after` is yielded once and in order, for the server resumes behind the cursor of the last one
 * that was yielded.
 * Not guaranteed: that the events are still kept. When they are not, EventsExpiredError says so: read the current state, and follow again
 * from its `eventsCursor`.
 */

export type FollowOptions<E> = {
  /** The GraphQL endpoint, http:// or https://; a WebSocket calls the same address with ws:// or wss://. */
  readonly url: string;
  /** A subscription of one root field, which passes its variable `$after: String` on as `after`. */
  readonly query: string;
  /** With `after` among them it begins behind that cursor, without it at the start of the log. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The cursor of an event, which is a value of the root field: select `... on Event { cursor }`. */
  readonly cursorOf: (event: E) => string;
  /** Ends the iteration and the connection, at any moment. */
  readonly signal?: AbortSignal;
  /** Called when a connection stands, the first one included. */
  readonly onConnect?: () => void;
  /** Called before each wait for the next connection. */
  readonly onDrop?: (drop: { readonly reason: string; readonly waitMs: number; readonly failures: number }) => void;
  /** The n-th wait in a row is random, below `baseDelayMs * 2^(n-1)` (default 500) and below `maxDelayMs` (default 30,000). */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  /** The last of so many failures in a row, with no event in between, is thrown. Default 20: some four minutes. */
  readonly maxFailures?: number;
  /** A line on which nothing is heard for so long counts as dropped. Default 30,000; the server speaks every 12 s at least. */
  readonly silenceMs?: number;
};

export type WebSocketOptions<E> = FollowOptions<E> & {
  /** Sent with connection_init. A function is called for each connection, so that it can renew a token. */
  readonly connectionParams?: Params | (() => Params | Promise<Params>);
  /** That of the package `ws`, where there is no global WebSocket (Node before 22). */
  readonly webSocketImpl?: unknown;
};

export type SseOptions<E> = FollowOptions<E> & {
  /** Sent with each request. A function is called for each, so that it can renew a token. */
  readonly headers?: HeaderFields | (() => HeaderFields | Promise<HeaderFields>);
};

/** Why following ended before the stream did. */
export class FollowError extends Error {
  override readonly name: string = 'FollowError';
  /** The server's `extensions.code`; or WS_<close code>, HTTP_<status>, CONNECTION_LOST. */
  readonly code: string;
  /** True when it might have passed, but did so often happen that `maxFailures` was reached. */
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  /** Of the last event that was yielded: pass it as `after` to go on behind it. */
  cursor: string | null = null;

  constructor(code: string, message: string, { retryable = false, retryAfterMs = 0 } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The events behind the cursor are no longer kept: read the current state, and follow again from its `eventsCursor`. */
export class EventsExpiredError extends FollowError {
  override readonly name = 'EventsExpiredError';
}

type Params = Record<string, unknown>;
type HeaderFields = Record<string, string>;
type Variables = Readonly<Record<string, unknown>>;
type GraphQLErrors = readonly { readonly message: string; readonly extensions?: unknown }[];
type Result = {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: GraphQLErrors | undefined;
};
type Results = AsyncGenerator<Result, void>;

/** By graphql-transport-ws, each on a connection of its own. What a busy caller has not taken waits here, in memory. */
export function followOverWebSocket<E>(options: WebSocketOptions<E>): AsyncGenerator<E, void> {
  return follow(options, (variables) => openWebSocket(options, variables));
}

/** By text/event-stream (distinct connections mode of graphql-sse). What a busy caller has not taken waits at the server. */
export function followOverSse<E>(options: SseOptions<E>): AsyncGenerator<E, void> {
  return follow(options, (variables) => openSse(options, variables));
}

async function* follow<E>(options: FollowOptions<E>, open: (variables: Variables) => Results): AsyncGenerator<E, void> {
  const { signal, baseDelayMs = 500, maxDelayMs = 30_000, maxFailures = 20 } = options;
  let cursor = (options.variables?.['after'] as string | null | undefined) ?? null;
  let failures = 0;

  async function* deliver(results: Results): AsyncGenerator<E, FollowError | 'complete'> {
    try {
      for (;;) {
        const step = await results.next().catch(toFollowError);
        if (step instanceof FollowError) return step;
        if (step.done || signal?.aborted) return 'complete';
        const failure = failureOf(step.value.errors);
        if (failure) return failure;
        const event = Object.values(step.value.data ?? {})[0] as E;
        cursor = options.cursorOf(event);
        failures = 0;
        yield event;
      }
    } finally {
      await results.return();
    }
  }

  for (;;) {
    if (signal?.aborted) return;
    const openedAt = Date.now();
    const end = yield* deliver(open({ ...options.variables, after: cursor }));
    if (end === 'complete' || signal?.aborted) return;
    // A line that stood for a while without news has ended, rather than failed.
    failures = Date.now() - openedAt > maxDelayMs ? 1 : failures + 1;
    if (!end.retryable || failures >= maxFailures) throw Object.assign(end, { cursor });
    // Full jitter: the clients of a server that restarts do not all come back at once.
    const backoffMs = Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - 1));
    const waitMs = Math.round(Math.max(end.retryAfterMs, backoffMs));
    options.onDrop?.({ reason: end.message, waitMs, failures });
    await sleep(waitMs, signal);
  }
}

async function* openWebSocket<E>(options: WebSocketOptions<E>, variables: Variables): Results {
  const { query, signal, connectionParams, webSocketImpl, silenceMs = 30_000 } = options;
  const results: Result[] = [];
  let end = null as { readonly error: unknown } | null;
  let alarm: ReturnType<typeof setTimeout> | undefined;
  let wake = (): void => undefined;
  const finish = (error: unknown): void => {
    end ??= { error };
    clearTimeout(alarm);
    wake();
  };
  const complete = (): void => finish(null);
  const heard = (): void => {
    clearTimeout(alarm);
    if (!end) alarm = setTimeout(() => finish(silence(silenceMs)), silenceMs);
  };
  heard();
  const client = createClient({
    url: options.url.replace(/^http/, 'ws'),
    // Its own retries would begin again at the first cursor.
    retryAttempts: 0,
    keepAlive: silenceMs / 2,
    ...(connectionParams === undefined ? {} : { connectionParams }),
    ...(webSocketImpl === undefined ? {} : { webSocketImpl }),
    on: {
      opened: heard,
      message: heard,
      connected: () => options.onConnect?.(),
      error: finish,
      closed(event) {
        finish(event);
        // After a close with code 1000 graphql-ws would connect again by itself, whatever `retryAttempts` says.
        unsubscribe();
      },
    },
  });
  const next = (result: Result): void => {
    results.push(result);
    wake();
  };
  const unsubscribe = client.subscribe({ query, variables }, { next, error: finish, complete });
  signal?.addEventListener('abort', complete);
  try {
    for (;;) {
      const result = results.shift();
      if (result) yield result;
      else if (!end) await new Promise<void>((resolve) => (wake = resolve));
      else if (end.error === null) return;
      else throw end.error;
    }
  } finally {
    complete();
    signal?.removeEventListener('abort', complete);
    unsubscribe();
  }
}

async function* openSse<E>(options: SseOptions<E>, variables: Variables): Results {
  const { url, query, signal, headers, silenceMs = 30_000 } = options;
  const line = new AbortController();
  const hangUp = (): void => line.abort();
  // Only while something is awaited: a caller that takes its time makes the server fall silent, too.
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const alarm = setTimeout(() => line.abort(silence(silenceMs)), silenceMs);
    return work.finally(() => clearTimeout(alarm));
  };
  signal?.addEventListener('abort', hangUp);
  try {
    const response = await within(
      fetch(url, {
        method: 'POST',
        headers: {
          ...(typeof headers === 'function' ? await headers() : headers),
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify({ query, variables }),
        signal: line.signal,
      }),
    );
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (!response.body || !isStream) throw await refusal(response);
    options.onConnect?.();
    const reader = response.body.getReader();
    for await (const { name, data } of readEvents(() => within(reader.read()))) {
      if (name === 'next') yield JSON.parse(data) as Result;
      if (name === 'complete') return;
    }
    throw new Error('the stream ended before it was complete');
  } finally {
    signal?.removeEventListener('abort', hangUp);
    hangUp();
  }
}

type Chunk = { readonly done: boolean; readonly value?: Uint8Array | undefined };

/** The events of a text/event-stream. Its comments, with which the server keeps the line alive, are none. */
async function* readEvents(read: () => Promise<Chunk>): AsyncGenerator<{ name: string; data: string }, void> {
  const decoder = new TextDecoder();
  let text = '';
  for (let chunk = await read(); !chunk.done; chunk = await read()) {
    text += decoder.decode(chunk.value, { stream: true });
    const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split(/\r\n|\n|\r/).map((field) => /^(\w+): ?(.*)$/.exec(field));
      const valuesOf = (name: string) => fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? '');
      yield { name: valuesOf('event')[0] ?? '', data: valuesOf('data').join('\n') };
    }
  }
}

/** From what a transport throws: the errors of a subscription, a close event, an error of the connection. */
function toFollowError(thrown: unknown): FollowError {
  if (thrown instanceof FollowError) return thrown;
  const failure = Array.isArray(thrown) ? failureOf(thrown as GraphQLErrors) : null;
  if (failure) return failure;
  const { code, reason, message, cause } = (thrown ?? {}) as Partial<CloseEventLike & Error>;
  // 1006 stands for a connection that ended without a close frame.
  if (typeof code === 'number' && code !== 1006 && reason !== undefined) {
    const text = `The connection was closed with code ${code}${reason ? `: ${reason}` : ''}.`;
    return new FollowError(`WS_${code}`, text, { retryable: !isFatalClose(code) });
  }
  const why = (cause as Error | undefined)?.message || message;
  return new FollowError('CONNECTION_LOST', `The connection was lost${why ? `: ${why}` : ''}.`, { retryable: true });
}

type CloseEventLike = { readonly code: number | string; readonly reason: string };

// Violations of a protocol, and refusals: of 4400 to 4499 only "too late" (4408) and "too often" (4429) pass by themselves.
const violations = new Set([1002, 1003, 1007, 1008, 1009, 1010, 4004]);
const isFatalClose = (code: number): boolean =>
  violations.has(code) || (code >= 4400 && code <= 4499 && code !== 4408 && code !== 4429);

/** A result with an error is no event, even if it has data: a retryable one is asked for again. */
function failureOf(errors: GraphQLErrors | undefined, isRetryableStatus = false): FollowError | null {
  const [error] = errors ?? [];
  if (!error) return null;
  const { code, retryable, retryAfterMs } = (error.extensions ?? {}) as Record<string, unknown>;
  if (code === 'EVENTS_EXPIRED') return new EventsExpiredError(code, error.message);
  return new FollowError(typeof code === 'string' ? code : 'INTERNAL', error.message, {
    retryable: typeof retryable === 'boolean' ? retryable : isRetryableStatus,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : 0,
  });
}

async function refusal(response: Response): Promise<FollowError> {
  const { status } = response;
  const retryable = status >= 500 || status === 408 || status === 429;
  const body = (await response.json().catch(() => null)) as Result | null;
  const message = `The server answered with HTTP status ${status} instead of events.`;
  return failureOf(body?.errors, retryable) ?? new FollowError(`HTTP_${status}`, message, { retryable });
}

const silence = (ms: number): Error => new Error(`nothing was heard for ${ms / 1000} s`);

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}
