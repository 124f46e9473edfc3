import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx, contractMarkdown } from '../support/documents.ts';
import { startPrism, type Prism } from '../support/prism.ts';

const createUpload = `mutation($input: CreateUploadInput!) { createUpload(input: $input) { uploadId url headers { name value } expiresAt } }`;
const completeUpload = `mutation($id: ID!) { completeUpload(input: { uploadId: $id }) { document { id status sha256 sizeBytes } } }`;

describe('an upload by signed URL', () => {
  let prism: Prism;
  let session: string;
  beforeAll(async () => {
    prism = await startPrism();
    session = await prism.createSession();
  });
  afterAll(() => prism.close());

  async function invite(bytes: Uint8Array, more: Record<string, unknown> = {}) {
    const input = { sessionId: session, filename: 'contract.docx', sizeBytes: bytes.length, ...more };
    const { createUpload: invited } = await prism.ask(createUpload, { input });
    return invited as { uploadId: string; url: string; headers: { name: string; value: string }[] };
  }

  const put = (to: { url: string; headers: { name: string; value: string }[] }, bytes: Uint8Array): Promise<Response> =>
    fetch(to.url, {
      method: 'PUT',
      body: bytes as BodyInit,
      headers: to.headers.map(({ name, value }) => [name, value]),
    });

  const refusal = async (id: string) => (await prism.query(completeUpload, { id })).errors?.[0]?.extensions.code;

  it('becomes a document when its bytes are there, and is parsed', async () => {
    const bytes = await contractDocx();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const invited = await invite(bytes, { sha256 });
    expect(await refusal(invited.uploadId)).toBe('CONFLICT');
    expect((await put(invited, bytes)).ok).toBe(true);
    const { completeUpload: completed } = await prism.ask(completeUpload, { id: invited.uploadId });
    expect(completed.document).toMatchObject({ sha256, sizeBytes: bytes.length });
    const seen = [];
    for await (const event of prism.events('documentEvents', completed.document.id)) seen.push(event.__typename);
    expect(seen.at(-1)).toBe('DocumentReady');
    expect(await refusal(invited.uploadId)).toBe('NOT_FOUND');
  });

  it('refuses bytes other than were announced, and lets them be sent again', async () => {
    const bytes = Buffer.from(contractMarkdown);
    const invited = await invite(bytes, { filename: 'a.md', sha256: 'a'.repeat(64) });
    expect((await put(invited, bytes.subarray(1))).ok).toBe(false);
    expect((await put(invited, bytes)).ok).toBe(true);
    expect(await refusal(invited.uploadId)).toBe('CONFLICT');
  });

  it('is refused early for a size, a hash or a name that cannot be', async () => {
    const code = async (more: object) =>
      (await prism.query(createUpload, { input: { sessionId: session, filename: 'a.md', sizeBytes: 1, ...more } }))
        .errors?.[0]?.extensions.code;
    expect(await code({ sizeBytes: 0 })).toBe('UNREADABLE_DOCUMENT');
    expect(await code({ sizeBytes: 2 ** 30 })).toBe('PAYLOAD_TOO_LARGE');
    expect(await code({ sha256: 'x' })).toBe('BAD_USER_INPUT');
    expect(await code({ filename: '/' })).toBe('BAD_USER_INPUT');
  });

  it('is forgotten with its bytes when it is never completed', async () => {
    const { db, services, storage } = prism.server.runtime;
    const bytes = Buffer.from('# never completed\n\nwords');
    const invited = await invite(bytes, { filename: 'b.md' });
    await put(invited, bytes);
    const { documentId } = await db.upload.findUniqueOrThrow({ where: { id: invited.uploadId } });
    await db.upload.update({ where: { id: invited.uploadId }, data: { expiresAt: new Date(0) } });
    expect((await services.reconciler.reconcile()).uploadsSwept).toBe(1);
    expect(await refusal(invited.uploadId)).toBe('NOT_FOUND');
    const keys = [];
    for await (const { key } of storage.list('sessions/')) keys.push(key);
    expect(keys, 'swept by their age, as the bytes of any upload that may be under way').toContainEqual(
      expect.stringContaining(documentId),
    );
  });
});

describe('a large upload', () => {
  it('is taken up to the limit for files, while any other request may have 1 MB', async () => {
    const prism = await startPrism({ workers: 0, settings: { MAX_UPLOAD_BYTES: '5000000' } });
    const session = await prism.createSession();
    const large = await prism.upload(session, 'large.txt', 'words and words. '.repeat(250_000));
    expect(large.data?.uploadDocument.document.sizeBytes).toBe(4_250_000);
    const tooLarge = await prism.upload(session, 'larger.txt', 'words and words. '.repeat(320_000));
    expect(tooLarge.errors?.[0]?.extensions.code).toBe('PAYLOAD_TOO_LARGE');
    const query = `{ __typename } # ${'x'.repeat(1_100_000)}`;
    expect((await prism.query(query)).errors?.[0]?.extensions.code).toBe('PAYLOAD_TOO_LARGE');
    // In chunks, which does not say how large it is.
    const response = await fetch(prism.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([JSON.stringify({ query })]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
    await prism.close();
  });
});

describe('the five formats', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  const html = '<h1>Liability</h1><p>The Supplier shall be liable.</p><h2>Limits</h2><p>There are none.</p>';
  const text = '1. LIABILITY\n\nThe Supplier shall be liable.\n\n2. LIMITS\n\nThere are none.\n';
  it.each([
    ['a.md', '# Liability\n\nThe Supplier shall be liable.\n\n## Limits\n\nThere are none.\n', 'MARKDOWN'],
    ['a.html', html, 'HTML'],
    ['a.txt', text, 'TEXT'],
  ])('%s comes apart into sections that together are its text', async (filename, bytes, format) => {
    const id = await prism.uploadParsed(await prism.createSession(), filename, bytes);
    const { document } = await prism.ask(
      'query($id: ID!) { document(id: $id) { format wordCount sections { title level text startOffset endOffset } } }',
      { id },
    );
    expect(document.format).toBe(format);
    expect(document.sections).toHaveLength(2);
    expect(document.sections[0].title.toLowerCase()).toContain('liability');
    let offset = 0;
    for (const section of document.sections) {
      expect(section.startOffset).toBe(offset);
      offset += section.text.length;
      expect(section.endOffset).toBe(offset);
    }
  });
});
