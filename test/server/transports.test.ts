import { createClient as createSseClient } from 'graphql-sse';
import { serverAudits } from 'graphql-http';
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
