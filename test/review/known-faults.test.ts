import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswerParser } from '../../src/review/answer-parser.ts';
import { findingConfidence } from '../../src/review/confidence.ts';
import { writeRows } from '../../src/review/context-rows.ts';
import { decode } from '@toon-format/toon';
import { analyze, collect, uploadSections } from '../end-to-end/reviewing.ts';
import { readFence } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { unescapeFence } from '../../src/review/fence.ts';
import { startPrism, type Prism } from '../support/prism.ts';

const readSection = `query($id: ID!) { section(id: $id) {
  text startOffset
  latestAnalysis { status attempt summary risk confidence thinking contextTokensSaved promptVersion error { code retryable }
    modelAttempts { model { key } outcome } }
  feedback { title confidence evidence { quote verified startOffset } }
} }`;

/** Faults that reviewers of documents with models have had, in earlier works of the kind. Each is impossible here. */
describe('known faults', { timeout: 60_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  async function review(text: string, title = 'Liability') {
    const { sectionIds } = await uploadSections(prism, [{ title, text }]);
    const events = await collect(prism.events('analysisEvents', await analyze(prism, sectionIds[0])));
    const { section } = await prism.ask(readSection, { id: sectionIds[0] });
    return { section, events };
  }

  const risky = 'The Supplier shall be liable without limitation for any and all damages of whatever kind.';

  it('a model that fails leads to no invented findings, and none of its half answer stay', async () => {
    prism.simulator.faults.add({ fault: { kind: 'missing-summary' } });
    try {
      const { section, events } = await review(risky);
      expect(events.filter((event) => event.__typename === 'FeedbackFound').length).toBeGreaterThan(0);
      expect(section.latestAnalysis).toMatchObject({ status: 'FAILED', summary: null, risk: null, confidence: null });
      expect(section.latestAnalysis.error).toEqual({ code: 'ALL_MODELS_UNAVAILABLE', retryable: true });
      expect(section.feedback).toEqual([]);
    } finally {
      prism.simulator.faults.clear();
    }
  });

  it('a malformed answer is repaired once, by asking the model that wrote it, and nothing of it is shown afterwards', async () => {
    prism.simulator.faults.add({ fault: { kind: 'malformed-output' }, times: 1 });
    try {
      const { section, events } = await review(risky);
      expect(section.latestAnalysis).toMatchObject({
        status: 'COMPLETED',
        attempt: 2,
        modelAttempts: [
          { model: { key: 'sonnet-4.5' }, outcome: 'REJECTED' },
          { model: { key: 'sonnet-4.5' }, outcome: 'SUCCEEDED' },
        ],
      });
      expect(events.map((event) => event.__typename)).not.toContain('ModelFellBack');
      const behind = events.slice(events.findIndex((event) => event.__typename === 'AttemptRestarted'));
      const shown = behind.filter((event) => event.__typename === 'FeedbackFound').map((event) => event.feedback.title);
      expect(section.feedback.map(({ title }: { title: string }) => title)).toEqual(shown);
      expect(shown.length).toBeGreaterThan(0);
      const { body } = prism.simulator.activity.calls().at(-1) ?? {};
      expect(body?.messages?.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    } finally {
      prism.simulator.faults.clear();
    }
  });

  it('a text is not cut at 8,000 characters: what stands at its very end is found there', async () => {
    const filler = 'The parties meet on the first Monday of each month in the office of the Customer in Ghent. ';
    const text = `${filler.repeat(300)}${risky}`;
    const { section } = await review(text, 'Meetings');
    expect(section.text.length).toBeGreaterThan(27_000);
    const sent = prism.simulator.activity.calls().flatMap(({ body }) => body?.messages?.[0]?.content[0]?.text ?? []);
    expect(sent.some((message) => readFence(message)?.text === section.text)).toBe(true);
    const places = section.feedback.flatMap(({ evidence }: { evidence: { startOffset: number }[] }) =>
      evidence.map(({ startOffset }) => startOffset - section.startOffset),
    );
    expect(Math.max(...places)).toBeGreaterThan(26_000);
  });

  it('a missing confidence is malformed, and no default lets a finding pass its own filter', () => {
    const finding = { type: 'finding', category: 'C', title: 'T', detail: 'D', evidence: ['x'] };
    const read = (value: object) => createAnswerParser().push(`${JSON.stringify(value)}\n`);
    for (const confidence of [undefined, null, '', '0.9', 'high', -0.1, 1.1])
      expect(read({ ...finding, confidence })).toMatchObject([{ type: 'malformed' }]);
    expect(read({ ...finding, confidence: 0.3 })).toMatchObject([{ finding: { confidence: 0.3 } }]);
    expect(findingConfidence({ selfReported: 1, evidence: [], recommendation: null, questions: [] })).toBeLessThan(0.8);
  });

  it('tables keep their data: "007", "1.10" and the empty string come back as they were', () => {
    const rows = Array.from({ length: 5 }, () => ({ '007': '007', version: '1.10', empty: '', flag: 'true' }));
    const { text, format } = writeRows(rows);
    expect(format).toBe('TOON');
    expect(decode(unescapeFence(text))).toEqual(rows);
  });

  it('what tables save is stored with the analysis, and so is the version of the prompt', async () => {
    const sections = Array.from({ length: 20 }, (_, index) => ({ title: `Clause ${index}`, text: risky }));
    const { sectionIds } = await uploadSections(prism, sections);
    await collect(prism.events('analysisEvents', await analyze(prism, sectionIds[7])));
    const { section } = await prism.ask(readSection, { id: sectionIds[7] });
    expect(section.latestAnalysis.contextTokensSaved).toBeGreaterThan(50);
    expect(section.latestAnalysis.promptVersion).toMatch(/^review-\d+\+[0-9a-f]{12}$/);
  });
});
