import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/ids.ts';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism } from '../support/prism.ts';

const analyzeDocument = 'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }';
const analyzeSection = 'mutation($id: ID!) { analyzeSection(input: { sectionId: $id }) { analysis { id } } }';
const retry = 'mutation($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { id } } }';

describe('bad input', () => {
  let prism: Prism;
  let session: string;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 100, settings: { MAX_UPLOAD_BYTES: '100000' } });
    session = await prism.createSession();
  });
  afterAll(() => prism.close());

  async function refusal(
    document: string,
    variables: Record<string, unknown>,
  ): Promise<{ code: string; message: string }> {
    const { errors } = await prism.query(document, variables);
    const [error] = errors ?? [];
    if (!error) throw new Error('It was not refused.');
    return { code: error.extensions.code, message: error.message };
  }

  it('answers null for an unknown id of a read, and NOT_FOUND for one of a change', async () => {
    const id = newId('Document');
    expect(await prism.ask('query($id: ID!) { document(id: $id) { id } node(id: $id) { id } }', { id })).toEqual({
      document: null,
      node: null,
    });
    expect(await refusal(analyzeDocument, { id })).toMatchObject({ code: 'NOT_FOUND' });
    expect(
      await refusal('mutation($id: ID!) { deleteDocument(input: { id: $id }) { deletedId } }', { id }),
    ).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says of a malformed id, or one of another kind, which one it wants', async () => {
    const wrong = await refusal(analyzeDocument, { id: 'nonsense' });
    expect(wrong).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining('doc_') });
    const other = await refusal(analyzeDocument, { id: session });
    expect(other).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining('Session') });
    expect(await refusal('{ node(id: "x") { id } }', {})).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('gives nodes that are not there as null beside those that are', async () => {
    const { nodes } = await prism.ask('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [session, newId('Session')],
    });
    expect(nodes).toEqual([{ id: session }, null]);
  });

  it('refuses a wrong type of file, an empty one and one that is too large, and keeps nothing of them', async () => {
    const image = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
    const png = await prism.upload(session, 'picture.docx', image);
    expect(png.errors?.[0]).toMatchObject({
      message: expect.stringContaining('PNG'),
      extensions: { code: 'UNSUPPORTED_FORMAT' },
    });
    const empty = await prism.upload(session, 'empty.docx', '');
    expect(empty.errors?.[0]?.extensions.code).toBe('UNREADABLE_DOCUMENT');
    const large = await prism.upload(session, 'large.txt', 'x'.repeat(200_000));
    expect(large.errors?.[0]?.extensions.code).toBe('PAYLOAD_TOO_LARGE');
    const { session: read } = await prism.ask('query($id: ID!) { session(id: $id) { documents { totalCount } } }', {
      id: session,
    });
    expect(read.documents.totalCount).toBe(0);
    for await (const object of prism.server.runtime.storage.list('sessions/'))
      throw new Error(`left behind: ${object.key}`);
  });

  it('keeps nothing of an upload that its client cuts off', async () => {
    const controller = new AbortController();
    const boundary = 'cut';
    const head = [
      `--${boundary}\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({
        query:
          'mutation($file: File!, $s: ID!) { uploadDocument(input: { sessionId: $s, file: $file }) { document { id } } }',
        variables: { file: null, s: session },
      })}\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.file"]}\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="a.txt"\r\n\r\nthe first words`,
    ].join('');
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(new TextEncoder().encode(head)),
    });
    const request = fetch(prism.server.url, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body,
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit);
    setTimeout(() => controller.abort(), 200);
    await expect(request).rejects.toThrow('abort');
    await prism.createSession('another request is served meanwhile');
    for await (const object of prism.server.runtime.storage.list('sessions/'))
      throw new Error(`left behind: ${object.key}`);
  });

  it('refuses the same bytes again in a session, naming the first, unless they have a key of their own', async () => {
    const own = await prism.createSession();
    const bytes = await contractDocx();
    const first = await prism.upload(own, 'a.docx', bytes);
    const { id } = first.data.uploadDocument.document;
    const second = await prism.upload(own, 'b.docx', bytes);
    expect(second.errors?.[0]).toMatchObject({
      message: expect.stringContaining(id),
      extensions: { code: 'CONFLICT', documentId: id },
    });
    const third = await prism.upload(own, 'b.docx', bytes, 'a key of its own');
    expect(third.data.uploadDocument.document.id).not.toBe(id);
    const again = await prism.upload(own, 'b.docx', bytes, 'a key of its own');
    expect(again.data.uploadDocument.document.id).toBe(third.data.uploadDocument.document.id);
  });

  it('fails a document that cannot be read with the reason, and refuses to analyse it', async () => {
    const { data } = await prism.upload(session, 'broken.docx', 'PK\u0003\u0004 this is no zip file at all');
    const { id } = data.uploadDocument.document;
    const seen = [];
    for await (const event of prism.events('documentEvents', id)) seen.push(event);
    expect(seen.at(-1)).toMatchObject({ __typename: 'DocumentFailed', problem: { code: 'UNREADABLE_DOCUMENT' } });
    expect(await refusal(analyzeDocument, { id })).toMatchObject({ code: 'CONFLICT' });
  });

  it('refuses to analyse a document that is still being parsed', async () => {
    const idle = await startPrism({ workers: 0 });
    const { data } = await idle.upload(await idle.createSession(), 'contract.docx', await contractDocx());
    const { errors } = await idle.query(analyzeDocument, { id: data.uploadDocument.document.id });
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'CONFLICT', retryable: true },
      message: expect.stringContaining('parsed'),
    });
    await idle.close();
  });

  it('refuses to analyse or retry what runs, and to retry what has completed', async () => {
    const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
    const { document } = await prism.ask('query($id: ID!) { document(id: $id) { sections { id } } }', { id });
    const sectionId = document.sections[0].id;
    const started = await prism.ask(analyzeSection, { id: sectionId });
    const analysisId = started.analyzeSection.analysis.id;
    expect(await refusal(analyzeSection, { id: sectionId })).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(analysisId),
    });
    expect(await refusal(retry, { id: analysisId })).toMatchObject({ code: 'CONFLICT' });
    for await (const _event of prism.events('analysisEvents', analysisId)) void _event;
    expect(await refusal(retry, { id: analysisId })).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('force'),
    });
  });

  it('refuses a cursor that it did not make, on WebSocket and over HTTP', async () => {
    const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
    await expect(prism.events('documentEvents', id, 'bogus').next()).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT' },
    });
    await expect(prism.events('documentEvents', newId('Document')).next()).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });

  it('takes out of texts what no database could store, and verifies nothing by it', async () => {
    const playbook =
      'mutation($input: CreatePlaybookInput!) { createPlaybook(input: $input) { playbook { name checks { guidance } } } }';
    const checks = [{ ref: 'OWN-1', title: 't', guidance: 'a\0b\ud83d' }];
    const input = { name: 'Own\0 one', description: '', checks, idempotencyKey: 'k\0ey' };
    const { createPlaybook } = await prism.ask(playbook, { input });
    expect(createPlaybook.playbook).toEqual({ name: 'Own one', checks: [{ guidance: 'ab\ufffd' }] });
    expect(await prism.ask(playbook, { input: { ...input, idempotencyKey: 'key' } })).toEqual({ createPlaybook });

    const id = await prism.uploadParsed(await prism.createSession(), 'a.md', 'A nice 😀 day.');
    const { document } = await prism.ask('query($id: ID!) { document(id: $id) { sections { id } } }', { id });
    const words = 'kind: GAP, category: "c", risk: LOW, title: "t", detail: "d"';
    const add = `mutation($id: ID!, $quote: String) { addFeedback(input: { sectionId: $id, ${words}, quote: $quote }) { feedback { id } } }`;
    expect(await refusal(add, { id: document.sections[0].id, quote: '\ud83d' })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  it('refuses a cursor that no page gave, also within a list', async () => {
    for (const after of ['', '\0', 'bogus', 'a\0', '\ud83d']) {
      expect(
        await refusal('query($after: String) { sessions(after: $after) { totalCount } }', { after }),
      ).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
      const within = 'query($id: ID!, $after: String) { session(id: $id) { documents(after: $after) { totalCount } } }';
      expect(await refusal(within, { id: session, after })).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  it('gives errors of the GraphQL document itself a code', async () => {
    expect(await refusal('{ nothing }', {})).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusal('{ session(', {})).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusal('{ sessions(first: 1000) { totalCount } }', {})).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('answers a repeated idempotency key with the first result, and another input with CONFLICT', async () => {
    const create =
      'mutation($title: String!) { createSession(input: { title: $title, idempotencyKey: "k1" }) { session { id } } }';
    const [first, second] = await Promise.all([
      prism.ask(create, { title: 'same' }),
      prism.ask(create, { title: 'same' }),
    ]);
    expect(second).toEqual(first);
    expect(await refusal(create, { title: 'other' })).toMatchObject({ code: 'CONFLICT' });
  });
});
