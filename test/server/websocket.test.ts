import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startServer } from '../../src/server/server.ts';
import { createSubject, endSubject, logOf, note, type Subject } from '../support/event-subjects.ts';
import { leakCheckedSettings, shareWithoutLeaks } from '../support/leak-check.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { openAcknowledged, openRaw, type RawWebSocket } from './raw-websocket.ts';
import { silentLogger } from '../support/silent-logger.ts';

const query = `subscription($id: ID!) { analysisEvents(analysisId: $id) { __typename ... on Event { cursor } } }`;
const subscribe = (id: string, analysisId: string) =>
  ({ type: 'subscribe', id, payload: { query, variables: { id: analysisId } } }) as const;
const ask = (id: string, text: string) => ({ type: 'subscribe', id, payload: { query: text } }) as const;

describe('GraphQL over WebSocket', () => {
  let prism: Prism;
  const open: RawWebSocket[] = [];
  shareWithoutLeaks(async () => {
    const settings = { ...leakCheckedSettings, MAX_SUBSCRIPTIONS_PER_SOCKET: '3', MAX_SUBSCRIPTIONS_PER_TENANT: '5' };
    prism = await startPrism({ workers: 0, settings });
    return prism;
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { socket } of open.splice(0)) socket.terminate();
    // oxlint-disable-next-line vitest/no-standalone-expect -- a subscription that stays behind is a failure of the test before
    await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(0);
  });

  const terminating = (raw: RawWebSocket): RawWebSocket => {
    open.push(raw);
    return raw;
  };
  const connect = async () => terminating(await openAcknowledged(prism.server.url));
  const newSubject = (): Promise<Subject> => createSubject(prism.server.runtime.db);
  const write = (subject: Subject, text: string) =>
    prism.server.runtime.events.append(logOf(subject), 1, note(subject, text));
  const end = (subject: Subject) => endSubject(prism.server.runtime.db, prism.server.runtime.events, subject);

  describe('closes the socket', () => {
    it('with 4406 without its subprotocol', async () => {
      // A client of ws that offers one gives up by itself when the server takes none.
      const { closed } = await openRaw(prism.server.url, []);
      expect(await closed).toMatchObject({ code: 4406 });
    });

    it('with 4408 without connection_init in time', async () => {
      const { closed } = await openRaw(prism.server.url);
      expect(await closed).toMatchObject({ code: 4408 });
    });

    it('with 4401 when subscribed before the acknowledgement', async () => {
      const { send, closed } = await openRaw(prism.server.url);
      send(ask('1', '{ __typename }'));
      expect(await closed).toMatchObject({ code: 4401 });
    });

    it('with 4429 on a second connection_init', async () => {
      const { send, closed } = await connect();
      send({ type: 'connection_init' });
      expect(await closed).toMatchObject({ code: 4429 });
    });

    it.each([
      ['no JSON', 'nonsense'],
      ['no message', '[]'],
      ['of an unknown type', '{"type":"start","id":"1","payload":{"query":"{ __typename }"}}'],
      ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}'],
      ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
      ['of a type that servers send: next', '{"type":"next","id":"1","payload":{}}'],
      ['of a type that servers send: error', '{"type":"error","id":"1","payload":[{"message":"x"}]}'],
      ['of a type that servers send: connection_ack', '{"type":"connection_ack"}'],
      [
        'a subscribe with an id of more than 1,000 characters',
        JSON.stringify(ask('x'.repeat(1_001), '{ __typename }')),
      ],
    ])('with 4400 on a message that is %s', async (_what, text) => {
      const { socket, closed } = await connect();
      socket.send(text);
      expect(await closed).toMatchObject({ code: 4400 });
    });

    it('before what comes behind such a message in the same packet is carried out', async () => {
      const { sendTogether, closed } = await connect();
      const title = 'behind a violation';
      const mutation = `mutation { createSession(input: { title: "${title}" }) { session { id } } }`;
      sendTogether('nonsense', ask('1', mutation));
      expect(await closed).toMatchObject({ code: 4400 });
      // What had begun would be there before the end of one that begins now.
      await prism.createSession();
      expect(await prism.server.runtime.db.session.count({ where: { title } })).toBe(0);
    });

    it('with 4409 on an id that is in use, however long it is', async () => {
      const { analysisId } = await newSubject();
      for (const id of ['1', 'x'.repeat(500)]) {
        const { send, closed } = await connect();
        send(subscribe(id, analysisId));
        send(subscribe(id, analysisId));
        const { code, reason } = await closed;
        expect(code).toBe(4409);
        expect(Buffer.byteLength(reason)).toBeLessThan(124);
      }
    });

    it('with 1009 on a message of more than 1 MB', async () => {
      const { socket, closed } = await connect();
      socket.send(JSON.stringify(ask('1', `{ __typename } #${'x'.repeat(1024 * 1024)}`)));
      expect(await closed).toMatchObject({ code: 1009 });
    });

    it('with 1001 and without a complete when the server shuts down', async () => {
      const logger = silentLogger;
      const leaving = await startServer({ config: prism.config, logger });
      const subject = await newSubject();
      const { send, next, socket, closed } = await openAcknowledged(leaving.url);
      send(subscribe('1', subject.analysisId));
      await write(subject, 'a');
      expect(await next()).toMatchObject({ type: 'next', id: '1' });
      const behind: unknown[] = [];
      socket.on('message', (data: Buffer) => behind.push(data.toString()));
      await leaving.close();
      expect(await closed).toMatchObject({ code: 1001 });
      expect(behind).toEqual([]);
    });

    it('at once when it does not take leave within the grace time', async () => {
      const logger = silentLogger;
      const leaving = await startServer({ config: prism.config, logger });
      const { socket, closed } = await openAcknowledged(leaving.url);
      socket.pause();
      await leaving.close();
      socket.resume();
      // What was sent to it before is still read.
      expect((await closed).code).toBeOneOf([1001, 1006]);
    });
  });

  it('refuses an address that is not its own', async () => {
    const socket = new WebSocket(prism.server.url.replace('http', 'ws').replace('/graphql', '/other'));
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('400');
  });

  it('answers a ping with its payload, also before connection_init', async () => {
    const { send, next } = terminating(await openRaw(prism.server.url));
    send({ type: 'ping', payload: { a: 1 } });
    expect(await next()).toEqual({ type: 'pong', payload: { a: 1 } });
  });

  it('answers queries and mutations too, and errors of the document with a code and without a complete', async () => {
    const { send, next } = await connect();
    send(ask('1', '{ __typename }'));
    expect(await next()).toEqual({ type: 'next', id: '1', payload: { data: { __typename: 'Query' } } });
    expect(await next()).toEqual({ type: 'complete', id: '1' });
    for (const text of ['{ nothing }', '{', 'subscription { analysisEvents { __typename } }']) {
      send(ask('2', text));
      expect(await next()).toMatchObject({
        type: 'error',
        id: '2',
        payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      });
    }
    send(ask('2', '{ __typename }'));
    expect(await next()).toMatchObject({ type: 'next', id: '2' });
  });

  it('stops at a complete of the client, says no more of it, and lets it use the id again', async () => {
    const subject = await newSubject();
    const { send, next } = await connect();
    send(subscribe('1', subject.analysisId));
    await write(subject, 'a');
    expect(await next()).toMatchObject({ type: 'next', id: '1' });
    send({ type: 'complete', id: '1' });
    await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(0);
    await write(subject, 'b');
    send(ask('1', '{ __typename }'));
    expect(await next()).toEqual({ type: 'next', id: '1', payload: { data: { __typename: 'Query' } } });
  });

  it('starts nothing that lasts for a subscription whose complete comes right behind it', async () => {
    const { analysisId } = await newSubject();
    const { send, next } = await connect();
    for (let round = 0; round < 20; round += 1) {
      send(subscribe(`${round}`, analysisId));
      send({ type: 'complete', id: `${round}` });
    }
    send({ type: 'ping' });
    expect(await next()).toEqual({ type: 'pong' });
  });

  it.each([
    ['not begun', false],
    ['begun', true],
  ])(
    'has one stream when a client completes one that has %s and uses its id again at once',
    async (_what, hasBegun) => {
      const subject = await newSubject();
      await write(subject, 'a');
      const { send, sendTogether, next, socket } = await connect();
      const again = subscribe('1', subject.analysisId);
      if (hasBegun) {
        send(again);
        expect(await next()).toMatchObject({ type: 'next', id: '1' });
        sendTogether({ type: 'complete', id: '1' }, again);
      } else sendTogether(again, { type: 'complete', id: '1' }, again);
      expect(await next()).toMatchObject({ type: 'next', id: '1' });
      expect(prism.server.runtime.hub.channelCount()).toBe(1);
      await write(subject, 'b');
      expect(await next()).toMatchObject({ type: 'next', id: '1' });
      send({ type: 'ping' });
      expect(await next()).toEqual({ type: 'pong' });
      socket.terminate();
      await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(0);
    },
  );

  it('runs no more operations than one socket may have, also when their client completes them at once', async () => {
    let answer: () => void = () => undefined;
    const answered = new Promise<never>((resolve) => (answer = () => resolve({ status: 'UP', checks: [] } as never)));
    const check = vi.spyOn(prism.server.runtime.services.health, 'check').mockReturnValue(answered);
    const { send, sendTogether, next } = await connect();
    const health = '{ health { status } }';
    for (let id = 0; id < 20; id += 1) sendTogether(ask(`${id}`, health), { type: 'complete', id: `${id}` });
    send(ask('last', health));
    send({ type: 'ping' });
    expect(await next()).toEqual({ type: 'pong' });
    await expect.poll(() => check.mock.calls.length).toBe(3);
    answer();
    expect(await next()).toMatchObject({ type: 'next', id: 'last' });
    expect(check).toHaveBeenCalledTimes(4);
  });

  it('executes what it tells of an event with the rights of the caller', async () => {
    const { runtime } = prism.server;
    const subject = await newSubject();
    const document = await runtime.db.document.findUniqueOrThrow({ where: { id: subject.documentId } });
    const log = { documentId: subject.documentId, id: subject.documentId };
    await runtime.events.append(log, 1, { type: 'document:ready', document });
    const { send, next } = await connect();
    const text = `subscription { documentEvents(documentId: "${subject.documentId}") { ... on DocumentReady { document { sections { id } } } } }`;
    send(ask('1', text));
    expect(await next()).toMatchObject({
      payload: { data: { documentEvents: { document: { sections: [{ id: subject.sectionId }] } } } },
    });
  });

  it('completes behind the last event, once', async () => {
    const subject = await newSubject();
    await write(subject, 'a');
    await end(subject);
    const { send, next } = await connect();
    send(subscribe('1', subject.analysisId));
    expect((await next()).type).toBe('next');
    expect((await next()).type).toBe('next');
    expect(await next()).toEqual({ type: 'complete', id: '1' });
    send({ type: 'ping' });
    expect(await next()).toEqual({ type: 'pong' });
  });

  it('refuses a subscription too many on one socket, and takes it when another has ended', async () => {
    const { analysisId } = await newSubject();
    const { send, next } = await connect();
    for (const id of ['1', '2', '3', '4']) send(subscribe(id, analysisId));
    expect(await next()).toMatchObject({ type: 'error', id: '4', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
    send({ type: 'complete', id: '2' });
    send(ask('5', '{ __typename }'));
    expect(await next()).toMatchObject({ type: 'next', id: '5' });
  });

  it('refuses a subscription too many of one tenant, over all its sockets', async () => {
    const subject = await newSubject();
    await write(subject, 'a');
    const [first, second] = [await connect(), await connect()];
    for (const { send, next } of [first, second]) {
      for (const id of ['1', '2']) {
        send(subscribe(id, subject.analysisId));
        expect(await next()).toMatchObject({ type: 'next', id });
      }
    }
    first.send(subscribe('3', subject.analysisId));
    expect(await first.next()).toMatchObject({ type: 'next', id: '3' });
    second.send(subscribe('3', subject.analysisId));
    const { payload } = await second.next();
    expect(payload).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    first.socket.terminate();
    await expect
      .poll(async () => {
        second.send(subscribe('4', subject.analysisId));
        const answers = [await second.next()];
        while (answers.at(-1)?.id !== '4') answers.push(await second.next());
        return answers.at(-1)?.payload;
      })
      .toMatchObject({ data: { analysisEvents: { __typename: 'ThrottleWaiting' } } });
  });

  it.each(['terminate', 'close'] as const)('leaves nothing behind in Redis when its client goes by %s', async (way) => {
    const subject = await newSubject();
    const { send, next, socket } = await openAcknowledged(prism.server.url);
    send(subscribe('1', subject.analysisId));
    await write(subject, 'a');
    await next();
    expect(prism.server.runtime.hub.channelCount()).toBe(1);
    socket[way]();
    await expect.poll(() => prism.server.runtime.hub.channelCount(), { timeout: 5_000 }).toBe(0);
  });
});
