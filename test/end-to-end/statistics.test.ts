import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyzeAll, logOf, manySections, uploadSections, type Uploaded } from './reviewing.ts';

const figures = `
  documents sections analyses completedAnalyses failedAnalyses chatMessages feedback
  feedbackByRisk { risk count } feedbackByStatus { status count } acceptanceRate averageConfidence
  modelUsage { model { key } requests share usage { inputTokens costUsd } } fallbacks throttles
  usage { inputTokens outputTokens cacheReadTokens cacheWriteTokens costUsd }
  analysisLatencyMs { p50 p95 p99 } timeToFirstTokenMs { p50 p95 p99 } contextTokensSaved
  calibration { model { key } category risk decided accepted acceptanceRate low high }`;

describe('statistics, seen through the API', () => {
  let prism: Prism;
  let reviewed: Uploaded;
  let findings: readonly { id: string; risk: string }[];
  let attempts: readonly { outcome: string; model: { key: string } }[];
  beforeAll(async () => {
    prism = await startPrism({ settings: { RECONCILE_INTERVAL_MS: '500' } });
    prism.simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' } });
    reviewed = await uploadSections(prism, manySections(3));
    for (const id of await analyzeAll(prism, reviewed.documentId)) await logOf(prism, id);
    const query = `query($id: ID!) { document(id: $id) {
      feedback(first: 100) { nodes { id risk } } sections { latestAnalysis { modelAttempts { outcome model { key } } } }
    } }`;
    const { document } = await prism.ask(query, { id: reviewed.documentId });
    findings = document.feedback.nodes;
    attempts = document.sections.flatMap((section: StreamedEvent) => section.latestAnalysis.modelAttempts);
  });
  afterAll(() => prism.close());

  const read = async (variables = {}): Promise<StreamedEvent> =>
    (
      await prism.ask(
        `query($since: DateTime, $until: DateTime) { statistics(since: $since, until: $until) { ${figures} } }`,
        variables,
      )
    ).statistics;

  const decide = (id: string | undefined, status: string): Promise<unknown> =>
    prism.ask(
      `mutation($ids: [ID!]!, $status: FeedbackStatus!) { decideFeedback(input: { ids: $ids, status: $status }) { feedback { id } } }`,
      { ids: [id], status },
    );

  async function* updates(intervalMs: number): AsyncIterableIterator<StreamedEvent> {
    const query = `subscription($intervalMs: Int) { statisticsUpdates(intervalMs: $intervalMs) { ${figures} } }`;
    for await (const { data, errors } of prism.connect().iterate({ query, variables: { intervalMs } })) {
      if (errors?.[0]) throw Object.assign(new Error(errors[0].message), { extensions: errors[0].extensions });
      yield data?.['statisticsUpdates'];
    }
  }

  it('are those of a review that has just been made', async () => {
    const found = await read();
    expect(findings.length).toBeGreaterThan(0);
    expect(found).toMatchObject({
      documents: 1,
      sections: 3,
      analyses: 3,
      completedAnalyses: 3,
      failedAnalyses: 0,
      chatMessages: 0,
      feedback: findings.length,
      acceptanceRate: null,
      throttles: attempts.filter(({ outcome }) => outcome === 'THROTTLED').length,
      fallbacks: 3,
      calibration: [],
    });
    for (const { risk, count } of found.feedbackByRisk)
      expect(count).toBe(findings.filter((finding) => finding.risk === risk).length);
    const calls = prism.simulator.activity.counters().seen;
    const requests = found.modelUsage.map((model: { requests: number }) => model.requests);
    expect(requests.reduce((sum: number, count: number) => sum + count, 0)).toBe(calls);
    expect(found.throttles).toBeGreaterThan(0);
    expect(found.usage.inputTokens).toBeGreaterThan(0);
    expect(found.usage.costUsd).toBeGreaterThan(0);
    expect(found.analysisLatencyMs.p50).toBeGreaterThan(0);
    expect(found.timeToFirstTokenMs.p99).toBeGreaterThanOrEqual(found.timeToFirstTokenMs.p50);
  });

  it('are the same for the session that has it all, and zeros for one that has nothing', async () => {
    const emptyId = await prism.createSession('empty');
    const { sessions } = await prism.ask(`{ sessions { nodes { id statistics { ${figures} } } } }`);
    const [empty, full] = sessions.nodes;
    expect(full.statistics).toEqual(await read());
    expect(empty).toMatchObject({ id: emptyId, statistics: { documents: 0, feedback: 0, usage: { costUsd: 0 } } });
  });

  it('know a window, and refuse one that ends before it begins', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect(await read({ until: later })).toEqual(await read());
    expect(await read({ since: later })).toMatchObject({ documents: 0, sections: 0, analyses: 0, feedback: 0 });
    const { errors } = await prism.query(
      'query($since: DateTime, $until: DateTime) { statistics(since: $since, until: $until) { documents } }',
      {
        since: later,
        until: '2026-01-01T00:00:00.000Z',
      },
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('are pushed: the first value at once, the next when a finding is decided', async () => {
    const values = updates(250);
    const { value: before } = await values.next();
    expect(before.feedback).toBe(findings.length);
    await decide(findings[0]?.id, 'ACCEPTED');
    const { value: accepted } = await values.next();
    const model = attempts.find(({ outcome }) => outcome === 'SUCCEEDED')?.model;
    const line = { model, decided: 1, accepted: 1, high: 1 };
    expect(accepted).toMatchObject({ acceptanceRate: 1, calibration: [line] });
    expect(accepted.calibration[0].low).toBeCloseTo(0.2065, 4);
    await decide(findings[0]?.id, 'REJECTED');
    expect((await values.next()).value.acceptanceRate).toBe(0);
    await decide(findings[0]?.id, 'PENDING');
    expect((await values.next()).value).toEqual(before);
    await values.return?.();
    await expect(updates(10).next()).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('stay quick: workers merge what they are added up from', async () => {
    const fresh = async (): Promise<unknown> => {
      const [row] = await prism.server.runtime.db.$queryRaw<{ rows: number }[]>`
        SELECT ((SELECT count(*) FROM "FindingTally" WHERE "isFresh") + (SELECT count(*) FROM "CallTally" WHERE "isFresh"))::int AS "rows"`;
      return row?.rows;
    };
    const before = await read();
    await expect.poll(fresh, { timeout: 10_000 }).toBe(0);
    expect(await read()).toEqual(before);
  });
});
