import { buildSchema, parse, validate } from 'graphql';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsSubscription, modelsQuery, snapshotQuery } from '../../client-examples/web/requests.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { startPrism, type Prism } from '../support/prism.ts';

/** Every address that a page, a style sheet or a script names for loading. */
const referencePattern =
  /(?:^(?:import|export) .*\bfrom |^import |\bimport\(|@import |\burl\(|\b(?:src|href|action)=)\s*["']([^"']+)/gm;

describe('the page that watches a review', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());
  const at = (path: string, { server } = prism): string => new URL(path, server.url).href;

  /** All that a browser would load, from the page on. */
  async function load() {
    const files = new Map<string, { response: Response; text: string; references: string[] }>();
    const pending = ['/watch'];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      const response = await fetch(at(path));
      const text = await response.text();
      const references = [...text.matchAll(referencePattern)].map(([, reference = '']) => reference);
      files.set(path, { response, text, references });
      for (const reference of references) {
        if (!/^(?:\/watch\/|\.)/.test(reference)) continue;
        const { pathname } = new URL(reference, at(path));
        if (!files.has(pathname) && !pending.includes(pathname)) pending.push(pathname);
      }
    }
    return files;
  }

  it('comes with all that it loads, each with its type and a strict policy', async () => {
    const files = await load();
    expect([...files.keys()].toSorted()).toEqual([
      '/watch',
      expect.stringMatching(/^\/watch\/graphql-ws\/client\.js$/),
      expect.stringMatching(/^\/watch\/graphql-ws\/common-\w+\.js$/),
      '/watch/resume.js',
      '/watch/web/requests.js',
      '/watch/web/review-state.js',
      '/watch/web/view.js',
      '/watch/web/watch.css',
      '/watch/web/watch.js',
    ]);
    for (const [path, { response }] of files) {
      const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
      const { 'content-type': served, 'content-security-policy': policy } = Object.fromEntries(response.headers);
      expect([path, response.status, served]).toEqual([path, 200, `${type}; charset=utf-8`]);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).not.toContain('unsafe');
    }
  });

  it('names nothing remote, no package and nothing inline', async () => {
    const files = await load();
    const references = [...files.values()].flatMap((file) => file.references);
    expect(references.filter((reference) => !/^(?:\/|\.|data:,$)/.test(reference))).toEqual([]);
    const page = files.get('/watch')?.text;
    expect(page).not.toMatch(/<style|<script(?![^>]+src=)|\son\w+=|\sstyle=/);
  });

  it('opens with a document in its address, and leaves paths that it does not have to the 404', async () => {
    expect((await fetch(at('/watch?document=doc_1&over=websocket'))).status).toBe(200);
    const nothing = ['/watch/', '/watch/web/', '/watch/web/watch.ts', '/watch/web/..%2f..%2fpackage.json', '/watched'];
    const statuses = await Promise.all(nothing.map(async (path) => [path, (await fetch(at(path))).status]));
    expect(statuses).toEqual(nothing.map((path) => [path, 404]));
    expect((await fetch(at('/watch'), { method: 'POST' })).status).toBe(404);
    const head = await fetch(at('/watch'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('asks for what the schema has', async () => {
    const schema = buildSchema(await readFile(join(findPackageRoot(), 'schema', 'schema.graphql'), 'utf8'));
    for (const text of [snapshotQuery, modelsQuery, eventsSubscription])
      expect(validate(schema, parse(text))).toEqual([]);
  });

  it('is not there when the playground is off', async () => {
    const closed = await startPrism({ workers: 0, settings: { PLAYGROUND: 'false' } });
    try {
      for (const path of ['/watch', '/watch/web/watch.js']) expect((await fetch(at(path, closed))).status).toBe(404);
    } finally {
      await closed.close();
    }
  });
});
