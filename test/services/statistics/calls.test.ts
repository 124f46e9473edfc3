import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { ModelAttempt } from '../../../src/db.ts';
import { createStatistics } from '../../../src/services/statistics/statistics.ts';
import { useTestDb } from '../../support/services.ts';
import { at, createRows, type Rows } from './rows.ts';

describe('what the statistics say of calls', () => {
  const db = useTestDb({ poolSize: 4 });
  let rows: Rows;
  const statistics = createStatistics({ db, clock: systemClock });
  beforeEach(() => {
    rows = createRows(db, randomUUID());
  });

  const documentWith = async () => rows.document(await rows.session(), at('12:00:00'));
  const analysisId = async () => (await rows.analysis(await rows.section(await documentWith()))).id;
  const read = (window = {}) => statistics.of(rows.caller, window);

  it('sum up what was called, by model, for analyses and chats, failed calls among them', async () => {
    const id = await analysisId();
    const messageId = await rows.message(await documentWith(), 'ASSISTANT', at('12:00:00'));
    const used = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, costUsd: 0.25 };
    await rows.call({ analysisId: id }, 'haiku-4.5', 'SKIPPED_COOLING_DOWN');
    await rows.call({ analysisId: id }, 'sonnet-4', 'SKIPPED_CIRCUIT_OPEN');
    await rows.call({ analysisId: id }, 'sonnet-4.5', 'THROTTLED');
    await rows.call({ analysisId: id }, 'sonnet-4.5', 'UNAVAILABLE', used);
    await rows.call({ analysisId: id }, 'sonnet-4.6', 'SUCCEEDED', used);
    await rows.call({ messageId }, 'sonnet-4.5', 'CANCELLED', used);
    const { modelUsage, throttles, usage } = await read().calls();
    expect(throttles).toBe(1);
    expect(usage).toEqual({
      inputTokens: 300,
      outputTokens: 30,
      cacheReadTokens: 15,
      cacheWriteTokens: 9,
      costUsd: 0.75,
    });
    expect(modelUsage).toMatchObject([
      { modelKey: 'sonnet-4.5', requests: 3, share: 0.75, usage: { inputTokens: 200, costUsd: 0.5 } },
      { modelKey: 'sonnet-4.6', requests: 1, share: 0.25, usage: used },
    ]);
    expect(modelUsage).toHaveLength(2);
  });

  it('have the time to the first token of calls that came so far', async () => {
    const id = await analysisId();
    await rows.call({ analysisId: id }, 'a', 'THROTTLED');
    expect(await read().firstTokens()).toEqual({ p50: null, p95: null, p99: null });
    await rows.call({ analysisId: id }, 'a', 'UNAVAILABLE', { firstTokenMs: 200 });
    await rows.call({ analysisId: id }, 'a', 'SUCCEEDED', { firstTokenMs: 400 });
    expect(await read().firstTokens()).toEqual({ p50: 300, p95: 390, p99: 398 });
  });

  type Call = readonly [model: string, outcome: ModelAttempt['outcome']];
  const cases: readonly (readonly [what: string, fallbacks: number, calls: readonly Call[]])[] = [
    ['the first model answers', 0, [['a', 'SUCCEEDED']]],
    [
      'the first model fails, the second answers',
      1,
      [
        ['a', 'THROTTLED'],
        ['b', 'SUCCEEDED'],
      ],
    ],
    [
      'the first model is passed over',
      1,
      [
        ['a', 'SKIPPED_COOLING_DOWN'],
        ['b', 'SUCCEEDED'],
      ],
    ],
    [
      'two models fail before the third answers',
      1,
      [
        ['a', 'THROTTLED'],
        ['b', 'TIMED_OUT'],
        ['c', 'SUCCEEDED'],
      ],
    ],
    [
      'the first model answers in another region',
      0,
      [
        ['a', 'THROTTLED'],
        ['a', 'SUCCEEDED'],
      ],
    ],
    [
      'the first model answers in the next round',
      0,
      [
        ['a', 'THROTTLED'],
        ['b', 'THROTTLED'],
        ['a', 'SUCCEEDED'],
      ],
    ],
    [
      'no model answers',
      0,
      [
        ['a', 'THROTTLED'],
        ['b', 'THROTTLED'],
      ],
    ],
    [
      'the second part of a section falls back',
      1,
      [
        ['a', 'SUCCEEDED'],
        ['a', 'THROTTLED'],
        ['b', 'SUCCEEDED'],
      ],
    ],
    [
      'both parts fall back',
      1,
      [
        ['a', 'THROTTLED'],
        ['b', 'SUCCEEDED'],
        ['a', 'THROTTLED'],
        ['b', 'SUCCEEDED'],
      ],
    ],
    [
      'a model fails after another has answered',
      0,
      [
        ['b', 'SUCCEEDED'],
        ['a', 'THROTTLED'],
      ],
    ],
  ];
  it.each(cases)('fallbacks: %s: %i', async (_what, fallbacks, calls) => {
    const id = await analysisId();
    for (const [model, outcome] of calls) await rows.call({ analysisId: id }, model, outcome);
    expect((await read().calls()).fallbacks).toBe(fallbacks);
  });

  it('count fallbacks of chats, and by when the answer began', async () => {
    const messageId = await rows.message(await documentWith(), 'ASSISTANT', at('12:00:00'));
    await rows.call({ messageId }, 'a', 'THROTTLED', { startedAt: at('11:59:59') });
    await rows.call({ messageId }, 'b', 'SUCCEEDED', { startedAt: at('12:00:00') });
    expect((await read({ since: at('12:00:00') }).calls()).fallbacks).toBe(1);
    expect((await read({ until: at('12:00:00') }).calls()).fallbacks).toBe(0);
  });

  it('count a fallback once in all windows together, when its first answer began', async () => {
    const id = await analysisId();
    await rows.call({ analysisId: id }, 'a', 'THROTTLED', { startedAt: at('11:59:58') });
    await rows.call({ analysisId: id }, 'b', 'SUCCEEDED', { startedAt: at('11:59:59') });
    await rows.call({ analysisId: id }, 'b', 'SUCCEEDED', { startedAt: at('12:00:00') });
    expect((await read({ until: at('12:00:00') }).calls()).fallbacks).toBe(1);
    expect((await read({ since: at('12:00:00') }).calls()).fallbacks).toBe(0);
  });
});
