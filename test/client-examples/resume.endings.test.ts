import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventsExpiredError, followOverSse, FollowError } from '../../client-examples/resume.ts';
import { encodeCursor } from '../../src/events/log-position.ts';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { collect, common, proxyFor, transports, type Follow } from './followers.ts';
import { scriptedSse, scriptedWebSocket, type Turn } from './scripted-server.ts';

const [[, overWebSocket], [, overSse]] = transports as [[string, Follow], [string, Follow]];
const result = (number: number) => ({ data: { documentEvents: { cursor: `c${number}`, number } } });
const error = (code: string, retryable: boolean, more = {}) => ({
  message: `This is ${code}.`,
  extensions: { code, retryable, ...more },
});
const next = (payload: unknown): string => `event: next\ndata: ${JSON.stringify(payload)}\n\n`;
const complete = 'event: complete\ndata:\n\n';

/** What was yielded, and what ended it. */
async function outcome(events: AsyncIterable<StreamedEvent>) {
  const numbers: number[] = [];
  try {
    for await (const event of events) numbers.push(event.number);
    return { numbers, error: null };
  } catch (thrown) {
    return { numbers, error: thrown as FollowError };
  }
}

describe('a follower over WebSocket', () => {
  const rest: Turn = { results: [result(3)], end: 'complete' };
  const firstTwo = [result(1), result(2)];

  it.each([1000, 1001, 1011, 1012, 4408, 4429, 4500])('resumes after a close with code %d', async (close) => {
    const server = await scriptedWebSocket([{ results: firstTwo, end: { close } }, rest]);
    expect(await outcome(overWebSocket({ url: server.url }))).toEqual({ numbers: [1, 2, 3], error: null });
    expect(server.asked).toEqual([null, 'c2']);
  });

  it('tells of each connection that stands', async () => {
    const told: string[] = [];
    const server = await scriptedWebSocket([{ results: firstTwo, end: 'cut' }, rest]);
    const onConnect = () => told.push('connect');
    await outcome(overWebSocket({ url: server.url, onConnect, onDrop: () => told.push('drop') }));
    expect(told).toEqual(['connect', 'drop', 'connect']);
  });

  it.each([1002, 1008, 1009, 4400, 4401, 4403, 4409])('throws after a close with code %d', async (close) => {
    const server = await scriptedWebSocket([{ results: firstTwo, end: { close } }, rest]);
    const { numbers, error } = await outcome(overWebSocket({ url: server.url }));
    expect(numbers).toEqual([1, 2]);
    expect(error).toMatchObject({ code: `WS_${close}`, retryable: false, cursor: 'c2' });
    expect(error?.message).toContain('by script');
    expect(server.asked).toHaveLength(1);
  });

  it('does not begin again by itself when the line is closed in good order while its caller is busy', async () => {
    const server = await scriptedWebSocket([{ results: firstTwo, end: { close: 1000 } }, rest]);
    const events = overWebSocket({ url: server.url });
    await events.next();
    await expect.poll(() => server.closed()).toBe(1);
    expect(await outcome(events)).toEqual({ numbers: [2, 3], error: null });
    expect(server.asked).toEqual([null, 'c2']);
  });

  it('throws what a subscription is refused with', async () => {
    const server = await scriptedWebSocket([{ end: { errors: [error('FORBIDDEN', false)] } }]);
    const { error: thrown } = await outcome(overWebSocket({ url: server.url }));
    expect(thrown).toMatchObject({ code: 'FORBIDDEN', message: 'This is FORBIDDEN.', cursor: null });
  });

  it('goes on behind its last event after an error that says it is retryable, not before the time that it names', async () => {
    const retry = { errors: [error('SLOW_CONSUMER', true, { retryAfterMs: 120 })] };
    const server = await scriptedWebSocket([{ results: [result(1), retry], end: 'complete' }, rest]);
    const waits: number[] = [];
    const events = overWebSocket({ url: server.url, onDrop: ({ waitMs }) => waits.push(waitMs) });
    expect(await outcome(events)).toEqual({ numbers: [1, 3], error: null });
    expect(waits).toEqual([120]);
    expect(server.asked).toEqual([null, 'c1']);
  });

  it('throws the last failure when too many come in a row', async () => {
    const server = await scriptedWebSocket([{ results: [result(1)], end: 'cut' }, { end: 'cut' }]);
    const { error: thrown } = await outcome(overWebSocket({ url: server.url, maxFailures: 4 }));
    expect(thrown).toMatchObject({ code: 'CONNECTION_LOST', retryable: true, cursor: 'c1' });
    expect(server.asked).toEqual([null, 'c1', 'c1', 'c1']);
  });
});

describe('a follower over SSE', () => {
  it('tells of each connection that stands, and of none that was refused', async () => {
    const told: string[] = [];
    const server = await scriptedSse([
      { status: 503 },
      { stream: [next(result(1))] },
      { stream: [next(result(2)), complete] },
    ]);
    const onConnect = () => told.push('connect');
    await outcome(overSse({ url: server.url, onConnect, onDrop: () => told.push('drop') }));
    expect(told).toEqual(['drop', 'connect', 'drop', 'connect']);
  });

  it('resumes when a stream ends before it is complete', async () => {
    const server = await scriptedSse([{ stream: [next(result(1))] }, { stream: [next(result(2)), complete] }]);
    expect(await outcome(overSse({ url: server.url }))).toEqual({ numbers: [1, 2], error: null });
    expect(server.asked).toEqual([null, 'c1']);
  });

  it('reads every way in which a stream may be written and cut into parts', async () => {
    const text = `:\n\nid: 7\nevent: next\r\ndata: {"data":{"documentEvents":\ndata:{"cursor":"ü","number":1}}}\r\n\r\n${next(result(2))}${complete}`;
    const { buffer } = new TextEncoder().encode(text);
    const bytes = [...new Uint8Array(buffer)].map((byte) => Buffer.of(byte) as unknown as string);
    const server = await scriptedSse([{ stream: bytes }]);
    expect(await outcome(overSse({ url: server.url }))).toEqual({ numbers: [1, 2], error: null });
  });

  it.each([408, 429, 500, 502, 503])('tries again after HTTP status %d', async (status) => {
    const server = await scriptedSse([{ status, body: '<html>' }, { stream: [next(result(1)), complete] }]);
    expect(await outcome(overSse({ url: server.url }))).toEqual({ numbers: [1], error: null });
  });

  it.each([200, 400, 401, 403, 404])('throws after HTTP status %d without events', async (status) => {
    const server = await scriptedSse([{ status, body: '<html>' }]);
    const { error: thrown } = await outcome(overSse({ url: server.url }));
    expect(thrown).toMatchObject({ code: `HTTP_${status}`, retryable: false });
    expect(server.asked).toHaveLength(1);
  });

  it("throws the server's own error when a refusal holds one", async () => {
    const body = JSON.stringify({ errors: [error('UNAUTHENTICATED', false)] });
    const server = await scriptedSse([{ status: 401, body }]);
    const { error: thrown } = await outcome(overSse({ url: server.url }));
    expect(thrown).toMatchObject({ code: 'UNAUTHENTICATED', message: 'This is UNAUTHENTICATED.' });
  });

  it('sends its headers anew with each request', async () => {
    const server = await scriptedSse([{ stream: [] }, { stream: [complete] }]);
    let calls = 0;
    const headers = async () => ({ authorization: `Bearer ${(calls += 1)}` });
    await collect(followOverSse({ ...common, url: server.url, headers }));
    expect(calls).toBe(2);
  });
});

describe.each(transports)('a follower over %s of the real server', (_name, follow) => {
  let prism: Prism;
  let documentId: string;
  beforeAll(async () => {
    prism = await startPrism();
    documentId = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
  });
  afterAll(() => prism.close());

  it.each([
    ['an unknown document', { documentId: 'doc_01h45ytscbebyvny4gc8cr8ma2' }, 'NOT_FOUND'],
    ['an id that is none', { documentId: 'nonsense' }, 'BAD_USER_INPUT'],
    ['a variable of the wrong type', { documentId: null }, 'BAD_USER_INPUT'],
  ])('throws for %s, with the code and the message of the server', async (_what, variables, code) => {
    const { error: thrown } = await outcome(follow({ url: prism.server.url, variables }));
    expect(thrown).toBeInstanceOf(FollowError);
    expect(thrown).toMatchObject({ code, retryable: false });
    expect(thrown?.message).not.toBe('');
  });

  it('throws for a cursor of something else', async () => {
    const variables = { documentId, after: 'nonsense' };
    const { error: thrown } = await outcome(follow({ url: prism.server.url, variables }));
    expect(thrown).toMatchObject({ code: 'BAD_USER_INPUT', cursor: 'nonsense' });
  });

  it('throws for a document that cannot be asked for so', async () => {
    const { error: thrown } = await outcome(follow({ url: prism.server.url, query: 'subscription { nothing }' }));
    expect(thrown).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('throws EventsExpiredError for a cursor that can no longer be honoured; the one that is read anew goes on', async () => {
    const after = encodeCursor(documentId, { id: '99999999999999-0', isEnd: false });
    const { error: thrown } = await outcome(follow({ url: prism.server.url, variables: { documentId, after } }));
    expect(thrown).toBeInstanceOf(EventsExpiredError);
    expect(thrown).toMatchObject({ code: 'EVENTS_EXPIRED', cursor: after });

    const read = await prism.ask('query($id: ID!) { document(id: $id) { eventsCursor } }', { id: documentId });
    const variables = { documentId, after: read.document.eventsCursor };
    expect(await collect(follow({ url: prism.server.url, variables }))).toEqual([]);
  });

  it('throws when the server stays away', async () => {
    const proxy = await proxyFor(prism.server.url);
    proxy.refuse();
    const url = proxy.via(prism.server.url);
    const { error: thrown } = await outcome(follow({ url, variables: { documentId }, maxFailures: 3 }));
    expect(thrown).toMatchObject({ code: 'CONNECTION_LOST', retryable: true, cursor: null });
  });
});
