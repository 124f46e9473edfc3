import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createStatistics, readAll } from '../../../src/services/statistics/statistics.ts';
import { useTestDb } from '../../support/services.ts';
import { at, createRows, type Rows } from './rows.ts';

const db = useTestDb({ poolSize: 4 });
let rows: Rows;
const statistics = createStatistics({ db, clock: systemClock });
beforeEach(() => {
  rows = createRows(db, randomUUID());
});

const read = (window = {}) => readAll(statistics.of(rows.caller, window));
const section = async () => rows.section(await rows.document(await rows.session(), at('12:00:00')));

describe('statistics of a tenant', () => {
  it('are zeros and nulls where there is nothing', async () => {
    expect(await read()).toEqual({
      contents: { documents: 0, sections: 0, chatMessages: 0 },
      analyses: {
        analyses: 0,
        completedAnalyses: 0,
        failedAnalyses: 0,
        contextTokensSaved: 0,
        analysisLatencyMs: { p50: null, p95: null, p99: null },
      },
      findings: {
        feedback: 0,
        feedbackByRisk: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].map((risk) => ({ risk, count: 0 })),
        feedbackByStatus: ['PENDING', 'ACCEPTED', 'REJECTED'].map((status) => ({ status, count: 0 })),
        acceptanceRate: null,
        averageConfidence: null,
      },
      calls: {
        modelUsage: [],
        throttles: 0,
        fallbacks: 0,
        usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 },
      },
      firstTokens: { p50: null, p95: null, p99: null },
      calibration: [],
    });
  });

  it('count documents, sections, messages and analyses by their state', async () => {
    const sessionId = await rows.session();
    const documentId = await rows.document(sessionId, at('10:00:00'));
    await rows.document(sessionId, at('10:00:00'));
    const [first, second] = [await rows.section(documentId), await rows.section(documentId)];
    const took = (ms: number) => ({ startedAt: at('11:00:00'), finishedAt: new Date(at('11:00:00').getTime() + ms) });
    await rows.analysis(first, { contextTokensSaved: 40, ...took(1_001) });
    await rows.analysis(first, { contextTokensSaved: 2, ...took(2_003) });
    await rows.analysis(second, { status: 'FAILED', ...took(60_000) });
    await rows.analysis(second, { status: 'RUNNING', startedAt: at('11:00:00') });
    await rows.message(documentId, 'USER', at('12:00:00'));
    await rows.message(documentId, 'ASSISTANT', at('12:00:00'));
    const { contents, analyses } = await read();
    expect(contents).toEqual({ documents: 2, sections: 2, chatMessages: 2 });
    expect(analyses).toMatchObject({
      analyses: 4,
      completedAnalyses: 2,
      failedAnalyses: 1,
      contextTokensSaved: 42,
      analysisLatencyMs: { p50: 1_502 },
    });
    expect(analyses.analysisLatencyMs.p99).toBeCloseTo(1_001 + 0.99 * 1_002, 6);
  });

  it('break findings down by risk and decision; the rate is over the decided, not over all', async () => {
    const one = await section();
    const { id } = await rows.analysis(one);
    await rows.finding(one, id, { risk: 'LOW', status: 'ACCEPTED', confidence: 0.5 });
    await rows.finding(one, id, { risk: 'HIGH', status: 'ACCEPTED', confidence: 0.6 });
    await rows.finding(one, id, { risk: 'HIGH', status: 'REJECTED', confidence: 0.7 });
    await rows.finding(one, id, { risk: 'CRITICAL', confidence: 0.8 });
    expect((await read()).findings).toMatchObject({ feedback: 4, acceptanceRate: 2 / 3 });
    await rows.finding(one, null, { risk: 'MEDIUM', confidence: 1 });
    const { findings } = await read();
    expect(findings.feedback).toBe(5);
    expect(findings.feedbackByRisk.map(({ count }) => count)).toEqual([1, 1, 2, 1]);
    expect(findings.feedbackByStatus.map(({ count }) => count)).toEqual([2, 2, 1]);
    expect(findings.averageConfidence).toBeCloseTo(0.72, 10);
  });

  it('have no acceptance rate while nothing is decided, and 0 when all is rejected', async () => {
    const one = await section();
    const { id } = await rows.finding(one, null);
    expect((await read()).findings.acceptanceRate).toBeNull();
    await db.feedback.update({ where: { id }, data: { status: 'REJECTED' } });
    expect((await read()).findings.acceptanceRate).toBe(0);
  });

  it('leave out findings of a superseded analysis, and have them again when it is the latest again', async () => {
    const one = await section();
    const before = await rows.analysis(one);
    await rows.finding(one, before.id);
    await rows.finding(one, before.id);
    await rows.finding(one, null);
    const rerun = await rows.analysis(one);
    expect((await read()).findings.feedback).toBe(1);
    await rows.finding(one, rerun.id);
    expect((await read()).findings.feedback).toBe(2);
    // As of a worker that has not heard yet that its analysis was superseded.
    await rows.finding(one, before.id);
    expect((await read()).findings.feedback).toBe(2);
    await db.section.update({ where: { id: one.id }, data: { currentAnalysisId: before.id } });
    expect((await read()).findings.feedback).toBe(4);
    await db.analysis.delete({ where: { id: before.id } });
    expect((await read()).findings.feedback).toBe(1);
  });

  it('count findings that say the same once, as the first of them that counts', async () => {
    const documentId = await rows.document(await rows.session(), at('12:00:00'));
    const [one, other] = [await rows.section(documentId), await rows.section(documentId)];
    const [ofOne, ofOther] = [await rows.analysis(one), await rows.analysis(other)];
    const first = await rows.finding(one, ofOne.id, { risk: 'HIGH', status: 'ACCEPTED', confidence: 0.9 });
    const { id: groupId } = first;
    await rows.finding(other, ofOther.id, { groupId, risk: 'LOW', confidence: 0.5 });
    await rows.finding(other, ofOther.id, { groupId, risk: 'CRITICAL', confidence: 0.1 });
    await rows.finding(other, ofOther.id, { risk: 'MEDIUM', confidence: 0.3 });
    const { findings } = await read();
    expect(findings.feedbackByRisk.map(({ count }) => count)).toEqual([0, 1, 1, 0]);
    expect(findings.averageConfidence).toBeCloseTo(0.6, 10);
    await rows.analysis(one);
    const after = await read();
    expect(after.findings.feedbackByRisk.map(({ count }) => count)).toEqual([1, 1, 0, 0]);
    expect(after.findings.acceptanceRate).toBeNull();
  });

  it('are of one tenant and know nothing of another', async () => {
    const mine = await section();
    const mineId = (await rows.analysis(mine)).id;
    await rows.finding(mine, mineId, { status: 'ACCEPTED' });
    await rows.call({ analysisId: mineId }, 'sonnet-4.5', 'SUCCEEDED', { firstTokenMs: 5 });
    const before = await read();
    const stranger = createRows(db, randomUUID());
    const theirs = await stranger.section(await stranger.document(await stranger.session(), at('12:00:00')));
    const { id } = await stranger.analysis(theirs);
    await stranger.finding(theirs, id, { status: 'REJECTED' });
    await stranger.message(theirs.documentId, 'USER', at('12:00:00'));
    await stranger.call({ analysisId: id }, 'haiku-4.5', 'THROTTLED');
    await stranger.call({ analysisId: id }, 'sonnet-4.5', 'SUCCEEDED', { firstTokenMs: 9 });
    expect(await read()).toEqual(before);
  });
});

describe('a window', () => {
  it('has what happens at its beginning, and not what happens at its end', async () => {
    const sessionId = await rows.session();
    for (const time of ['09:59:59.999', '10:00:00.000', '10:59:59.999', '11:00:00.000'].map(at)) {
      const documentId = await rows.document(sessionId, time);
      const one = await rows.section(documentId);
      const analysis = await rows.analysis(one, { createdAt: time });
      await rows.finding(one, analysis.id, { createdAt: time, status: 'ACCEPTED' });
      await rows.message(documentId, 'USER', time);
      await rows.call({ analysisId: analysis.id }, 'a', 'THROTTLED', { startedAt: time, firstTokenMs: null });
      await rows.call({ analysisId: analysis.id }, 'b', 'SUCCEEDED', { startedAt: time, inputTokens: 7 });
    }
    const countsOf = async (window: object) => {
      const { contents, analyses, findings, calls, calibration } = await read(window);
      const counts = [
        contents.documents,
        contents.sections,
        contents.chatMessages,
        analyses.analyses,
        findings.feedback,
      ];
      return [...counts, calls.throttles, calls.usage.inputTokens / 7, calls.fallbacks, calibration[0]?.decided ?? 0];
    };
    const every = (count: number): number[] => Array.from({ length: 9 }, () => count);
    expect(await countsOf({})).toEqual(every(4));
    expect(await countsOf({ since: at('10:00:00') })).toEqual(every(3));
    expect(await countsOf({ until: at('11:00:00') })).toEqual(every(3));
    expect(await countsOf({ since: at('10:00:00'), until: at('11:00:00') })).toEqual(every(2));
    expect(await countsOf({ since: at('10:00:00'), until: at('10:00:00') })).toEqual(every(0));
  });

  it('counts a group in each window in which it has a finding', async () => {
    const one = await section();
    const { id: groupId } = await rows.finding(one, null, { createdAt: at('10:00:00') });
    await rows.finding(one, null, { createdAt: at('12:00:00'), groupId });
    expect((await read()).findings.feedback).toBe(1);
    expect((await read({ since: at('11:00:00') })).findings.feedback).toBe(1);
    expect((await read({ until: at('11:00:00') })).findings.feedback).toBe(1);
  });

  it('is refused when it ends before it begins', () => {
    const backwards = { since: at('11:00:00'), until: at('10:59:59') };
    expect(() => statistics.of(rows.caller, backwards)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('statistics of sessions', () => {
  it('are each of its own documents, in the order in which they are asked for', async () => {
    const sessionIds = [await rows.session(), await rows.session(), await rows.session()];
    const [full, half] = sessionIds;
    for (const [sessionId, findings] of [
      [full, 3],
      [half, 1],
    ] as const) {
      const documentId = await rows.document(sessionId ?? '', at('12:00:00'));
      const one = await rows.section(documentId);
      const took = { startedAt: at('12:00:00'), finishedAt: at(`12:00:0${findings}`) };
      const { id } = await rows.analysis(one, took);
      for (let count = 0; count < findings; count += 1) await rows.finding(one, id, { status: 'ACCEPTED' });
      await rows.call({ analysisId: id }, 'a', 'SKIPPED_COOLING_DOWN');
      await rows.call({ analysisId: id }, 'b', 'SUCCEEDED', { firstTokenMs: 100 * findings });
      const messageId = await rows.message(documentId, 'ASSISTANT', at('12:00:00'));
      await rows.call({ messageId }, 'a', 'THROTTLED', { inputTokens: findings });
    }
    const of = <K extends Parameters<typeof statistics.ofSessions>[1]>(name: K) =>
      statistics.ofSessions(rows.caller, name, sessionIds.toReversed());
    expect((await of('contents')).map(({ documents }) => documents)).toEqual([0, 1, 1]);
    expect((await of('contents')).map(({ sections }) => sections)).toEqual([0, 1, 1]);
    expect((await of('contents')).map(({ chatMessages }) => chatMessages)).toEqual([0, 1, 1]);
    expect((await of('analyses')).map(({ analysisLatencyMs }) => analysisLatencyMs.p50)).toEqual([null, 1_000, 3_000]);
    expect((await of('findings')).map(({ feedback }) => feedback)).toEqual([0, 1, 3]);
    expect((await of('calls')).map(({ modelUsage }) => modelUsage.length)).toEqual([0, 2, 2]);
    expect((await of('calls')).map(({ usage }) => usage.inputTokens)).toEqual([0, 1, 3]);
    expect((await of('firstTokens')).map(({ p99 }) => p99)).toEqual([null, 100, 300]);
    expect((await of('calls')).map(({ fallbacks }) => fallbacks)).toEqual([0, 1, 1]);
    expect((await of('calibration')).map(([group]) => group?.decided)).toEqual([undefined, 1, 3]);
    const stranger = createRows(db, randomUUID());
    const [theirs] = await statistics.ofSessions(stranger.caller, 'findings', [full ?? '']);
    expect(theirs?.feedback).toBe(0);
  });
});
