import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import {
  collect,
  type Harness,
  patternBytes,
  readAll,
  rejection,
  sourceOf,
  stallingSource,
  unsizedPut,
} from './support/harness.ts';

const textBody = (text: string): Readable => Readable.from([Buffer.from(text)], { objectMode: false });
const largeBytes = 13 * 1024 * 1024 + 17;
const minute = 60_000;
const unavailable = { code: 'STORAGE_UNAVAILABLE', retryable: true, cause: expect.any(Error) };

/** What every adapter of the port must do, whatever lies behind it. */
export function describeBlobStore(name: string, start: (options?: { keepsBytes?: boolean }) => Promise<Harness>): void {
  describe(`blob store: ${name}`, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await start();
    });
    afterEach(() => harness.close());
    const putText = (key: string, text: string) => harness.store.put(key, textBody(text));
    const textOf = async (key: string) => String(await readAll(await harness.store.get(key)));
    const keysOf = async (prefix: string) => (await collect(harness.store.list(prefix))).map(({ key }) => key);

    describe('put and get', () => {
      it.each([0, 1, 65_536, 5 * 1024 * 1024, 5 * 1024 * 1024 + 1, largeBytes])(
        'round-trips %i bytes',
        async (size) => {
          const put = await harness.store.put('sessions/s/d/original', sourceOf(size));
          expect(put).toMatchObject({ key: 'sessions/s/d/original', sizeBytes: size });
          expect(await harness.store.stat('sessions/s/d/original')).toMatchObject({ sizeBytes: size });
          const read = await readAll(await harness.store.get('sessions/s/d/original'));
          expect(read.equals(await readAll(sourceOf(size)))).toBe(true);
          expect(await harness.unfinishedUploads()).toEqual([]);
        },
      );

      it('takes keys with spaces, signs and letters of all scripts', async () => {
        const key = 'sessions/ä b+c%2F&=?#/契約 «1»\u{1F600}.docx';
        await putText(key, 'content');
        expect(await textOf(key)).toBe('content');
        expect(await keysOf('sessions/ä')).toEqual([key]);
      });

      it('replaces what was there', async () => {
        await putText('a/b', 'first, and longer');
        await putText('a/b', 'second');
        expect(await textOf('a/b')).toBe('second');
      });

      it('tells when an object was stored', async () => {
        const before = Date.now() - 2_000;
        const { modifiedAt } = await putText('a/b', 'x');
        const stat = await harness.store.stat('a/b');
        for (const time of [modifiedAt, stat.modifiedAt]) {
          expect(time.getTime()).toBeGreaterThan(before);
          expect(time.getTime()).toBeLessThan(Date.now() + 2_000);
        }
      });

      it('says NOT_FOUND of what is not there', async () => {
        await putText('a/b/c', 'x');
        for (const key of ['a/x', 'a/b', 'a/b/c/d']) {
          expect(await rejection(harness.store.get(key))).toMatchObject({ code: 'NOT_FOUND', retryable: false });
          expect(await rejection(harness.store.stat(key))).toMatchObject({ code: 'NOT_FOUND', retryable: false });
        }
      });

      it('stops reading when the signal aborts', async () => {
        await harness.store.put('a/b', sourceOf(largeBytes));
        const controller = new AbortController();
        const body = await harness.store.get('a/b', { signal: controller.signal });
        await once(body, 'readable');
        controller.abort();
        expect(await rejection(readAll(body))).toMatchObject({ name: 'AbortError' });
      });
    });

    describe('an upload that does not end well', () => {
      const sizes = { 'in its first part': 100_000, 'in a later part': largeBytes };

      it.each(Object.entries(sizes))(
        'leaves nothing when the source fails %s, and keeps its error',
        async (_, size) => {
          const failure = new AppError('PAYLOAD_TOO_LARGE', 'Too large.');
          const source = sourceOf(largeBytes * 2, (offset) => {
            if (offset >= size) throw failure;
          });
          expect(await rejection(harness.store.put('a/b', source))).toBe(failure);
          expect(await keysOf('')).toEqual([]);
          expect(await harness.unfinishedUploads()).toEqual([]);
        },
      );

      it('leaves nothing when the source is gone without an error', async () => {
        const source = new PassThrough();
        const put = harness.store.put('a/b', source);
        source.write(patternBytes(0, 1_000), () => source.destroy());
        await expect(put).rejects.toThrow('Premature close');
        expect(await keysOf('')).toEqual([]);
        expect(await harness.unfinishedUploads()).toEqual([]);
      });

      it.each(Object.entries(sizes))('leaves nothing when it is aborted %s', async (_, size) => {
        const controller = new AbortController();
        const reason = new Error('The user went away.');
        const { source, stalled } = stallingSource(size);
        const rejected = rejection(harness.store.put('a/b', source, { signal: controller.signal }));
        await stalled;
        expect((await harness.unfinishedUploads()).length).toBeGreaterThanOrEqual(size === largeBytes ? 1 : 0);
        controller.abort(reason);
        expect(await rejected).toBe(reason);
        expect(await keysOf('')).toEqual([]);
        expect(await harness.unfinishedUploads()).toEqual([]);
      });

      it('does not begin when the signal is aborted already', async () => {
        const source = sourceOf(10);
        const reason = new Error('Too late.');
        expect(await rejection(harness.store.put('a/b', source, { signal: AbortSignal.abort(reason) }))).toBe(reason);
        expect(source.destroyed).toBe(true);
        expect(await keysOf('')).toEqual([]);
      });

      it('keeps what was there before', async () => {
        await putText('a/b', 'before');
        const source = sourceOf(largeBytes, (offset) => {
          if (offset > 6_000_000) throw new Error('broken');
        });
        await expect(harness.store.put('a/b', source)).rejects.toThrow('broken');
        expect(await textOf('a/b')).toBe('before');
      });
    });

    describe('delete', () => {
      it('removes an object, and succeeds when there is none', async () => {
        await putText('a/b', 'x');
        await harness.store.delete('a/b');
        await harness.store.delete('a/b');
        await harness.store.delete('never/was');
        expect(await rejection(harness.store.stat('a/b'))).toMatchObject({ code: 'NOT_FOUND' });
      });

      it('by prefix takes all below it, more than a thousand too, and nothing beside it', async () => {
        const keys = Array.from({ length: 1_050 }, (_, index) => `s/d1/parts/${index % 7}/${index}`);
        for (let at = 0; at < keys.length; at += 50) {
          await Promise.all(keys.slice(at, at + 50).map((key) => putText(key, key)));
        }
        await putText('s/d10/original', 'x');
        expect(await harness.store.deletePrefix('s/d1/')).toBe(1_050);
        expect(await harness.store.deletePrefix('s/d1/')).toBe(0);
        expect(await keysOf('s/d1/')).toEqual([]);
        expect(await textOf('s/d10/original')).toBe('x');
      });

      it.each(['', 's', 's/d1', '/', '../', 's//'])('refuses the prefix %j', async (prefix) => {
        expect(await rejection(harness.store.deletePrefix(prefix))).toMatchObject({ code: 'BAD_USER_INPUT' });
      });
    });

    describe('list', () => {
      it('gives all keys with a prefix in the order of their bytes, with their sizes', async () => {
        const inOrder = ['a.txt', 'a/b', 'a/b.c/d', 'a0', 'ab/1', 'ab/10', 'ab/2', 'é', '\uFB00', '\u{1F600}'];
        for (const [index, key] of [...inOrder.entries()].reverse()) await putText(key, 'x'.repeat(index));
        const all = await collect(harness.store.list(''));
        expect(all.map(({ key }) => key)).toEqual(inOrder);
        expect(all.map(({ sizeBytes }) => sizeBytes)).toEqual([...inOrder.keys()]);
        expect(await keysOf('a')).toEqual(['a.txt', 'a/b', 'a/b.c/d', 'a0', 'ab/1', 'ab/10', 'ab/2']);
        expect(await keysOf('ab/1')).toEqual(['ab/1', 'ab/10']);
        expect(await keysOf('a/b.c/')).toEqual(['a/b.c/d']);
        expect(await keysOf('zz/')).toEqual([]);
      });

      it('can be left in the middle', async () => {
        for (const key of ['a/1', 'a/2', 'b/3']) await putText(key, 'x');
        for await (const { key } of harness.store.list('')) {
          expect(key).toBe('a/1');
          break;
        }
      });
    });

    describe('keys', () => {
      const long = `${'x'.repeat(200)}/`.repeat(5);
      const bad = [
        '',
        '/a',
        'a/',
        'a//b',
        '..',
        '../a',
        'a/../b',
        'a/..',
        './a',
        'a/./b',
        'a\\..\\b',
        'a\0b',
        'a\nb',
        '\uD800',
      ];
      it.each([...bad, `${long}x`, 'x'.repeat(256)])('refuses %j', async (key) => {
        const { store } = harness;
        const source = textBody('x');
        const attempts = [
          () => store.put(key, source),
          () => store.get(key),
          () => store.stat(key),
          () => store.delete(key),
          () => store.signGet(key, { expiresInMs: minute }),
          () => store.signPut(key, { expiresInMs: minute, sizeBytes: 1 }),
        ];
        for (const attempt of attempts) expect(await rejection(attempt())).toMatchObject({ code: 'BAD_USER_INPUT' });
        expect(source.destroyed).toBe(true);
      });
    });

    describe('signed links', () => {
      it('read an object over plain HTTP, under its file name and type', async () => {
        await putText('a/b', 'content');
        const { url, headers, expiresAt } = await harness.store.signGet('a/b', {
          expiresInMs: minute,
          filename: 'Vertrag "Müller" 契約.txt',
          contentType: 'text/plain; charset=utf-8',
        });
        const response = await fetch(url, { headers });
        expect(response.status).toBe(200);
        expect(await response.text()).toBe('content');
        expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
        expect(response.headers.get('content-length')).toBe('7');
        expect(response.headers.get('content-disposition')).toBe(
          `attachment; filename="Vertrag _M_ller_ __.txt"; filename*=UTF-8''Vertrag%20%22M%C3%BCller%22%20%E5%A5%91%E7%B4%84.txt`,
        );
        expect(Math.abs(expiresAt.getTime() - (Date.now() + minute))).toBeLessThan(2_000);
      });

      it('offer the last part of the key where no name is given', async () => {
        await putText('a/b.pdf', 'content');
        const { url } = await harness.store.signGet('a/b.pdf', { expiresInMs: minute });
        expect((await fetch(url)).headers.get('content-disposition')).toContain('filename="b.pdf"');
      });

      it.each(['a\r\nset-cookie: b', 'a\uD800b', '', '"; filename="other', '%41%', '\u202Efdp.exe'])(
        'hold with the file name %j',
        async (filename) => {
          await putText('a/b', 'content');
          const { url } = await harness.store.signGet('a/b', { expiresInMs: minute, filename });
          const response = await fetch(url);
          expect([response.status, response.headers.get('set-cookie')]).toEqual([200, null]);
          expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="[^"]*"; filename\*=/);
        },
      );

      it('read a large object whole', async () => {
        await harness.store.put('a/b', sourceOf(largeBytes));
        const { url } = await harness.store.signGet('a/b', { expiresInMs: minute });
        const read = Buffer.from(await (await fetch(url)).arrayBuffer());
        expect(read.equals(await readAll(sourceOf(largeBytes)))).toBe(true);
      });

      it('answer 404 for an object that is gone', async () => {
        const { url } = await harness.store.signGet('a/b', { expiresInMs: minute });
        expect((await fetch(url)).status).toBe(404);
      });

      it('end when they expire, and not before', async () => {
        await putText('a/b', 'content');
        const get = await harness.store.signGet('a/b', { expiresInMs: minute });
        const put = await harness.store.signPut('a/c', { expiresInMs: minute, sizeBytes: 1 });
        harness.advance(minute - 5_000);
        expect((await fetch(get.url)).status).toBe(200);
        harness.advance(6_000);
        expect((await fetch(get.url)).status).toBe(403);
        expect((await fetch(put.url, { method: 'PUT', body: 'x', headers: put.headers })).status).toBe(403);
        expect(await keysOf('')).toEqual(['a/b']);
      });

      it('are worth nothing when anything in them is changed', async () => {
        await putText('a/b', 'content');
        await putText('a/secret', 'secret');
        const options = { expiresInMs: minute, filename: 'name.txt', contentType: 'text/plain' };
        const { url } = await harness.store.signGet('a/b', options);
        const original = new URL(url);
        const variants = [...original.searchParams.keys()]
          .filter((name) => name !== 'x-id')
          .flatMap((name) => [
            withQuery(original, (query) => query.set(name, withOtherEnd(query.get(name) ?? ''))),
            withQuery(original, (query) => query.delete(name)),
          ]);
        const otherKey = new URL(original);
        otherKey.pathname = otherKey.pathname.replace('a/b', 'a/secret');
        const dotted = url.replace('a/b', 'a/%2e%2e/a/secret');
        for (const variant of [...variants, otherKey, dotted, url.replace(/\?.*/, '')]) {
          const response = await fetch(variant);
          expect([String(variant), response.ok]).toEqual([String(variant), false]);
          expect(await response.text()).not.toMatch(/^(content|secret)$/);
        }
        expect((await fetch(url, { method: 'PUT', body: 'x' })).ok).toBe(false);
        expect((await fetch(url, { method: 'DELETE' })).ok).toBe(false);
        expect(await textOf('a/b')).toBe('content');
      });

      it('store exactly the signed size', async () => {
        const { url, headers } = await harness.store.signPut('a/b', { expiresInMs: minute, sizeBytes: 7 });
        expect((await fetch(url, { method: 'PUT', body: 'content', headers })).status).toBe(200);
        expect(await textOf('a/b')).toBe('content');
        expect(await harness.store.stat('a/b')).toMatchObject({ sizeBytes: 7 });
      });

      it('store an empty file', async () => {
        const { url, headers } = await harness.store.signPut('a/b', { expiresInMs: minute, sizeBytes: 0 });
        expect((await fetch(url, { method: 'PUT', body: '', headers })).status).toBe(200);
        expect(await textOf('a/b')).toBe('');
      });

      it('refuse every other size, and a body of unknown size', async () => {
        const { url, headers } = await harness.store.signPut('a/b', { expiresInMs: minute, sizeBytes: 7 });
        for (const body of ['', 'conten', 'content!', 'x'.repeat(100_000)]) {
          expect((await fetch(url, { method: 'PUT', body, headers })).ok).toBe(false);
        }
        expect((await fetch(url, { ...unsizedPut('content'), headers })).ok).toBe(false);
        expect(await keysOf('')).toEqual([]);
      });

      it('for writing do not read', async () => {
        await putText('a/b', 'content');
        const { url, headers } = await harness.store.signPut('a/b', { expiresInMs: minute, sizeBytes: 7 });
        expect((await fetch(url, { headers })).ok).toBe(false);
      });

      it.each([
        { expiresInMs: 0 },
        { expiresInMs: 8 * 24 * 60 * minute },
        { expiresInMs: minute, contentType: 'text/html\r\nset-cookie: a=b' },
      ])('are not made for %j', async (options) => {
        expect(await rejection(harness.store.signGet('a/b', options))).toMatchObject({ code: 'BAD_USER_INPUT' });
      });

      it.each([-1, 1.5, Number.NaN, 6 * 1024 ** 3])('are not made for an upload of %d bytes', async (sizeBytes) => {
        const signed = harness.store.signPut('a/b', { expiresInMs: minute, sizeBytes });
        expect(await rejection(signed)).toMatchObject({ code: 'BAD_USER_INPUT' });
      });
    });

    describe('health', () => {
      it('is good while the store is there', async () => {
        await expect(harness.store.check()).resolves.toBeUndefined();
        expect(await keysOf('')).toEqual([]);
      });

      it('ends with the reason of its signal', async () => {
        const reason = new Error('Two seconds are over.');
        expect(await rejection(harness.store.check(AbortSignal.abort(reason)))).toBe(reason);
      });

      it('and everything else say STORAGE_UNAVAILABLE, with the cause, when the store is down', async () => {
        await putText('a/b', 'x');
        await harness.goDown();
        const { store } = harness;
        const attempts = {
          put: () => store.put('a/c', textBody('x')),
          get: () => store.get('a/b'),
          stat: () => store.stat('a/b'),
          delete: () => store.delete('a/b'),
          deletePrefix: () => store.deletePrefix('a/'),
          list: () => collect(store.list('a/')),
          check: () => store.check(),
        };
        for (const [name, attempt] of Object.entries(attempts)) {
          const error = await rejection(attempt());
          expect({ name, error }).toMatchObject({ name, error: unavailable });
        }
      });
    });

    it('puts 60 MB without holding them in memory', async () => {
      await harness.close();
      harness = await start({ keepsBytes: false });
      setFlagsFromString('--expose-gc');
      const collectGarbage = runInNewContext('gc') as () => void;
      await harness.store.put('warm/up', sourceOf(10_000_000));
      collectGarbage();
      // Both, as a process that has been through other tests has memory to spare, in which buffers would not show.
      const inUse = () => [process.memoryUsage.rss(), process.memoryUsage().arrayBuffers] as const;
      async function growthBytes(): Promise<number> {
        const before = inUse();
        let most = 0;
        let measurements = 0;
        const source = sourceOf(60_000_000, (offset) => {
          if (offset % (16 * 65_536) !== 0) return;
          // Without it, one would measure when the engine cares to collect; memory that is in use stays.
          collectGarbage();
          measurements += 1;
          most = Math.max(most, ...inUse().map((bytes, index) => bytes - (before[index] ?? 0)));
        });
        await harness.store.put('large/one', source);
        expect(measurements).toBeGreaterThan(50);
        return most;
      }
      // What the process needs for other things meanwhile is not there each time.
      let least = await growthBytes();
      for (let readings = 1; least >= 25_000_000 && readings < 3; readings += 1)
        least = Math.min(least, await growthBytes());
      expect(least).toBeLessThan(25_000_000);
    });
  });
}

function withQuery(url: URL, change: (query: URLSearchParams) => void): URL {
  const changed = new URL(url);
  change(changed.searchParams);
  return changed;
}

const withOtherEnd = (value: string) => `${value.slice(0, -1)}${value.endsWith('9') ? '8' : '9'}`;
