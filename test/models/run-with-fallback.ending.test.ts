import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { Admission } from '../../src/throttle/admission-port.ts';
import {
  answers,
  createHarness,
  fails,
  hangs,
  isDown,
  isRetired,
  regionIsDown,
  throttles,
  usage,
  wait,
  type Script,
} from './fallback-harness.ts';

const reason = new Error('cancelled by a person');
const settlementsOf = (harness: ReturnType<typeof createHarness>) => [...harness.settlements.values()];

describe('cancelling', () => {
  it('in mid-stream rejects with the reason, and settles what was used so far as neutral', async () => {
    const harness = createHarness({ scripts: { 'A@east': [hangs('abc'.repeat(10))] } });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(1_000);
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(harness.timeline.at(-1)).toBe('1000 CANCELLED A@east');
    const used = { inputTokens: 21, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 };
    expect(settlementsOf(harness)).toEqual([[{ result: { result: 'neutral' }, usage: used }]]);
    expect(harness.attempts[0]).toMatchObject({ usage: used, durationMs: 1_000, firstTokenMs: 0, reason: 'Cancelled' });
    expect(harness.clock.sleepers()).toBe(0);
  });

  it('while waiting for a place rejects at once', async () => {
    const harness = createHarness({ decisions: [wait('REQUEST_QUEUE', 60_000)] });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(1_000);
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(harness.clock.sleepers()).toBe(0);
  });

  it('in the very moment of the admission gives the place back, unused', async () => {
    const aborter = new AbortController();
    const harness = createHarness({
      decisions: [
        (asked) => {
          aborter.abort(reason);
          const [first] = asked.candidates;
          return {
            outcome: 'admitted',
            lease: { id: 'late', modelKey: first?.modelKey ?? '', region: 'east', isProbe: false },
            skipped: [],
          };
        },
      ],
    });
    await expect(harness.run({ signal: aborter.signal })).rejects.toBe(reason);
    expect(settlementsOf(harness)).toEqual([[{ result: { result: 'neutral' }, usage: null }]]);
    expect(harness.timeline).toEqual(['0 CANCELLED A@east']);
  });

  it('rejects within 50 ms, though the admission does not answer', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [hangs()] },
      admission: { settle: () => new Promise(() => undefined) },
    });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(0);
    aborter.abort(reason);
    running.catch(() => undefined);
    await harness.clock.advance(50);
    await expect(running).rejects.toBe(reason);
  });

  it('rejects at once, though the consumer is stuck in something else', async () => {
    const harness = createHarness();
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal, consume: () => new Promise(() => undefined) });
    await harness.clock.advance(0);
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
    harness.expectAllSettled();
  });

  it('closes the stream of a consumer that was left behind', async () => {
    let isClosed = false;
    const endless: Script = async function* () {
      try {
        for (;;) yield { type: 'text', text: 'x' };
      } finally {
        isClosed = true;
      }
    };
    const harness = createHarness({ scripts: { 'A@east': [endless] } });
    const aborter = new AbortController();
    const running = harness.run({
      signal: aborter.signal,
      async consume(events) {
        await events[Symbol.asyncIterator]().next();
        return new Promise(() => undefined);
      },
    });
    await harness.clock.advance(0);
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
    await harness.clock.advance(0);
    expect(isClosed).toBe(true);
  });

  it.each([
    [
      'the product',
      new AppError('TIMED_OUT', 'The analysis took too long. Try again.'),
      'The analysis took too long. Try again.',
    ],
    ['AbortSignal.timeout', new DOMException('The operation timed out', 'TimeoutError'), 'Out of time'],
  ])('for lack of time, as %s says it, is recorded as such', async (_who, timedOut, expected) => {
    const harness = createHarness({ scripts: { 'A@east': [hangs('x')] } });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(1_000);
    aborter.abort(timedOut);
    await expect(running).rejects.toBe(timedOut);
    expect(harness.attempts[0]).toMatchObject({ outcome: 'TIMED_OUT', reason: expected });
    expect(settlementsOf(harness)[0]?.[0]?.result).toEqual({ result: 'neutral' });
  });

  it('after the answer was complete does not take it away', async () => {
    const harness = createHarness();
    const aborter = new AbortController();
    const outcome = await harness.run({
      signal: aborter.signal,
      async consume(events) {
        for await (const event of events) if (event.type === 'completed') continue;
        queueMicrotask(() => aborter.abort(reason));
        return 'done';
      },
    });
    expect(outcome).toMatchObject({ outcome: 'succeeded', value: 'done' });
  });
});

describe('a lease', () => {
  const counting = (
    renewals: number[],
    clock: () => number,
    isKept: (count: number) => boolean,
  ): Partial<Admission> => ({
    async renew() {
      renewals.push(clock());
      return isKept(renewals.length);
    },
  });

  it('is renewed at a third of its time for as long as the model answers', async () => {
    const renewals: number[] = [];
    const harness = createHarness({
      scripts: { 'A@east': [hangs('x')] },
      admission: counting(
        renewals,
        () => harness.clock.monotonic(),
        () => true,
      ),
    });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(35_000);
    expect(renewals).toEqual([10_000, 20_000, 30_000]);
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
    await harness.clock.advance(60_000);
    expect(renewals).toHaveLength(3);
  });

  it('that has ended stops the call, which is started again on the same model', async () => {
    const renewals: number[] = [];
    const harness = createHarness({
      scripts: { 'A@east': [hangs('half')] },
      admission: counting(
        renewals,
        () => harness.clock.monotonic(),
        () => false,
      ),
    });
    expect(await harness.runToEnd()).toMatchObject({ outcome: 'succeeded', model: { key: 'A' } });
    expect(harness.timeline).toEqual([
      '0 selected A@east',
      '0 call A@east',
      '0 read "half"',
      '10000 CANCELLED A@east',
      '10000 restarted: The call lost its place and is started again',
      '10000 selected A@east',
      '10000 call A@east',
      '10000 read "fine"',
      '10000 SUCCEEDED A@east',
    ]);
    harness.expectAllSettled();
  });

  it('survives renewals that fail', async () => {
    const harness = createHarness({
      scripts: { 'A@east': [hangs('x')] },
      admission: { renew: () => Promise.reject(new Error('no connection')) },
    });
    const aborter = new AbortController();
    const running = harness.run({ signal: aborter.signal });
    await harness.clock.advance(100_000);
    expect(harness.timeline.at(-1)).toBe('0 read "x"');
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('that could not be settled does not spoil the answer', async () => {
    const harness = createHarness({ admission: { settle: () => Promise.reject(new Error('no connection')) } });
    expect(await harness.run()).toMatchObject({ outcome: 'succeeded' });
    expect(harness.timeline).toContain('0 settlement lost');
  });

  it('is another holder’s for each call, so that a lost settlement does not bring the last one back', async () => {
    const harness = createHarness({ scripts: { 'A@east': [isDown], 'B@east': [isDown] } });
    await harness.run();
    expect(harness.admitted.map((asked) => asked.holder)).toEqual(['job-1:0', 'job-1:1', 'job-1:2']);
  });
});

describe('failures of our own', () => {
  const bug = new Error('the database is gone');

  it('in the consumer end the run as they are; the call is settled as neutral and recorded', async () => {
    const harness = createHarness();
    const consume = async (events: AsyncIterable<unknown>) => {
      for await (const _event of events) throw bug;
      return '';
    };
    await expect(harness.run({ consume })).rejects.toBe(bug);
    expect(settlementsOf(harness)[0]?.[0]?.result).toEqual({ result: 'neutral' });
    expect(harness.attempts[0]).toMatchObject({
      outcome: 'CANCELLED',
      reason: 'Stopped by a failure outside the model',
    });
  });

  it('in the observer, before anything was sent, use up nothing', async () => {
    const harness = createHarness();
    const observer = { ...harness.job().observer, selected: () => Promise.reject(bug) };
    await expect(harness.run({ observer })).rejects.toBe(bug);
    expect(settlementsOf(harness)).toEqual([[{ result: { result: 'neutral' }, usage: null }]]);
    expect(harness.timeline).not.toContain('0 call A@east');
  });

  it('of a consumer that does not read to the end are failures, not answers', async () => {
    const harness = createHarness();
    await expect(harness.run({ consume: async () => 'made up' })).rejects.toThrow('stopped reading');
    harness.expectAllSettled();
  });

  it('of the admission end the run', async () => {
    const harness = createHarness({ admission: { admit: () => Promise.reject(bug) } });
    await expect(harness.run()).rejects.toBe(bug);
  });
});

describe('usage and cost', () => {
  it('of every attempt is reported once, at the prices of its own model', async () => {
    const partial = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const harness = createHarness({
      scripts: {
        'A@east': [throttles],
        'B@east': [fails({ kind: 'truncated' }, { after: 'half', usage: partial })],
        'C@east': [answers()],
      },
    });
    const outcome = await harness.run();
    expect(harness.attempts.map(({ modelKey, usage: used, costUsd }) => ({ modelKey, used, costUsd }))).toEqual([
      { modelKey: 'A', used: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }, costUsd: 0 },
      { modelKey: 'B', used: partial, costUsd: 0.00045 },
      { modelKey: 'C', used: usage, costUsd: 0.00105 },
    ]);
    expect(outcome).toMatchObject({ usage, costUsd: 0.00105 });
    expect(settlementsOf(harness).map(([one]) => one?.usage)).toEqual([null, partial, usage]);
  });

  it('asks the admission for the estimated input and the whole answer, at the burndown of each model', async () => {
    const harness = createHarness();
    await harness.run();
    expect(harness.admitted[0]?.candidates[0]).toEqual({
      modelKey: 'A',
      region: 'east',
      estimatedInputTokens: 21,
      reserveTokens: 1_021,
      outputBurndown: 5,
    });
  });
});

/** Calls that began while what an older one had delivered still stood. */
function splices(timeline: readonly string[]): string[] {
  let isDirty = false;
  return timeline.filter((line) => {
    if (line.includes('restarted')) isDirty = false;
    if (line.includes('read')) isDirty = true;
    return line.includes('call') && isDirty;
  });
}

describe('whatever happens', () => {
  const scripts: Record<string, Script> = {
    answers: answers(),
    throttles,
    isRetired,
    isDown,
    regionIsDown,
    rejects: fails({ kind: 'rejectedByModel' }),
    cut: fails({ kind: 'truncated' }, { after: 'half', usage }),
    fatal: fails({ kind: 'fatal', fault: 'account' }),
    hangs: hangs('x'),
  };
  const targets = ['A@east', 'A@west', 'B@east', 'B@west', 'C@east', 'C@west'];
  const script = fc.constantFrom(...Object.keys(scripts)).map((name) => scripts[name] as Script);

  it('every lease is settled once, every call recorded once, and the budget is kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(script, { maxLength: 4 }), { minLength: targets.length, maxLength: targets.length }),
        fc.option(fc.integer({ min: 0, max: 60_000 })),
        fc.constantFrom(1_000, 3_600_000),
        async (lists, cancelAtMs, maxWaitInPlaceMs) => {
          const harness = createHarness({
            regions: ['east', 'west'],
            scripts: Object.fromEntries(targets.map((target, index) => [target, lists[index] ?? []])),
            mostInvocations: 24,
            maxWaitInPlaceMs,
          });
          const aborter = new AbortController();
          // A stream that hangs is ended by the caller's own time limit.
          const limitMs = cancelAtMs ?? 600_000;
          harness.clock.sleep(limitMs).then(
            () => aborter.abort(reason),
            () => undefined,
          );
          let budget = harness.job().budget;
          for (;;) {
            const outcome = await harness.runToEnd({ signal: aborter.signal, budget }).catch((error: unknown) => error);
            if (outcome === reason) break;
            const { outcome: kind } = outcome as { outcome: string };
            if (kind !== 'deferred') break;
            ({ budget } = outcome as { budget: typeof budget });
            await harness.clock.advance((outcome as { waitMs: number }).waitMs);
          }
          harness.expectAllSettled();
          expect(harness.attempts).toHaveLength(harness.settlements.size);
          expect(harness.settlements.size).toBeLessThanOrEqual(24);
          const isAnswered = harness.attempts.filter((one) => one.outcome === 'SUCCEEDED').length;
          expect(isAnswered).toBeLessThanOrEqual(1);
          expect(splices(harness.timeline)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
