import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHub, type Hub } from '../../src/events/hub.ts';
import type { LogEntry } from '../../src/events/event-types.ts';
import { logStart } from '../../src/events/log-position.ts';
import { toIterator } from '../../src/events/push-source.ts';
import { createRedis, type Redis } from '../../src/redis.ts';
import { expectNothingLeftOpen } from '../support/leak-check.ts';
import { testRedis } from '../support/services.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { cancelled, idsOf, newSource, openEventLog, started, takeAll, thinking } from './support.ts';

const { url } = testRedis();
// A connection that does not answer is given two seconds to end.
const patient = { timeout: 10_000 };
const message = (id: string): string => `${id} - -- {"at":"2026-01-01T00:00:00Z","attempt":1,"data":{}}`;

expectNothingLeftOpen();

describe('a hub', () => {
  let proxy: TcpProxy;
  let publisher: Redis;
  let hub: Hub;
  beforeEach(async () => {
    proxy = await startTcpProxy(url);
    publisher = createRedis({ url, role: 'patient', name: 'test', onError: () => undefined });
    connect();
  });
  afterEach(async () => {
    await hub.close();
    publisher.disconnect();
    await proxy.close();
  });

  function connect(heartbeatMs?: number): void {
    const options = { url: proxy.via(url), role: 'subscriber', name: 'hub', onError: () => undefined } as const;
    hub = createHub(createRedis(options), heartbeatMs);
  }

  function listener() {
    const heard: string[] = [];
    return {
      heard,
      resyncs: 0,
      onEntry: ({ id }: LogEntry) => void heard.push(id),
      onResync() {
        this.resyncs += 1;
      },
    };
  }

  it('has one connection and one subscription for thousands of listeners', async () => {
    const listeners = Array.from({ length: 3_000 }, listener);
    const leaves = await Promise.all(listeners.map((one) => hub.subscribe('hub-many', one)));
    expect(proxy.acceptedCount()).toBe(1);
    expect(hub.channelCount()).toBe(1);
    expect(await publisher.publish('hub-many', message('1-1'))).toBe(1);
    await expect.poll(() => listeners.every(({ heard }) => heard.length === 1)).toBe(true);
    for (const leave of leaves.slice(1)) leave();
    expect(hub.channelCount()).toBe(1);
    leaves[0]?.();
    expect(hub.channelCount()).toBe(0);
    await expect.poll(() => publisher.publish('hub-many', message('1-2'))).toBe(0);
  });

  it('does not resolve a subscription before Redis has acknowledged it', async () => {
    await hub.subscribe('hub-open', listener());
    proxy.pause();
    let isSubscribed = false;
    const subscribed = hub.subscribe('hub-ack', listener()).then((leave) => {
      isSubscribed = true;
      return leave;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isSubscribed).toBe(false);
    proxy.resume();
    (await subscribed)();
    // What is published from here on is heard: there is no moment in between.
    const one = listener();
    await hub.subscribe('hub-ack', one);
    await publisher.publish('hub-ack', message('1-1'));
    await expect.poll(() => one.heard).toEqual(['1-1']);
  });

  it('is still subscribed when one leaves and another joins in the same moment', async () => {
    const [first, second] = [listener(), listener()];
    const leave = await hub.subscribe('hub-swap', first);
    leave();
    await hub.subscribe('hub-swap', second);
    expect(await publisher.publish('hub-swap', message('1-1'))).toBe(1);
    await expect.poll(() => second.heard).toEqual(['1-1']);
    expect(first.heard).toEqual([]);
  });

  it('tells every listener, when its connection was away, that it may have missed something, and only when it hears again', async () => {
    const [one, other] = [listener(), listener()];
    await hub.subscribe('hub-a', one);
    await hub.subscribe('hub-b', other);
    proxy.refuse();
    proxy.cut();
    await publisher.publish('hub-a', message('1-1'));
    expect(one.resyncs).toBe(0);
    proxy.accept();
    await expect.poll(() => [one.resyncs, other.resyncs]).toEqual([1, 1]);
    await publisher.publish('hub-a', message('1-2'));
    await expect.poll(() => one.heard).toEqual(['1-2']);
  });

  it('notices a connection that died in silence, and replaces it', async () => {
    await hub.close();
    connect(500);
    const one = listener();
    await hub.subscribe('hub-dead', one);
    const before = proxy.acceptedCount();
    proxy.pause();
    await expect.poll(() => proxy.acceptedCount(), patient).toBeGreaterThan(before);
    proxy.cut();
    proxy.resume();
    await expect.poll(() => one.resyncs, patient).toBeGreaterThan(0);
    await publisher.publish('hub-dead', message('1-1'));
    await expect.poll(() => one.heard).toContain('1-1');
  });

  it("survives a message that is not the log's", async () => {
    const one = listener();
    await hub.subscribe('hub-foreign', one);
    await publisher.publish('hub-foreign', 'nonsense');
    await expect.poll(() => one.resyncs).toBe(1);
    await publisher.publish('hub-foreign', message('1-1'));
    await expect.poll(() => one.heard).toEqual(['1-1']);
  });
});

describe('followers of one log', () => {
  it('all get it whole, thousands of them at once', async () => {
    const open = openEventLog();
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const all = Array.from({ length: 2_000 }, () => takeAll(toIterator(open.log.follow(source, logStart), 4)));
    for (const text of ['a', 'b', 'c']) await open.log.append(source, 1, thinking(source, text));
    await open.log.append(source, 2, cancelled(source));
    for (const entries of await Promise.all(all)) expect(idsOf(entries)).toEqual(['1-1', '1-2', '1-3', '1-4', '2-1']);
    await open.close();
  });

  it.each([0, 1, 2, 5, 10, 20, 40])('leave nothing behind when they return %d ms after their start', async (ms) => {
    const open = openEventLog();
    const source = newSource();
    for (let index = 0; index < 30; index += 1) await open.log.append(source, 1, thinking(source, String(index)));
    const followers = Array.from({ length: 20 }, () => toIterator(open.log.follow(source, logStart), 4));
    const waiting = followers.map(async (entries) => {
      for await (const _entry of entries) await new Promise(setImmediate);
    });
    await new Promise((resolve) => setTimeout(resolve, ms));
    const startedMs = performance.now();
    await Promise.all(followers.map(async (entries) => entries.return?.()));
    await Promise.all(waiting);
    const tookMs = performance.now() - startedMs;
    // Each within 50 ms; all share one event loop, which on a busy machine is slow itself.
    expect(tookMs / followers.length).toBeLessThan(50);
    await expect.poll(() => open.hub.channelCount()).toBe(0);
    await open.close();
  });
});
