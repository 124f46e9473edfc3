import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { followOverSse } from '../../client-examples/resume.ts';
import { systemClock } from '../../src/clock.ts';
import { createSubject, endSubject, logOf, note, type Subject } from '../support/event-subjects.ts';
import { leakCheckedSettings, shareWithoutLeaks } from '../support/leak-check.ts';
import { startPrism, subscriptionTo, type Prism, type StreamedEvent } from '../support/prism.ts';
import { openAcknowledged, type RawWebSocket } from './raw-websocket.ts';

const query = `subscription($id: ID!, $after: String) {
  analysisEvents(analysisId: $id, after: $after) { __typename ... on Event { cursor } ... on ThrottleWaiting { reason } }
}`;
const slowConsumerMs = 1_500;
// So large that the kernel's own buffers (some MB for a socket) are full soon.
const eventBytes = 64 * 1024;

/** An API process whose clients may stay behind for so long, and what a test needs of it. */
function serve(limitMs: number) {
  let prism: Prism;
  shareWithoutLeaks(async () => {
    prism = await startPrism({ workers: 0, settings: { ...leakCheckedSettings, SLOW_CONSUMER_MS: String(limitMs) } });
    return prism;
  });
  const cleanUp: (() => void)[] = [];
  afterEach(() => cleanUp.splice(0).forEach((clean) => clean()));

  const newSubject = (): Promise<Subject> => createSubject(prism.server.runtime.db);
  const end = (subject: Subject) => endSubject(prism.server.runtime.db, prism.server.runtime.events, subject);
  async function write(subject: Subject, count: number): Promise<void> {
    const text = 'x'.repeat(eventBytes);
    for (let index = 0; index < count; index += 1)
      await prism.server.runtime.events.append(logOf(subject), 1, note(subject, text));
  }

  async function subscribe({ analysisId }: Subject): Promise<RawWebSocket> {
    const raw = await openAcknowledged(prism.server.url);
    cleanUp.push(() => raw.socket.terminate());
    raw.send({ type: 'subscribe', id: '1', payload: { query, variables: { id: analysisId } } });
    return raw;
  }

  /** What comes up to the end of the subscription. */
  async function rest({ next }: RawWebSocket) {
    const cursors: string[] = [];
    for (;;) {
      const { type, payload } = await next();
      const { data, errors } = (payload ?? {}) as { data?: StreamedEvent; errors?: { extensions: StreamedEvent }[] };
      if (type === 'complete') return { cursors, error: null };
      if (errors?.[0]) return { cursors, error: errors[0].extensions };
      cursors.push(data.analysisEvents.cursor);
    }
  }

  const cursorOf = (event: StreamedEvent): string => event.cursor;
  async function logOfSubject({ analysisId: id }: Subject, after: string | null = null): Promise<string[]> {
    const cursors: string[] = [];
    const options = {
      url: prism.server.url,
      query: subscriptionTo('analysisEvents'),
      variables: { id, after },
      cursorOf,
    };
    for await (const event of followOverSse<StreamedEvent>(options)) cursors.push(event.cursor);
    return cursors;
  }

  return { newSubject, end, write, subscribe, rest, logOfSubject, cleanUp, url: () => prism.server.url };
}

describe('a client that does not read for longer than it may', () => {
  const { newSubject, end, write, subscribe, rest, logOfSubject, cleanUp, url } = serve(slowConsumerMs);

  it('over WebSocket gets SLOW_CONSUMER with its last cursor, and resumes behind it: together exactly the log', async () => {
    const subject = await newSubject();
    const raw = await subscribe(subject);
    await write(subject, 1);
    const { payload } = (await raw.next()) as { payload: StreamedEvent };
    const first: string = payload.data.analysisEvents.cursor;
    raw.socket.pause();
    await write(subject, 300);
    await systemClock.sleep(2 * slowConsumerMs);
    raw.socket.resume();
    const { cursors, error } = await rest(raw);
    expect(error).toMatchObject({ code: 'SLOW_CONSUMER', retryable: true, cursor: cursors.at(-1) });
    expect(cursors.length).toBeLessThan(300);
    await end(subject);
    expect([first, ...cursors, ...(await logOfSubject(subject, error.cursor))]).toEqual(await logOfSubject(subject));
  });

  it('over SSE gets SLOW_CONSUMER, too', async () => {
    const subject = await newSubject();
    await write(subject, 300);
    const { hostname, port } = new URL(url());
    const socket = connectTcp(Number(port), hostname);
    cleanUp.push(() => socket.destroy());
    await once(socket, 'connect');
    const body = JSON.stringify({ query, variables: { id: subject.analysisId } });
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    await systemClock.sleep(2 * slowConsumerMs);
    const text = Buffer.concat(await socket.toArray()).toString();
    expect(text).toContain('SLOW_CONSUMER');
    expect(text).toContain('event: complete');
    const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);
    expect(ids.length).toBeLessThan(300);
    expect(text).toContain(`"cursor":"${ids.at(-1)}"}}`);
    await end(subject);
  });
});

describe('a client that does not read for less than that', () => {
  // However slow the machine is.
  const { newSubject, end, write, subscribe, rest, logOfSubject } = serve(60_000);

  it('catches up from the log and goes on, as if nothing had been', async () => {
    const subject = await newSubject();
    const raw = await subscribe(subject);
    raw.socket.pause();
    await write(subject, 200);
    raw.socket.resume();
    const all = rest(raw);
    await write(subject, 5);
    await end(subject);
    expect(await all).toEqual({ cursors: await logOfSubject(subject), error: null });
  });

  it('does not hold up another one on the same log', async () => {
    const subject = await newSubject();
    const [stalled, reading] = [await subscribe(subject), await subscribe(subject)];
    await write(subject, 1);
    await Promise.all([stalled.next(), reading.next()]);
    stalled.socket.pause();
    const all = rest(reading);
    await write(subject, 200);
    await end(subject);
    const { cursors, error } = await all;
    expect(error).toBeNull();
    expect(cursors).toHaveLength(201);
  });
});
