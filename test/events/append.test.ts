import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AttemptVoidError } from '../../src/events/log-writer.ts';
import { expectNothingLeftOpen } from '../support/leak-check.ts';
import { cancelled, idsOf, newSource, openEventLog, started, thinking } from './support.ts';

describe('appending to a log', () => {
  let open: ReturnType<typeof openEventLog>;
  beforeAll(async () => {
    open = openEventLog();
    await Promise.all([open.redis.ping(), open.subscriber.ping()]);
  });
  afterAll(() => open.close());
  expectNothingLeftOpen(() => ({ channels: open.hub.channelCount() }));

  it('numbers the events of an attempt without gaps and copies them into the log of the document', async () => {
    const source = newSource();
    const writer = open.log.writer(source, 1, 1);
    writer.append(started(source));
    writer.append(thinking(source, 'a'));
    await writer.flush();
    const own = await open.log.readAll(source);
    const all = await open.log.readAll({ documentId: source.documentId, id: 'all' });
    expect(idsOf(own)).toEqual(['1-1', '1-2']);
    expect(all.map(({ event }) => event)).toEqual(own.map(({ event }) => event));
    expect(all.map(({ prev }) => prev)).toEqual(['', all[0]?.id]);
  });

  it('changes nothing when the same batch is sent twice, as after an answer that was lost', async () => {
    const source = newSource();
    const first = open.log.writer(source, 1, 1);
    first.append(started(source));
    await first.flush();
    const again = open.log.writer(source, 1, 1);
    again.append(started(source));
    await again.flush();
    expect(await open.log.readAll(source)).toHaveLength(1);
    expect(await open.log.readAll({ documentId: source.documentId, id: 'all' })).toHaveLength(1);
  });

  it('changes nothing when a single event is sent twice, as after an answer that was lost', async () => {
    const source = newSource();
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (let time = 0; time < 2; time += 1) expect(await open.log.append(source, 1, started(source))).toBe('ok');
      vi.advanceTimersByTime(1);
      await open.log.append(source, 1, started(source));
    } finally {
      vi.useRealTimers();
    }
    expect(idsOf(await open.log.readAll(source))).toEqual(['1-1', '1-2']);
  });

  it('refuses a writer whose attempt is over', async () => {
    const source = newSource();
    const old = open.log.writer(source, 1, 1);
    old.append(started(source));
    await old.flush();
    const next = open.log.writer(source, 2, 1);
    next.append(started(source));
    await next.flush();
    old.append(thinking(source, 'too late'));
    await expect(old.flush()).rejects.toMatchObject({ status: 'fenced' });
    expect(() => old.append(thinking(source, 'still'))).toThrow(AttemptVoidError);
    expect(idsOf(await open.log.readAll(source))).toEqual(['1-1', '2-1']);
  });

  it('refuses everything behind the end, of the same attempt and of a later one', async () => {
    const source = newSource();
    expect(await open.log.append(source, 1, started(source))).toBe('ok');
    expect(await open.log.append(source, 2, cancelled(source))).toBe('ok');
    expect(await open.log.append(source, 2, thinking(source, 'x'))).toBe('fenced');
    expect(await open.log.append(source, 3, started(source))).toBe('fenced');
    expect(await open.log.head(source)).toMatchObject({ id: '2-1', isClosed: true });
  });

  it('tells a writer when its own entries are gone, instead of leaving a hole', async () => {
    const source = newSource();
    const writer = open.log.writer(source, 1, 1);
    writer.append(started(source));
    await writer.flush();
    await open.redis.del(open.keyOf(source));
    writer.append(thinking(source, 'x'));
    await expect(writer.flush()).rejects.toMatchObject({ status: 'lost' });
    expect(await open.log.readAll(source)).toEqual([]);
  });

  it('counts the source of a document log that was lost alone, and lets the new one expire', async () => {
    const source = newSource();
    const all = { documentId: source.documentId, id: 'all' };
    await open.log.append(source, 1, started(source));
    await open.redis.del(open.keyOf(all), open.keyOf(all).replace(/log:all$/, 'open'));
    await open.log.append(source, 1, thinking(source, 'a'));
    expect(await open.log.head(all)).toMatchObject({ openCount: 1 });
    expect(await open.redis.pttl(open.keyOf(all))).toBeGreaterThan(0);
  });

  it('counts the sources of a document that have not ended', async () => {
    const first = newSource();
    const second = newSource(first.documentId);
    const all = { documentId: first.documentId, id: 'all' };
    await open.log.append(first, 1, started(first));
    await open.log.append(second, 1, started(second));
    expect(await open.log.head(all)).toMatchObject({ openCount: 2 });
    await open.log.append(first, 2, cancelled(first));
    await open.log.append(second, 2, cancelled(second));
    expect(await open.log.head(all)).toMatchObject({ openCount: 0 });
  });

  it('merges the deltas that come while an append is in flight, in order and without loss', async () => {
    const source = newSource();
    const writer = open.log.writer(source, 1, 1);
    const words = Array.from({ length: 500 }, (_word, index) => `w${index} `);
    for (const word of words) writer.append(thinking(source, word));
    await writer.flush();
    const entries = await open.log.readAll(source);
    const text = entries.map(({ event }) => (event.data.type === 'thinking:delta' ? event.data.text : '')).join('');
    expect(text).toBe(words.join(''));
    expect(entries.length).toBeLessThan(10);
  });

  it('keeps an ended log for its retention and no longer', async () => {
    const brief = openEventLog({ retentionMs: 30_000 });
    const source = newSource();
    await brief.log.append(source, 1, started(source));
    expect(await brief.redis.pttl(brief.keyOf(source))).toBeGreaterThan(30_000);
    await brief.log.append(source, 2, cancelled(source));
    for (const name of [source, { documentId: source.documentId, id: 'all' }]) {
      const ttl = await brief.redis.pttl(brief.keyOf(name));
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(30_000);
    }
    await brief.close();
  });

  it('keeps dates as dates and every character of a text', async () => {
    const source = newSource();
    await open.log.append(source, 1, thinking(source, 'ünïcode "quotes" \\ 🦜 \n line'));
    const [entry] = await open.log.readAll(source);
    expect(entry?.event.at).toBeInstanceOf(Date);
    expect(entry?.event.data).toEqual(thinking(source, 'ünïcode "quotes" \\ 🦜 \n line'));
  });
});
