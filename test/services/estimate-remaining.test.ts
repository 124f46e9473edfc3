import { describe, expect, it } from 'vitest';
import { estimateRemainingMs, type FleetLoad } from '../../src/services/estimate-remaining.ts';
import { jobsAhead } from '../../src/services/turns.ts';
import { admit } from '../../src/throttle/admission-model.ts';
import type { Candidate } from '../../src/throttle/admission-port.ts';
import { settle, snapshot } from '../../src/throttle/settlement-model.ts';
import { defaultThrottleLimits, type ThrottleLimits } from '../../src/throttle/throttle-limits.ts';
import { emptyThrottleState } from '../../src/throttle/throttle-state.ts';

type Run = {
  readonly sections: number;
  /** Sections that another tenant had asked for before. */
  readonly others?: number;
  readonly slots?: number;
  readonly startsPerMinute?: number;
  readonly limits?: Partial<ThrottleLimits>;
  readonly meanMs: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Share of calls that a first model refuses, so that a second one is asked. */
  readonly throttled?: number;
};

const maxTokens = 8_192;
const burndown = 5;
const none = { cacheReadTokens: 0, cacheWriteTokens: 0 };

/**
 * A fleet in virtual time on the reference model of the admission: tenants take turns, the queue lets a number of jobs start per fixed
 * window, workers have slots, calls take 0.6 to 1.4 times their mean. Before the document come ten calls by which the fleet knows how long
 * one takes. Gives what was foreseen whenever one of its sections ended, and what it then took.
 */
function simulate(run: Run, seed: number): { estimateMs: number; tookMs: number }[] {
  const { slots = 8, startsPerMinute = 10, throttled = 0, inputTokens = 1_500, outputTokens = 400 } = run;
  // Nobody renews here.
  const limits: ThrottleLimits = { ...defaultThrottleLimits, leaseTtlMs: 3_600_000, ...run.limits };
  const state = emptyThrottleState();
  const random = seeded(seed);
  const spread = (mean: number): number => Math.round(mean * (0.6 + 0.8 * random()));
  const later: { atMs: number; act: () => void }[] = [];
  let nowMs = 1_000_000;
  const after = (ms: number, act: () => void): void =>
    void later.push({ atMs: nowMs + Math.max(1, Math.ceil(ms)), act });

  const backlog = { own: [] as number[], others: [] as number[] };
  const running = new Map<string, number>();
  const calls: { startedMs: number; endedMs: number; hasSucceeded: boolean }[] = [];
  const foreseen: { atMs: number; estimateMs: number }[] = [];
  let window = { untilMs: 0, starts: 0 };
  let doneMs = 0;
  let turn = 0;
  let serial = 0;

  function dispatch(): void {
    while (running.size < slots && backlog.own.length + backlog.others.length > 0) {
      if (nowMs >= window.untilMs) window = { untilMs: nowMs + 60_000, starts: 0 };
      if (window.starts >= startsPerMinute) return after(window.untilMs - nowMs, dispatch);
      window.starts += 1;
      turn += 1;
      const isOwn = backlog.others.length === 0 || (backlog.own.length > 0 && turn % 2 === 0);
      const queue = isOwn ? backlog.own : backlog.others;
      queue.shift();
      serial += 1;
      const id = `${isOwn ? 'own' : 'other'}-${serial}`;
      running.set(id, nowMs);
      ask(id, 1);
    }
  }

  function ask(id: string, call: number): void {
    const input = spread(inputTokens);
    const candidate: Candidate = {
      modelKey: `model-${call}`,
      region: 'us-east-2',
      reserveTokens: input + maxTokens,
      estimatedInputTokens: input,
      outputBurndown: burndown,
    };
    const holder = `${id}:${call}`;
    const answer = admit(state, limits, { candidates: [candidate], priority: 'analysis', holder }, nowMs);
    if (answer.outcome === 'unavailable') throw new Error('never');
    if (answer.outcome === 'wait') return after(answer.waitMs, () => ask(id, call));
    const lease = { holder, seq: answer.seq };
    const startedMs = nowMs;
    const record = (hasSucceeded: boolean): void => void calls.push({ startedMs, endedMs: nowMs, hasSucceeded });
    if (call === 1 && random() < throttled) {
      return after(50, () => {
        settle(state, limits, lease, { result: { result: 'throttled', cooldownMs: 1 }, usage: null }, nowMs);
        record(false);
        ask(id, call + 1);
      });
    }
    after(spread(run.meanMs), () => {
      const usage = { inputTokens: input, outputTokens: spread(outputTokens), ...none };
      settle(state, limits, lease, { result: { result: 'succeeded' }, usage }, nowMs);
      record(true);
      running.delete(id);
      if (id.startsWith('own')) {
        doneMs = nowMs;
        foresee();
      }
      dispatch();
    });
  }

  function foresee(): void {
    const isOver = nowMs >= window.untilMs;
    const load: FleetLoad = {
      snapshot: snapshot(state, limits, nowMs),
      slots,
      starts: {
        left: isOver ? startsPerMinute : startsPerMinute - window.starts,
        resetMs: isOver ? 60_000 : window.untilMs - nowMs,
        perMinute: startsPerMinute,
      },
      pausedMs: 0,
      maxTokens,
      running: [...running].map(([id, since]) => ({ startedAgoMs: nowMs - since, isOwn: id.startsWith('own') })),
      calls: calls
        .filter(({ endedMs }) => endedMs > nowMs - 300_000)
        .map(({ startedMs, hasSucceeded }) => ({ startedAgoMs: nowMs - startedMs, hasSucceeded })),
    };
    const toStart = backlog.own.length === 0 ? 0 : jobsAhead(backlog.own.length - 1, [backlog.others.length]) + 1;
    if (toStart === 0 && !load.running.some(({ isOwn }) => isOwn)) return;
    const estimateMs = estimateRemainingMs(load, toStart);
    if (estimateMs !== null) foreseen.push({ atMs: nowMs, estimateMs });
  }

  const proceed = (): void => {
    for (let next = earliest(later); next; next = earliest(later)) {
      later.splice(later.indexOf(next), 1);
      nowMs = next.atMs;
      next.act();
    }
  };
  backlog.others = indices(10);
  dispatch();
  proceed();
  nowMs += 120_000;
  backlog.own = indices(run.sections);
  backlog.others = indices(run.others ?? 0);
  foresee();
  dispatch();
  proceed();
  return foreseen.map(({ atMs, estimateMs }) => ({ estimateMs, tookMs: doneMs - atMs }));
}

const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const earliest = <T extends { atMs: number }>(all: readonly T[]): T | undefined =>
  all.reduce<T | undefined>((first, one) => (first && first.atMs <= one.atMs ? first : one), undefined);

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const plenty = { requestsPerMinute: 1_000, concurrentRequests: 100, tokensPerMinute: 100_000_000 };

describe('the time that a document will probably take', () => {
  it.each<[string, Run]>([
    ['the starts per minute are short', { sections: 80, meanMs: 20_000 }],
    ['requests are short', { sections: 120, meanMs: 6_000, startsPerMinute: 1_000 }],
    [
      'requests are short and some need a second one',
      { sections: 120, meanMs: 6_000, startsPerMinute: 1_000, throttled: 0.3 },
    ],
    [
      'tokens are short',
      { sections: 80, meanMs: 12_000, startsPerMinute: 1_000, inputTokens: 4_000, outputTokens: 1_300 },
    ],
    [
      'tokens are short for what is reserved',
      { sections: 80, meanMs: 30_000, startsPerMinute: 1_000, limits: { tokensPerMinute: 60_000 } },
    ],
    [
      'places are short',
      { sections: 60, meanMs: 30_000, startsPerMinute: 1_000, limits: { ...plenty, concurrentRequests: 5 } },
    ],
    ['workers are short', { sections: 60, meanMs: 15_000, slots: 2, startsPerMinute: 1_000, limits: plenty }],
    ['another tenant has a long backlog', { sections: 30, others: 300, meanMs: 10_000, startsPerMinute: 60 }],
    ['another tenant has a short backlog', { sections: 60, others: 10, meanMs: 10_000, startsPerMinute: 60 }],
    ['there are only a few sections', { sections: 14, meanMs: 20_000, slots: 4 }],
  ])('is foreseen within a fifth, nine times of ten, while %s', (_why, run) => {
    const errors = [1, 2, 3, 4, 5]
      .flatMap((seed) => simulate(run, seed))
      // At the very end it is a matter of how long the last calls take, which nobody knows.
      .filter(({ tookMs }) => tookMs > Math.max(2.5 * run.meanMs, 60_000))
      .map(({ estimateMs, tookMs }) => Math.abs(estimateMs / tookMs - 1));
    expect(errors.length).toBeGreaterThan(20);
    expect(errors.filter((error) => error <= 0.2).length / errors.length).toBeGreaterThan(0.9);
    expect(Math.max(...errors)).toBeLessThan(0.4);
  });

  const idle: FleetLoad = {
    snapshot: {
      requestsPerMinute: { used: 0, limit: 30 },
      concurrentRequests: { used: 0, limit: 5 },
      tokensPerMinute: { used: 0, limit: 120_000 },
      meanDurationMs: 10_000,
      meanChargeTokens: 4_000,
    },
    slots: 4,
    starts: { left: 10, resetMs: 60_000, perMinute: 10 },
    pausedMs: 0,
    maxTokens,
    running: [],
    calls: [],
  };

  const running = { snapshot: { ...idle.snapshot, concurrentRequests: { used: 4, limit: 5 } } };
  const four = [1_000, 2_000, 3_000, 4_000].map((startedAgoMs) => ({ startedAgoMs, isOwn: false }));

  it.each<[string, Partial<FleetLoad>, number, number | null]>([
    ['one job: one call', {}, 1, 10_000],
    ['one job more than there are workers: two calls', {}, 5, 20_000],
    ['one job more than may start in this minute: the next minute', {}, 11, 70_000],
    ['one job while every model cools', { pausedMs: 25_000 }, 1, 35_000],
    ['one job that runs', { ...running, running: [{ startedAgoMs: 4_000, isOwn: true }] }, 0, 6_000],
    ['one job behind four that run', { ...running, running: four }, 1, 16_000],
    ['nothing known before the first call', { snapshot: { ...idle.snapshot, meanDurationMs: null } }, 1, null],
    ['nothing known while no model can be called', { pausedMs: Infinity }, 1, null],
    ['nothing known without a worker', { slots: 0 }, 1, null],
  ])('is, for %s, what it must be', (_case, load, toStart, expectedMs) => {
    expect(estimateRemainingMs({ ...idle, ...load }, toStart)).toBe(expectedMs);
  });
});
