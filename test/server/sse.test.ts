import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../src/server/server.ts';
import { createSubject, endSubject, logOf, note, thought, type Subject } from '../support/event-subjects.ts';
import { leakCheckedSettings, shareWithoutLeaks } from '../support/leak-check.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { silentLogger } from '../support/silent-logger.ts';

const query = `subscription($id: ID!, $after: String) {
  analysisEvents(analysisId: $id, after: $after) { __typename ... on Event { cursor } ... on ThinkingDelta { text } }
}`;
const documentQuery = `subscription($id: ID!, $after: String) {
  documentEvents(documentId: $id, after: $after) { __typename ... on Event { cursor } }
}`;

type Message = { readonly id: string | null; readonly event: string; readonly data: string };

/** Messages of a text/event-stream as they come; comments are none. Ends where the stream ends, complete or not. */
async function* messagesOf(response: Response): AsyncGenerator<Message, void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks.filter((candidate) => !candidate.startsWith(':'))) {
      const field = (name: string) => block.split('\n').find((line) => line.startsWith(`${name}: `));
      const valueOf = (name: string) => field(name)?.slice(name.length + 2) ?? null;
      yield { id: valueOf('id'), event: valueOf('event') ?? '', data: valueOf('data') ?? '' };
    }
  }
}

async function collect(messages: AsyncIterable<Message>): Promise<Message[]> {
  const all: Message[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

const idsOf = (messages: readonly Message[]): (string | null)[] =>
  messages.filter(({ event }) => event === 'next').map(({ id }) => id);

describe('server-sent events', () => {
  let prism: Prism;
  const { signal: never } = new AbortController();
  shareWithoutLeaks(async () => {
    prism = await startPrism({ workers: 0, settings: leakCheckedSettings });
    return prism;
  });
  afterEach(async () => {
    // oxlint-disable-next-line vitest/no-standalone-expect -- a subscription that stays behind is a failure of the test before
    await expect.poll(channelCount).toBe(0);
  });

  type Asked = {
    query?: string;
    id: string;
    after?: string;
    lastEventId?: string;
    signal?: AbortSignal;
    accept?: string;
  };
  const open = (asked: Asked, url = prism.server.url): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: asked.accept ?? 'text/event-stream',
        ...(asked.lastEventId === undefined ? {} : { 'last-event-id': asked.lastEventId }),
      },
      body: JSON.stringify({ query: asked.query ?? query, variables: { id: asked.id, after: asked.after ?? null } }),
      signal: asked.signal ?? never,
    });

  const channelCount = (): number => prism.server.runtime.hub.channelCount();
  const newSubject = (): Promise<Subject> => createSubject(prism.server.runtime.db);

  async function write(subject: Subject, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      await prism.server.runtime.events.append(logOf(subject), 1, thought(subject, `thought ${index}`));
    }
  }
  const end = (subject: Subject): Promise<void> =>
    endSubject(prism.server.runtime.db, prism.server.runtime.events, subject);

  it('carry the cursor of each event as its id, and complete behind the last', async () => {
    const subject = await newSubject();
    await write(subject, 3);
    const stream = collect(messagesOf(await open({ id: subject.analysisId })));
    await write(subject, 3);
    await end(subject);
    const messages = await stream;
    expect(messages.at(-1)).toEqual({ id: null, event: 'complete', data: '' });
    const results = messages.slice(0, -1);
    expect(results).toHaveLength(7);
    for (const { id, event, data } of results) {
      expect(event).toBe('next');
      expect(id).toBe(JSON.parse(data).data.analysisEvents.cursor);
    }
  });

  it('resume behind any Last-Event-ID: together exactly the log', async () => {
    const subject = await newSubject();
    await write(subject, 8);
    await end(subject);
    const all = await collect(messagesOf(await open({ id: subject.analysisId })));
    for (const [index, { id }] of all.slice(0, -1).entries()) {
      const rest = await collect(messagesOf(await open({ id: subject.analysisId, lastEventId: id ?? '' })));
      expect(rest).toEqual(all.slice(index + 1));
    }
  });

  it('resume behind Last-Event-ID where `after` is the cursor of the first connection, as an EventSource sends both', async () => {
    const subject = await newSubject();
    await write(subject, 5);
    await end(subject);
    const all = await collect(messagesOf(await open({ id: subject.analysisId })));
    const [first, , third] = idsOf(all);
    const url = new URL(prism.server.url);
    url.searchParams.set('query', query);
    url.searchParams.set('variables', JSON.stringify({ id: subject.analysisId, after: first }));
    const headers = { accept: 'text/event-stream', 'last-event-id': third ?? '' };
    expect(await collect(messagesOf(await fetch(url, { headers })))).toEqual(all.slice(3));
  });

  it('refuse a Last-Event-ID that is none with an error that says what to pass', async () => {
    const subject = await newSubject();
    const messages = await collect(messagesOf(await open({ id: subject.analysisId, lastEventId: 'nonsense' })));
    expect(JSON.parse(messages[0]?.data ?? '').errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('end with the error and then complete when the log is lost in mid-stream', async () => {
    const { runtime } = prism.server;
    const subject = await newSubject();
    await write(subject, 3);
    const messages = messagesOf(await open({ query: documentQuery, id: subject.documentId }));
    for (let count = 0; count < 3; count += 1) await messages.next();
    await runtime.redis.del(`${prism.config.redisPrefix}:{${subject.documentId}}:log:all`);
    await runtime.events.append(logOf(subject), 1, note(subject, 'in a log that begins anew'));
    const [failure, complete] = await collect(messages);
    expect(failure).toMatchObject({ id: null, event: 'next' });
    expect(JSON.parse(failure?.data ?? '').errors[0].extensions.code).toBe('EVENTS_EXPIRED');
    expect(complete).toEqual({ id: null, event: 'complete', data: '' });
  });

  it.each([
    ['before its first event', 0],
    ['in mid-stream', 3],
  ])('leave no subscription behind when the request is aborted %s', async (_moment, seen) => {
    const subject = await newSubject();
    await write(subject, seen);
    const abort = new AbortController();
    const messages = messagesOf(await open({ id: subject.analysisId, signal: abort.signal }));
    for (let count = 0; count < seen; count += 1) await messages.next();
    await expect.poll(channelCount).toBe(1);
    const next = messages.next();
    abort.abort();
    await expect(next).rejects.toThrow('abort');
    await expect.poll(channelCount, { timeout: 5_000 }).toBe(0);
  });

  it('begin behind `after` where the header of a client that has had no event yet is empty', async () => {
    const subject = await newSubject();
    await write(subject, 2);
    await end(subject);
    const [first, ...rest] = idsOf(await collect(messagesOf(await open({ id: subject.analysisId }))));
    const resumed = await open({ id: subject.analysisId, after: first ?? '', lastEventId: '' });
    expect(idsOf(await collect(messagesOf(resumed)))).toEqual(rest);
  });

  it('leave no subscription behind when the request is aborted before its answer', async () => {
    const subject = await newSubject();
    const abort = new AbortController();
    const opening = open({ id: subject.analysisId, signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(opening).rejects.toThrow('abort');
    await expect.poll(channelCount, { timeout: 5_000 }).toBe(0);
  });

  it('are what a client without preferences gets, too', async () => {
    const subject = await newSubject();
    await write(subject, 1);
    await end(subject);
    const response = await open({ id: subject.analysisId, accept: '*/*' });
    const messages = await collect(messagesOf(response));
    expect(messages.map(({ event }) => event)).toEqual(['next', 'next', 'complete']);
    expect(idsOf(messages)).not.toContain(null);
  });

  it('are refused to a client that takes none, and start nothing', async () => {
    const subject = await newSubject();
    const response = await open({ id: subject.analysisId, accept: 'multipart/mixed' });
    expect(response.status).toBe(406);
    expect(channelCount()).toBe(0);
  });

  it('carry values that are no events of a log without an id, and stop looking when the client goes', async () => {
    const abort = new AbortController();
    const query = 'subscription { throttleUpdates(intervalMs: 250) { retriesWaiting } }';
    const messages = messagesOf(await open({ query, id: '', signal: abort.signal }));
    const { value } = await messages.next();
    expect(value).toMatchObject({ id: null, event: 'next' });
    expect(JSON.parse((value as Message).data).data.throttleUpdates).toEqual({ retriesWaiting: 0 });
    abort.abort();
    await expect(messages.next()).rejects.toThrow('abort');
  });

  it('end without complete when the server shuts down, so that the client resumes elsewhere', async () => {
    const logger = silentLogger;
    const second = await startServer({ config: prism.config, logger });
    const subject = await newSubject();
    await write(subject, 2);
    const messages = messagesOf(await open({ id: subject.analysisId }, second.url));
    const seen = [(await messages.next()).value, (await messages.next()).value] as Message[];
    await second.close();
    await expect(messages.next()).rejects.toThrow('terminated');
    await write(subject, 2);
    await end(subject);
    const rest = await collect(messagesOf(await open({ id: subject.analysisId, lastEventId: seen[1]?.id ?? '' })));
    const all = await collect(messagesOf(await open({ id: subject.analysisId })));
    expect([...seen, ...rest]).toEqual(all);
  });
});
