import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { linkQuery } from '../../src/storage/signed-links.ts';
import {
  collect,
  type FolderHarness,
  patternBytes,
  readAll,
  sourceOf,
  startFolderHarness,
  unsizedPut,
} from './support/harness.ts';

const minute = 60_000;

describe('signed file handler', () => {
  let harness: FolderHarness;
  beforeEach(async () => {
    harness = await startFolderHarness();
  });
  afterEach(() => harness.close());
  const signGet = (key: string) => harness.store.signGet(key, { expiresInMs: minute });
  const signPut = (key: string, sizeBytes: number) => harness.store.signPut(key, { expiresInMs: minute, sizeBytes });
  const keys = async () => (await collect(harness.store.list(''))).map(({ key }) => key);
  const originOf = async () => new URL((await signGet('a')).url).origin;
  const problemOf = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });

  /** With the path as it is given: fetch would resolve dots. */
  const rawRequest = async (target: string, method = 'GET'): Promise<IncomingMessage> => {
    const sent = httpRequest(await originOf(), { path: target, method }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return response;
  };

  it('leaves requests for other paths alone', async () => {
    for (const path of ['/', '/file', '/files', '/filesystem/a', '/graphql?x=/files/a']) {
      expect([path, (await rawRequest(path)).statusCode]).toEqual([path, 418]);
    }
  });

  it('sends files so that no browser runs, sniffs, keeps or passes them on', async () => {
    await harness.store.put('a.html', sourceOf(10));
    const { headers } = await fetch((await signGet('a.html')).url);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="a.html"; filename*=UTF-8''a.html`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'access-control-allow-origin': '*',
    });
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    await harness.store.put('a', sourceOf(10));
    const response = await fetch((await signGet('a')).url, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', '']);
    expect((await fetch((await signGet('b')).url, { method: 'HEAD' })).status).toBe(404);
  });

  it('lets the pages of other origins upload', async () => {
    const { url } = await signPut('a', 1);
    const response = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'PUT' },
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': 'content-type',
    });
  });

  it('says in JSON why it refuses', async () => {
    const { url } = await signGet('a');
    expect(await problemOf(await fetch(url))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await problemOf(await fetch(`${url}x`))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await problemOf(await fetch(url, { method: 'POST' }))).toMatchObject({
      status: 405,
      code: 'BAD_USER_INPUT',
    });
    harness.advance(minute);
    const expired = await problemOf(await fetch(url));
    expect(expired).toEqual({ status: 403, code: 'FORBIDDEN', message: 'This link has expired. Ask for a new one.' });
    expect(harness.reported).toEqual([]);
  });

  it('says which size it wants', async () => {
    const { url } = await signPut('a', 7);
    const put = async (init: RequestInit) => problemOf(await fetch(url, { method: 'PUT', ...init }));
    expect(await put({ body: 'conten' })).toMatchObject({
      status: 400,
      code: 'BAD_USER_INPUT',
      message: 'This link takes exactly 7 bytes, not 6. Ask for a link for this size.',
    });
    expect(await put({ body: 'content!' })).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
    expect(await put(unsizedPut('content'))).toMatchObject({ status: 411, code: 'BAD_USER_INPUT' });
  });

  it.each([
    '/files/../../../../etc/passwd',
    '/files/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/files/..%2f..%2f..%2fetc%2fpasswd',
    '/files//etc/passwd',
    '/files/a%00',
    '/files/%',
    '/files/%ff',
    '/files/',
  ])('does not serve %s, not even with a signature', async (target) => {
    const link = { method: 'GET', expiresAtMs: harness.clock.now() + minute } as const;
    for (const key of [target.slice('/files/'.length), safelyDecoded(target).slice('/files/'.length)]) {
      const query = linkQuery(harness.secret, { ...link, key }).toString();
      expect((await rawRequest(`${target}?${query}`)).statusCode).toBeOneOf([400, 403]);
    }
    expect(harness.reported).toEqual([]);
  });

  it('stores nothing of an upload whose client goes away', async () => {
    const { url } = await signPut('a', 1_000_000);
    const { port, pathname, search } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n`);
    socket.write(patternBytes(0, 60_000));
    await expect.poll(() => harness.unfinishedUploads(), { timeout: 10_000 }).toHaveLength(1);
    socket.destroy();
    await expect.poll(() => harness.unfinishedUploads(), { timeout: 10_000 }).toEqual([]);
    expect(await keys()).toEqual([]);
    expect(harness.reported).toEqual([]);
  });

  it('stores nothing for a client that sends more than it announced', async () => {
    const { url } = await signPut('a', 5);
    const { port, pathname, search } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`PUT ${pathname}${search} HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nbytes and more bytes`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400/);
    await expect.poll(() => harness.unfinishedUploads(), { timeout: 10_000 }).toEqual([]);
    expect(await keys()).toEqual([]);
    expect(harness.reported).toEqual([]);
  });

  it('answers 503 when the store fails, and reports it', async () => {
    const get = await signGet('a');
    const put = await signPut('b', 5_000_000);
    await harness.goDown();
    expect(await problemOf(await fetch(get.url))).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' });
    const response = await fetch(put.url, { method: 'PUT', body: Buffer.alloc(5_000_000) });
    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' });
    expect(harness.reported).toEqual([expect.any(AppError), expect.any(AppError)]);
  });

  it('ends the connection when the store fails in mid-body: half a file never passes for the whole', async () => {
    await harness.store.put('a', sourceOf(1_000_000));
    const { url } = await signGet('a');
    const failure = new AppError('STORAGE_UNAVAILABLE', 'The disk broke.');
    harness.store.open = async () => {
      const half = function* () {
        yield patternBytes(0, 60_000);
        throw failure;
      };
      return { sizeBytes: 1_000_000, body: Readable.from(half(), { objectMode: false }) };
    };
    const response = await fetch(url);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
    expect(harness.reported).toEqual([failure]);
  });

  it('sends the old file whole when a new one takes its place meanwhile', async () => {
    await harness.store.put('a', sourceOf(20_000_000));
    const response = await fetch((await signGet('a')).url);
    await harness.store.put('a', sourceOf(10));
    const received = Buffer.from(await response.arrayBuffer());
    expect(received.equals(await readAll(sourceOf(20_000_000)))).toBe(true);
  });

  it('does not report a client that leaves in the middle of a download', async () => {
    await harness.store.put('a', sourceOf(20_000_000));
    const controller = new AbortController();
    const response = await fetch((await signGet('a')).url, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    expect((await fetch((await signGet('a')).url, { method: 'HEAD' })).status).toBe(200);
    expect(harness.reported).toEqual([]);
  });
});

function safelyDecoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
