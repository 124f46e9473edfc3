import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../src/server/server.ts';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { collect, proxyFor, readLog, seededRandom, transports } from './followers.ts';
import { silentLogger } from '../support/silent-logger.ts';

const analyze = 'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }';
const seeds = [1, 2, 3, 4, 5];

describe.each(transports)('a follower over %s', (_name, follow) => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 400 });
  });
  afterAll(() => prism.close());

  async function startReview(): Promise<string> {
    const id = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
    await prism.ask(analyze, { id });
    return id;
  }

  /** Follows through a proxy and lets `disturb` have its way with the line at every event. */
  async function followDisturbed(documentId: string, disturb: (proxy: TcpProxy, event: StreamedEvent) => void) {
    const proxy = await proxyFor(prism.server.url);
    const seen: StreamedEvent[] = [];
    let drops = 0;
    const options = { url: proxy.via(prism.server.url), variables: { documentId }, onDrop: () => (drops += 1) };
    for await (const event of follow(options)) {
      seen.push(event);
      disturb(proxy, event);
    }
    return { seen, drops };
  }

  it('yields the log, each event once and in order, when its line is cut within frames at seeded moments', async () => {
    const id = await startReview();
    const followers = seeds.map(async (seed) => {
      const random = seededRandom(seed);
      let hasPlan = false;
      return followDisturbed(id, (proxy) => {
        if (hasPlan) return;
        hasPlan = true;
        void proxy.cutAfterBytes(Math.ceil(1 + random() * 4_000)).then(() => (hasPlan = false));
      });
    });
    const results = await Promise.all(followers);
    const log = await readLog(prism, id);
    expect(log.at(-1).__typename).toBe('AnalysisCompleted');
    for (const { seen, drops } of results) {
      expect(seen).toEqual(log);
      expect(drops).toBeGreaterThan(1);
    }
  });

  it('yields the log when its line is reset at seeded events and the server is away for a while', async () => {
    const id = await startReview();
    const followers = seeds.map(async (seed) => {
      const random = seededRandom(seed * 7_919);
      return followDisturbed(id, (proxy) => {
        if (random() > 0.15) return;
        proxy.refuse();
        proxy.cut();
        setTimeout(() => proxy.accept(), random() * 100);
      });
    });
    const results = await Promise.all(followers);
    const log = await readLog(prism, id);
    for (const { seen } of results) expect(seen).toEqual(log);
    expect(results.reduce((sum, { drops }) => sum + drops, 0)).toBeGreaterThan(seeds.length);
  });

  it('yields the log when one API process shuts down in mid-stream and another takes over', async () => {
    const second = await startServer({
      config: prism.config,
      logger: silentLogger,
    });
    const id = await startReview();
    const proxy = await proxyFor(second.url);
    const drops: string[] = [];
    const seen: StreamedEvent[] = [];
    let closed: Promise<void> | null = null;
    const url = proxy.via(second.url);
    for await (const event of follow({
      url,
      variables: { documentId: id },
      onDrop: ({ reason }) => drops.push(reason),
    })) {
      seen.push(event);
      if (event.__typename !== 'ThinkingDelta' || closed) continue;
      proxy.retarget(prism.server.url);
      closed = second.close();
    }
    await closed;
    expect(seen).toEqual(await readLog(prism, id));
    expect(drops).toHaveLength(1);
  });

  it('notices a line that died in silence, and goes on over another', async () => {
    const id = await startReview();
    const proxy = await proxyFor(prism.server.url);
    const seen: StreamedEvent[] = [];
    const drops: string[] = [];
    const onDrop = ({ reason }: { reason: string }): void => {
      drops.push(reason);
      proxy.cut();
      proxy.resume();
    };
    const url = proxy.via(prism.server.url);
    for await (const event of follow({ url, variables: { documentId: id }, silenceMs: 1_000, onDrop })) {
      seen.push(event);
      if (event.__typename === 'ThinkingDelta' && drops.length === 0) proxy.pause();
    }
    expect(drops).toEqual(['The connection was lost: nothing was heard for 1 s.']);
    expect(seen).toEqual(await readLog(prism, id));
  });

  it('begins behind the cursor that it is given', async () => {
    const id = await startReview();
    const all = await collect(follow({ url: prism.server.url, variables: { documentId: id } }));
    const [, , third] = all;
    const rest = follow({ url: prism.server.url, variables: { documentId: id, after: third.cursor } });
    expect(await collect(rest)).toEqual(all.slice(3));
  });

  it.each([
    ['follows', () => undefined],
    ['waits for its next connection', (proxy: TcpProxy) => (proxy.refuse(), proxy.cut())],
  ])('ends at once and without an error when it is aborted while it %s', async (_moment, disturb) => {
    const id = await startReview();
    const proxy = await proxyFor(prism.server.url);
    const abort = new AbortController();
    const url = proxy.via(prism.server.url);
    const events = follow({ url, variables: { documentId: id }, signal: abort.signal, baseDelayMs: 60_000 });
    await events.next();
    disturb(proxy);
    const rest = collect(events);
    setImmediate(() => abort.abort());
    await rest;
    await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(0);
  });

  it('ends at once and without an error when it is aborted before the line answers', async () => {
    const proxy = await proxyFor(prism.server.url);
    proxy.pause();
    const abort = new AbortController();
    const options = { url: proxy.via(prism.server.url), variables: { documentId: 'any' }, signal: abort.signal };
    const events = collect(follow(options));
    await expect.poll(() => proxy.connectionCount()).toBe(1);
    abort.abort();
    expect(await events).toEqual([]);
  });

  it('lets go of the server when its caller breaks off', async () => {
    const documentId = await startReview();
    for await (const event of follow({ url: prism.server.url, variables: { documentId } })) {
      if (event.__typename === 'ThinkingDelta') break;
    }
    await expect.poll(() => prism.server.runtime.hub.channelCount()).toBe(0);
  });
});
