import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { minimalPdf } from '../support/minimal-pdf.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';

const readDocument = `query($id: ID!) {
  document(id: $id) {
    status format pageCount wordCount risk
    progress { total notStarted queued running completed failed percent }
    sections { id title level ordinal text startOffset endOffset
      latestAnalysis { id status attempt percent thinking summary risk confidence modelUsed { key } usage { inputTokens outputTokens costUsd } modelAttempts { model { key } region outcome } }
      feedback { id title confidence meetsThreshold evidence { quote startOffset endOffset verified } }
    }
  }
}`;

const analyze =
  'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } document { eventsCursor } } }';

describe('a review, end to end', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  async function review(filename: string, bytes: Uint8Array): Promise<{ id: string; events: StreamedEvent[] }> {
    const session = await prism.createSession();
    const id = await prism.uploadParsed(session, filename, bytes);
    const before = await prism.ask('query($id: ID!) { document(id: $id) { eventsCursor } }', { id });
    await prism.ask(analyze, { id });
    const events: StreamedEvent[] = [];
    for await (const event of prism.events('documentEvents', id, before.document.eventsCursor)) events.push(event);
    return { id, events };
  }

  const cases = [
    ['contract.docx', contractDocx, 'DOCX'],
    ['contract.pdf', minimalPdf, 'PDF'],
  ] as const;

  it.each(cases)(
    'of %s shows thinking, then findings, then completion, and the same findings when read',
    async (filename, make, format) => {
      const { id, events } = await review(filename, await make());
      const { document } = await prism.ask(readDocument, { id });
      expect(document).toMatchObject({ status: 'READY', format });
      expect(document.progress).toMatchObject({
        total: document.sections.length,
        completed: document.sections.length,
        percent: 100,
      });

      for (const section of document.sections) {
        const own = events.filter((event) => event.analysisId === section.latestAnalysis.id);
        const order = own.map((event) => event.__typename);
        expect(order[0]).toBe('AnalysisQueued');
        expect(order[1]).toBe('AnalysisStarted');
        expect(order.at(-1)).toBe('AnalysisCompleted');
        expect(section.feedback.length).toBeGreaterThan(0);
        expect(order.indexOf('ThinkingDelta')).toBeLessThan(order.indexOf('FeedbackFound'));
        expect(order.lastIndexOf('FeedbackFound')).toBeLessThan(order.indexOf('AnalysisCompleted'));
        const found = own.filter((event) => event.__typename === 'FeedbackFound').map((event) => event.feedback);
        expect(found.map((feedback) => feedback.id)).toEqual(
          section.feedback.map((feedback: { id: string }) => feedback.id),
        );
        const thought = own.filter((event) => event.__typename === 'ThinkingDelta').map((event) => event.text);
        expect(thought.join('')).toBe(section.latestAnalysis.thinking);
        expect(section.latestAnalysis).toMatchObject({
          status: 'COMPLETED',
          attempt: 1,
          percent: 100,
          modelUsed: { key: 'sonnet-4.5' },
        });
        expect(section.latestAnalysis.summary).toContain('Simulated');
        expect(section.latestAnalysis.usage.costUsd).toBeGreaterThan(0);
      }
      const all = document.sections.flatMap((section: { feedback: unknown[] }) => section.feedback);
      expect(all.length).toBeGreaterThan(2);
    },
  );

  it('finds every quotation at its offsets in the extracted text', async () => {
    const { id } = await review('contract.docx', await contractDocx());
    const { document } = await prism.ask(readDocument, { id });
    const text = document.sections.map((section: { text: string }) => section.text).join('');
    const quotes = document.sections.flatMap((section: StreamedEvent) =>
      section.feedback.flatMap((feedback: StreamedEvent) => feedback.evidence),
    );
    expect(quotes.length).toBeGreaterThan(2);
    for (const { quote, startOffset, endOffset, verified } of quotes) {
      expect(verified).toBe(true);
      expect(text.slice(startOffset, endOffset)).toBe(quote);
    }
  });

  it('replays the whole log to one who comes late, and nothing behind its end', async () => {
    const { id, events } = await review('late.docx', await contractDocx());
    const replayed: StreamedEvent[] = [];
    for await (const event of prism.events('documentEvents', id)) replayed.push(event);
    expect(replayed.slice(-events.length)).toEqual(events);

    const analysisId = events.find((event) => event.__typename === 'AnalysisCompleted').analysisId;
    const own: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', analysisId)) own.push(event);
    expect(own.at(-1).__typename).toBe('AnalysisCompleted');
    const behind: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', analysisId, own.at(-1).cursor)) behind.push(event);
    expect(behind).toEqual([]);
  });

  it('falls back to the next model when the first is throttled, and says so', async () => {
    prism.simulator.faults.add({ match: { modelId: 'sonnet-4.5' }, fault: { kind: 'throttle' } });
    try {
      const { id, events } = await review('throttled.docx', await contractDocx());
      const { document } = await prism.ask(readDocument, { id });
      const fell = events.find((event) => event.__typename === 'ModelFellBack');
      expect(fell).toMatchObject({ from: { key: 'sonnet-4.5' }, to: { key: 'sonnet-4.6' } });
      const attempts = document.sections.flatMap((section: StreamedEvent) => section.latestAnalysis.modelAttempts);
      expect(attempts.map((attempt: { outcome: string }) => attempt.outcome)).toContain('THROTTLED');
      for (const section of document.sections) expect(section.latestAnalysis.modelUsed.key).toBe('sonnet-4.6');
    } finally {
      prism.simulator.faults.clear();
      await Promise.all(
        ['us-east-2', 'us-west-2'].map((region) => prism.server.runtime.admission.reset('sonnet-4.5', region)),
      );
    }
  });

  it('starts over visibly when a model fails in mid-answer, and shows nothing of the void attempt afterwards', async () => {
    prism.simulator.faults.add({
      match: { nth: 1 },
      fault: { kind: 'mid-stream-exception', afterTokens: 60 },
      times: 1,
    });
    try {
      const { id, events } = await review('cut.docx', await contractDocx());
      const restarted = events.find((event) => event.__typename === 'AttemptRestarted');
      expect(restarted).toMatchObject({ attempt: 2 });
      const own = events.filter((event) => event.analysisId === restarted.analysisId);
      const behind = own.slice(own.indexOf(restarted));
      expect(behind.every((event) => event.attempt === 2)).toBe(true);
      const { document } = await prism.ask(readDocument, { id });
      const section = document.sections.find(
        (candidate: StreamedEvent) => candidate.latestAnalysis.id === restarted.analysisId,
      );
      const found = behind.filter((event) => event.__typename === 'FeedbackFound').map((event) => event.feedback.id);
      expect(section.feedback.map((feedback: { id: string }) => feedback.id)).toEqual(found);
      const thought = behind.filter((event) => event.__typename === 'ThinkingDelta').map((event) => event.text);
      expect(thought.join('')).toBe(section.latestAnalysis.thinking);
    } finally {
      prism.simulator.faults.clear();
    }
  });
});
