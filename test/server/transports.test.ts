import { on } from 'node:events';
import { createClient as createSseClient } from 'graphql-sse';
import { serverAudits } from 'graphql-http';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism } from '../support/prism.ts';

describe('the transports', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  describe('GraphQL over HTTP', () => {
    // The audits read the URL when they run, not when they are listed.
    const audits = serverAudits({ url: () => prism.server.url, fetchFn: fetch });
    it('has 61 audits', () => expect(audits).toHaveLength(61));
    it.each(audits)('$id $name', async (audit) => {
      expect(await audit.fn()).toMatchObject({ status: 'ok' });
    });
  });

  describe('server-sent events', () => {
    it('give the same events as WebSocket, and complete', async () => {
      const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
      const overWebSocket = [];
      for await (const event of prism.events('documentEvents', id)) overWebSocket.push(event.cursor);
      const client = createSseClient({ url: prism.server.url, fetchFn: fetch });
      const overSse = [];
      const query = 'subscription($id: ID!) { documentEvents(documentId: $id) { ... on Event { cursor } } }';
      for await (const { data } of client.iterate<{ documentEvents: { cursor: string } }>({
        query,
        variables: { id },
      })) {
        overSse.push(data?.documentEvents.cursor);
      }
      client.dispose();
      expect(overSse).toEqual(overWebSocket);
    });

    it('end with the error when the source fails', async () => {
      const client = createSseClient({ url: prism.server.url, fetchFn: fetch });
      const query = 'subscription { documentEvents(documentId: "nonsense") { __typename } }';
      const results = [];
      for await (const result of client.iterate({ query })) results.push(result);
      client.dispose();
      expect(results[0]?.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    });
  });

  describe('GraphQL over WebSocket', () => {
    const open = (protocol = 'graphql-transport-ws'): WebSocket =>
      new WebSocket(prism.server.url.replace('http', 'ws'), protocol);
    const closed = (socket: WebSocket): Promise<{ code: number; reason: string }> =>
      new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })));
    // Kept from the start, because two can come at once.
    const inboxes = new WeakMap<WebSocket, AsyncIterator<unknown[]>>();
    async function message(socket: WebSocket): Promise<Record<string, unknown>> {
      const inbox = inboxes.get(socket) ?? on(socket, 'message');
      inboxes.set(socket, inbox);
      const { value } = await inbox.next();
      return JSON.parse(String(value[0])) as Record<string, unknown>;
    }

    async function acknowledged(): Promise<WebSocket> {
      const socket = open();
      await new Promise((resolve) => socket.once('open', resolve));
      inboxes.set(socket, on(socket, 'message'));
      socket.send('{"type":"connection_init"}');
      expect(await message(socket)).toMatchObject({ type: 'connection_ack' });
      return socket;
    }

    it('refuses another subprotocol', async () => {
      const socket = open('graphql-ws');
      socket.once('error', () => undefined);
      expect((await closed(socket)).code).toBeOneOf([1006, 4406]);
    });

    it('closes with 4408 without connection_init in time', async () => {
      expect(await closed(open())).toMatchObject({ code: 4408 });
    });

    it('closes with 4401 when subscribed before the acknowledgement', async () => {
      const socket = open();
      socket.once('open', () => socket.send('{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}'));
      expect(await closed(socket)).toMatchObject({ code: 4401 });
    });

    it('closes with 4429 on a second connection_init', async () => {
      const socket = await acknowledged();
      socket.send('{"type":"connection_init"}');
      expect(await closed(socket)).toMatchObject({ code: 4429 });
    });

    it('closes with 4400 on a message that is none', async () => {
      const socket = await acknowledged();
      socket.send('nonsense');
      expect(await closed(socket)).toMatchObject({ code: 4400 });
    });

    it('closes with 4409 on an id that is in use', async () => {
      const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
      const socket = await acknowledged();
      const query = `subscription { documentEvents(documentId: "${id}", follow: true) { __typename } }`;
      const subscribe = JSON.stringify({ type: 'subscribe', id: '1', payload: { query } });
      socket.send(subscribe);
      socket.send(subscribe);
      expect(await closed(socket)).toMatchObject({ code: 4409 });
    });

    it('answers a ping with its payload', async () => {
      const socket = await acknowledged();
      socket.send('{"type":"ping","payload":{"a":1}}');
      expect(await message(socket)).toEqual({ type: 'pong', payload: { a: 1 } });
      socket.terminate();
    });

    it('answers queries and mutations too, and errors of the document with a code', async () => {
      const socket = await acknowledged();
      socket.send('{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}');
      expect(await message(socket)).toEqual({ type: 'next', id: '1', payload: { data: { __typename: 'Query' } } });
      expect(await message(socket)).toEqual({ type: 'complete', id: '1' });
      socket.send('{"type":"subscribe","id":"2","payload":{"query":"{ nothing }"}}');
      expect(await message(socket)).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      });
      socket.terminate();
    });

    it('leaves no subscription in Redis behind when its socket goes', async () => {
      const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
      const before = prism.server.runtime.hub.channelCount();
      const client = prism.connect();
      const events = prism.events('documentEvents', id, undefined, client);
      await events.next();
      client.terminate();
      await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(before);
    });
  });

  describe('the rest of the port', () => {
    const at = (path: string): string => new URL(path, prism.server.url).href;

    it('serves the playground without anything remote, with the tabs of a first session', async () => {
      const page = await (await fetch(prism.server.url, { headers: { accept: 'text/html' } })).text();
      expect(page).toContain('createSession');
      expect(page).toContain('documentEvents');
      expect(page).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/);
    });

    it('sends the root to the playground and everything else away with words', async () => {
      const root = await fetch(at('/'), { redirect: 'manual' });
      expect(root.headers.get('location')).toBe('/graphql');
      const nothing = await fetch(at('/nothing'));
      expect(nothing.status).toBe(404);
      expect(await nothing.json()).toMatchObject({ code: 'NOT_FOUND' });
    });

    it('gives the uploaded bytes back by the download link', async () => {
      const bytes = await contractDocx();
      const { data } = await prism.upload(await prism.createSession(), 'Übung "1".docx', bytes);
      const { id } = data.uploadDocument.document;
      const { document } = await prism.ask('query($id: ID!) { document(id: $id) { downloadUrl } }', { id });
      const response = await fetch(document.downloadUrl);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      expect(response.headers.get('content-disposition')).toContain('attachment');
    });
  });
});
