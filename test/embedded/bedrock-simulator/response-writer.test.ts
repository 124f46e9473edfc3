import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createPacer, createWriter } from '../../../src/embedded/bedrock-simulator/response-writer.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** A response whose client reads only when it is told to. */
function slowResponse() {
  const unread: (() => void)[] = [];
  const response = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void unread.push(done) });
  return { response: response as unknown as ServerResponse, read: () => unread.shift()?.() };
}

const bytes = Buffer.from('frame');

describe('writing an answer', () => {
  it('waits until the client has read what was sent', async () => {
    const { response, read } = slowResponse();
    const write = createWriter(response, new AbortController().signal, false);
    let isWritten = false;
    const written = write(bytes).then(() => {
      isWritten = true;
    });
    await createFakeClock().advance(0);
    expect(isWritten).toBe(false);
    read();
    await written;
    expect(isWritten).toBe(true);
  });

  it('ends the wait when the client goes away', async () => {
    const { response } = slowResponse();
    const abort = new AbortController();
    const written = createWriter(response, abort.signal, false)(bytes);
    abort.abort();
    await expect(written).rejects.toThrow(/aborted/);
  });

  it('sends nothing more to a client that is gone', async () => {
    const sent: Buffer[] = [];
    const response = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        sent.push(chunk);
        done();
      },
    });
    const write = createWriter(response as unknown as ServerResponse, AbortSignal.abort(), false);
    await expect(write(bytes)).rejects.toThrow(/aborted/);
    expect(sent).toEqual([]);
  });
});

describe('the pace of an answer', () => {
  it('counts from the start, so that a late token does not slow those after it', async () => {
    const clock = createFakeClock();
    const pace = createPacer(100, clock, new AbortController().signal);
    await clock.advance(250);
    await pace();
    await pace();
    expect(clock.sleepers()).toBe(0);
    const third = pace();
    expect(await clock.nextWakeMs()).toBe(50);
    await clock.advance(50);
    await third;
  });

  it('ends at once when the client goes away', async () => {
    const abort = new AbortController();
    const pace = createPacer(100, createFakeClock(), abort.signal)();
    abort.abort();
    await expect(pace).rejects.toThrow(/aborted/);
  });
});
