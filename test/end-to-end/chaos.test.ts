import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyzeAll, collect, manySections, names, ofType, startWorkerWith, uploadSections } from './reviewing.ts';

const sectionCount = 40;

const readDocument = `query($id: ID!) { document(id: $id) { sections {
  text
  latestAnalysis { id status error { code retryable } feedback { id title evidence { quote startOffset endOffset verified } }
    usage { inputTokens outputTokens costUsd } }
} } }`;

describe('a provider that fails in every way at once', () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, settings: { MODEL_IDLE_TIMEOUT_MS: '1000' } });
    const retry = { backoffMs: [500, 1_000, 2_000], jitter: 0.2, mostInvocations: 24 };
    worker = await startWorkerWith(prism, { retry });
  });
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  async function review(): Promise<{ sections: StreamedEvent[]; events: StreamedEvent[] }> {
    const { documentId } = await uploadSections(prism, manySections(sectionCount));
    expect(await analyzeAll(prism, documentId)).toHaveLength(sectionCount);
    const events = await collect(prism.events('documentEvents', documentId));
    const { document } = await prism.ask(readDocument, { id: documentId });
    return { sections: document.sections, events };
  }

  const found = ({ text, latestAnalysis }: StreamedEvent) => ({
    text,
    findings: latestAnalysis.feedback.map(({ title, evidence }: StreamedEvent) => ({ title, evidence })),
  });

  it('changes no finding, doubles none, and every call is counted once', { timeout: 120_000 }, async () => {
    const calm = await review();
    const seenBefore = prism.simulator.activity.counters().seen;
    const { faults } = prism.simulator;
    faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 1 }, probability: 0.3, seed: 1 });
    faults.add({ fault: { kind: 'mid-stream-exception', afterTokens: 80 }, probability: 0.05, seed: 2 });
    faults.add({ fault: { kind: 'stall', afterTokens: 40 }, probability: 0.02, seed: 3 });
    faults.add({ fault: { kind: 'clean-cut', afterTokens: 120 }, probability: 0.01, seed: 4 });
    const { sections, events } = await review();
    expect(
      faults
        .list()
        .map(({ struck }) => struck > 0)
        .slice(0, 2),
    ).toEqual([true, true]);

    const completed = sections.filter(({ latestAnalysis }) => latestAnalysis.status === 'COMPLETED');
    for (const { latestAnalysis } of sections.filter((section) => !completed.includes(section))) {
      const error = { code: 'ALL_MODELS_UNAVAILABLE', retryable: true };
      expect(latestAnalysis).toMatchObject({ status: 'FAILED', error, feedback: [] });
    }
    expect(completed.length).toBeGreaterThanOrEqual(0.9 * sectionCount);
    const inCalm = new Map(calm.sections.map((section) => [section.text, found(section)]));
    for (const section of completed) expect(found(section)).toEqual(inCalm.get(section.text));
    expect(completed.reduce((sum, { latestAnalysis }) => sum + latestAnalysis.feedback.length, 0)).toBeGreaterThan(
      completed.length,
    );

    // What a client saw since the last start is what is stored.
    for (const { latestAnalysis } of completed) {
      const log = events.filter(({ analysisId }) => analysisId === latestAnalysis.id);
      const valid = log.slice(names(log).lastIndexOf('AnalysisStarted'));
      expect(ofType(valid, 'FeedbackFound').map(({ feedback }) => feedback.id)).toEqual(
        latestAnalysis.feedback.map(({ id }: StreamedEvent) => id),
      );
      expect(names(log).at(-1)).toBe('AnalysisCompleted');
    }

    const attempts = await prism.server.runtime.db.modelAttempt.findMany({
      where: { analysisId: { in: sections.map(({ latestAnalysis }) => latestAnalysis.id) } },
    });
    const calls = attempts.filter(({ outcome }) => !outcome.startsWith('SKIPPED'));
    expect(calls).toHaveLength(prism.simulator.activity.counters().seen - seenBefore);
    const total = (field: 'inputTokens' | 'outputTokens' | 'costUsd') => ({
      attempts: attempts.reduce((sum, attempt) => sum + attempt[field], 0),
      analyses: sections.reduce((sum, { latestAnalysis }) => sum + latestAnalysis.usage[field], 0),
    });
    for (const field of ['inputTokens', 'outputTokens', 'costUsd'] as const) {
      expect(total(field).analyses).toBeCloseTo(total(field).attempts, 8);
    }
    const { concurrentRequests } = await prism.server.runtime.admission.snapshot();
    expect(concurrentRequests.used).toBe(0);
  });
});
