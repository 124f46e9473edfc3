import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { LogName } from '../../src/events/event-types.ts';
import { logStart } from '../../src/events/log-position.ts';
import { toIterator } from '../../src/events/push-source.ts';
import { expectNothingLeftOpen } from '../support/leak-check.ts';
import { testRedis } from '../support/services.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { cancelled, idsOf, newSource, openEventLog, started, take, takeAll, thinking } from './support.ts';

describe('following a log', () => {
  let open: ReturnType<typeof openEventLog>;
  let subscriberId: number;
  const follow = (log: LogName, after: string) => toIterator(open.log.follow(log, after), 4);
  beforeAll(async () => {
    open = openEventLog();
    subscriberId = await open.subscriber.client('ID');
    await open.redis.ping();
  });
  afterEach(async () => {
    // oxlint-disable-next-line vitest/no-standalone-expect -- a subscription that stays behind is a failure of the test before
    await expect.poll(() => open.hub.channelCount()).toBe(0);
  });
  afterAll(() => open.close());
  expectNothingLeftOpen(() => ({ channels: open.hub.channelCount() }));

  it('gives what is there, then what comes, and ends behind the last event', async () => {
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const entries = follow(source, logStart);
    expect(idsOf(await take(entries, 1))).toEqual(['1-1']);
    const rest = takeAll(entries);
    await open.log.append(source, 1, thinking(source, 'a'));
    await open.log.append(source, 2, cancelled(source));
    expect(idsOf(await rest)).toEqual(['1-2', '2-1']);
  });

  it('goes on behind a position', async () => {
    const source = newSource();
    for (const text of ['a', 'b', 'c']) await open.log.append(source, 1, thinking(source, text));
    await open.log.append(source, 2, cancelled(source));
    expect(idsOf(await takeAll(follow(source, '1-2')))).toEqual(['1-3', '2-1']);
  });

  it('misses nothing of what is written while it subscribes and reads', async () => {
    for (let round = 0; round < 20; round += 1) {
      const source = newSource();
      const written = (async () => {
        for (let index = 0; index < 30; index += 1) await open.log.append(source, 1, thinking(source, String(index)));
        await open.log.append(source, 2, cancelled(source));
      })();
      const followed = takeAll(follow(source, logStart));
      await written;
      expect(idsOf(await followed)).toEqual(idsOf(await open.log.readAll(source)));
    }
  });

  it('gives many followers of one log the same, over one subscription', async () => {
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const followers = Array.from({ length: 50 }, () => follow(source, logStart));
    await Promise.all(followers.map((entries) => take(entries, 1)));
    expect(open.hub.channelCount()).toBe(1);
    const rest = followers.map(takeAll);
    await open.log.append(source, 1, thinking(source, 'a'));
    await open.log.append(source, 2, cancelled(source));
    for (const entries of await Promise.all(rest)) expect(idsOf(entries)).toEqual(['1-2', '2-1']);
  });

  it('reads for those who catch up in turns, so that they do not hold up who is live', async () => {
    const source = newSource();
    for (const text of ['a', 'b', 'c']) await open.log.append(source, 1, thinking(source, text));
    let underWay = 0;
    let most = 0;
    const read = open.redis.xrange.bind(open.redis) as (...args: unknown[]) => Promise<unknown>;
    const counted = vi.spyOn(open.redis, 'xrange').mockImplementation((async (...args: unknown[]) => {
      underWay += 1;
      most = Math.max(most, underWay);
      return read(...args).finally(() => (underWay -= 1));
    }) as never);
    const followers = Array.from({ length: 20 }, () => follow(source, logStart));
    for (const entries of await Promise.all(followers.map((each) => take(each, 3)))) expect(entries).toHaveLength(3);
    for (const entries of followers) await entries.return?.();
    counted.mockRestore();
    expect(most).toBe(2);
  });

  it('sends a slow follower back to the log when its queue is full, and loses nothing', async () => {
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const slow = follow(source, logStart);
    await take(slow, 1);
    const second = slow.next();
    await open.log.append(source, 1, thinking(source, 'first live'));
    await second;
    for (let index = 0; index < 40; index += 1) await open.log.append(source, 1, thinking(source, String(index)));
    await open.log.append(source, 2, cancelled(source));
    const rest = await takeAll(slow);
    expect(rest.map(({ event }) => (event.data.type === 'thinking:delta' ? event.data.text : ''))).toEqual([
      ...Array.from({ length: 40 }, (_text, index) => String(index)),
      '',
    ]);
  });

  it('ends at once when it is returned while it waits', async () => {
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const entries = follow(source, '1-1');
    const waiting = entries.next();
    await entries.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  it('says EVENTS_EXPIRED rather than jump over entries that are gone', async () => {
    const source = newSource();
    for (const text of ['a', 'b', 'c', 'd']) await open.log.append(source, 1, thinking(source, text));
    await open.redis.xtrim(open.keyOf(source), 'MAXLEN', 1);
    await expect(follow(source, '1-2').next()).rejects.toMatchObject({ code: 'EVENTS_EXPIRED' });
  });

  it('says EVENTS_EXPIRED on a document log that was lost and begun anew', async () => {
    const source = newSource();
    const all = { documentId: source.documentId, id: 'all' };
    await open.log.append(source, 1, started(source));
    const { id } = await open.log.head(all);
    await open.redis.del(open.keyOf(all), open.keyOf(source));
    // Ids of a document's log are times in ms; a loss takes longer than one.
    await systemClock.sleep(5);
    await open.log.append(source, 2, started(source));
    await expect(follow(all, id).next()).rejects.toMatchObject({ code: 'EVENTS_EXPIRED' });
  });

  it('goes on with the next attempt when an analysis log was lost, for that voids what came before', async () => {
    const source = newSource();
    for (const text of ['a', 'b']) await open.log.append(source, 1, thinking(source, text));
    await open.redis.del(open.keyOf(source));
    await open.log.append(source, 2, { type: 'attempt:restarted', analysisId: source.id, reason: 'lost' });
    await open.log.append(source, 3, cancelled(source));
    expect(idsOf(await takeAll(follow(source, '1-2')))).toEqual(['2-1', '3-1']);
  });

  it('fills from the log what it missed while its connection was away', async () => {
    const source = newSource();
    await open.log.append(source, 1, started(source));
    const entries = follow(source, '1-1');
    const next = entries.next();
    await open.log.append(source, 1, thinking(source, 'before'));
    await next;
    const waiting = entries.next();
    await open.redis.client('KILL', 'ID', subscriberId);
    for (const text of ['a', 'b']) await open.log.append(source, 1, thinking(source, text));
    await open.log.append(source, 2, cancelled(source));
    const first = await waiting;
    const rest = await takeAll(entries);
    expect([first.value.id, ...idsOf(rest)]).toEqual(['1-3', '1-4', '2-1']);
  });

  it('survives that Redis goes away while it reads: it looks whether the log is whole, and reads on', async () => {
    const proxy = await startTcpProxy(testRedis().url);
    const away = openEventLog({ url: proxy.via(testRedis().url), role: 'requests' });
    const source = newSource();
    await away.log.append(source, 1, started(source));
    await away.log.append(source, 2, cancelled(source));
    const read = away.redis.xrange.bind(away.redis) as (...args: unknown[]) => Promise<unknown>;
    const cut = vi.spyOn(away.redis, 'xrange').mockImplementationOnce((async (...args: unknown[]) => {
      proxy.pause();
      const reply = read(...args);
      proxy.refuse();
      proxy.cut();
      return reply.finally(() => {
        proxy.resume();
        proxy.accept();
      });
    }) as never);
    const resynced = vi.fn<(hasPosition: boolean) => Promise<void>>(async () => undefined);
    expect(idsOf(await takeAll(toIterator(away.log.follow(source, logStart, resynced), 4)))).toEqual(['1-1', '2-1']);
    await expect(cut.mock.results[0]?.value).rejects.toThrow();
    expect(resynced).toHaveBeenCalledWith(true);
    await away.close();
    await proxy.close();
  });
});
