import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readFence } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyze, collect, logOf, names, ofType, startWorkerWith, until, uploadSections } from './reviewing.ts';

const liability = 'The Supplier shall be liable without limitation for any and all damages of whatever kind.';

const read = `query($id: ID!) { analysis(id: $id) {
  status attempt percent thinking summary risk confidence
  feedback { id title evidence { quote startOffset endOffset verified } places { feedbackId } }
  modelAttempts { outcome }
  section { text startOffset endOffset }
} }`;

const readAnalysis = async (prism: Prism, id: string): Promise<StreamedEvent> =>
  (await prism.ask(read, { id })).analysis;

/** The texts that the model was shown, in order; calls that did not get through among them. */
const shownTexts = (prism: Prism): string[] =>
  prism.simulator.activity.calls().flatMap(({ body }) => {
    const prompt = body?.messages?.[0]?.content.map((block) => ('text' in block ? block.text : '')).join('') ?? '';
    const fence = readFence(prompt);
    return fence ? [fence.text] : [];
  });

const foundIn = (events: readonly StreamedEvent[]): string[] =>
  ofType(events, 'FeedbackFound').map(({ feedback }) => feedback.id);

const thoughtIn = (events: readonly StreamedEvent[]): string =>
  ofType(events, 'ThinkingDelta')
    .map(({ text }) => text)
    .join('');

describe('a section of 200,000 characters', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 50_000 });
  });
  afterAll(() => prism.close());

  it('reaches the model whole: every paragraph, in parts, and what stands at its very end is found there', async () => {
    const neutral = (number: number): string =>
      `Paragraph ${number} describes the river, its banks and the mills along it as they were in the month of May.`;
    const paragraphs = [liability];
    for (let length = 0; length < 200_000; length += paragraphs.at(-1)!.length)
      paragraphs.push(neutral(paragraphs.length));
    paragraphs.push(liability);
    const { documentId, sectionIds } = await uploadSections(prism, [{ title: 'Long', text: paragraphs.join('\n\n') }]);
    const events = await collect(prism.events('analysisEvents', await analyze(prism, sectionIds[0])));
    expect(names(events).at(-1)).toBe('AnalysisCompleted');

    const analysis = await readAnalysis(prism, events[0].analysisId);
    const shown = shownTexts(prism);
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.join('')).toBe(analysis.section.text);
    for (const paragraph of paragraphs) expect(shown.some((text) => text.includes(paragraph))).toBe(true);

    // The same words stand at the start and at the end: each is located where the model saw it.
    const text = analysis.section.text;
    const places = analysis.feedback
      .flatMap(({ evidence }: StreamedEvent) => evidence)
      .filter(({ quote }: StreamedEvent) => quote.includes('without limitation'))
      .map(({ startOffset, endOffset, quote }: StreamedEvent) => {
        expect(text.slice(startOffset - analysis.section.startOffset, endOffset - analysis.section.startOffset)).toBe(
          quote,
        );
        return startOffset < 1_000 ? 'start' : endOffset > analysis.section.endOffset - 10 ? 'end' : 'between';
      });
    expect(new Set(places)).toEqual(new Set(['start', 'end']));

    // They say the same, so the document shows them once.
    const { document } = await prism.ask(
      `query($id: ID!) { document(id: $id) { feedback(first: 100) { totalCount nodes { id places { feedbackId } } } } }`,
      { id: documentId },
    );
    expect(document.feedback.totalCount).toBeLessThan(analysis.feedback.length);
    expect(document.feedback.nodes.some(({ places }: StreamedEvent) => places.length === 2)).toBe(true);

    const percents = ofType(events, 'ProgressChanged').map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(analysis.summary.split('\n\n')).toHaveLength(shown.length);
    expect(thoughtIn(events)).toBe(analysis.thinking);
    expect(foundIn(events)).toEqual(analysis.feedback.map(({ id }: StreamedEvent) => id));
    expect(events.every(({ attempt }) => attempt <= 1)).toBe(true);
  });
});

/** About three times what goes into one request at the smallest setting, with something to find in each third. */
const threeParts = Array.from({ length: 36 }, (_, index) => {
  const number = index + 1;
  return number % 12 === 6
    ? `In clause ${number}, ${liability.charAt(0).toLowerCase()}${liability.slice(1)}`
    : `Clause ${number} describes the river, its banks and the mills along it as they were long ago in May.`;
}).join('\n\n');
const partsSetting = { MAX_SECTION_TOKENS: '500' };

/** How often each clause was asked for, in calls that got an answer or began one. */
const timesShown = (prism: Prism, clause: number): number =>
  shownTexts(prism).filter((text) => new RegExp(`[Cc]lause ${clause}\\b`).test(text)).length;

async function expectWhole(prism: Prism, id: string, events: readonly StreamedEvent[]): Promise<StreamedEvent> {
  const analysis = await readAnalysis(prism, id);
  const last = names(events).lastIndexOf('AttemptRestarted');
  const valid = events.slice(last + 1);
  expect(analysis.status).toBe('COMPLETED');
  expect(foundIn(valid)).toEqual(analysis.feedback.map((feedback: StreamedEvent) => feedback.id));
  expect(thoughtIn(valid)).toBe(analysis.thinking);
  expect(analysis.summary.split('\n\n')).toHaveLength(3);
  expect(events).toEqual(await logOf(prism, id));
  return analysis;
}

describe('a worker that is killed in the second of three parts', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, tokensPerSecond: 1_000, settings: partsSetting });
  });
  afterAll(() => prism.close());

  it('is succeeded by one that goes on with the second; what the first had found stays and is sent again', async () => {
    const secondPart = { textIncludes: 'Clause 20 ' };
    prism.simulator.faults.add({ match: secondPart, fault: { kind: 'stall', afterTokens: 40 }, times: 1 });
    const victim = await prism.forkWorker();
    const { sectionIds } = await uploadSections(prism, [{ title: 'Long', text: threeParts }]);
    const id = await analyze(prism, sectionIds[0]);
    const events = prism.events('analysisEvents', id);
    const taken: StreamedEvent[] = [];
    await until(events, 'ModelSelected', taken);
    await until(events, 'ModelSelected', taken);
    await until(events, 'ThinkingDelta', taken);
    const firstFound = foundIn(taken);
    expect(firstFound.length).toBeGreaterThan(0);
    await prism.forkWorker();
    victim.kill('SIGKILL');
    await until(events, 'AttemptRestarted', taken);
    const behind = await collect(events);
    expect(names(behind)[0]).toBe('AnalysisStarted');
    expect(foundIn(behind).slice(0, firstFound.length)).toEqual(firstFound);
    const analysis = await expectWhole(prism, id, [...taken, ...behind]);
    expect(analysis.attempt).toBe(2);
    expect(timesShown(prism, 1)).toBe(1);
    expect(timesShown(prism, 36)).toBe(1);
    expect(prism.simulator.activity.counters()).toMatchObject({ completed: 3, aborted: 1 });
    // Two processes have to start.
  }, 90_000);
});

describe('a review in parts', () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  beforeAll(async () => {
    const settings = { ...partsSetting, MODEL_CHAIN: 'sonnet-4.5', BEDROCK_REGIONS: 'us-east-2' };
    prism = await startPrism({ workers: 0, settings });
    worker = await startWorkerWith(prism, { maxWaitInPlaceMs: 100 });
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  const review = async (): Promise<{ id: string; events: StreamedEvent[]; shownBefore: number }> => {
    const shownBefore = timesShown(prism, 1);
    const { sectionIds } = await uploadSections(prism, [{ title: 'Long', text: threeParts }]);
    const id = await analyze(prism, sectionIds[0]);
    return { id, events: await collect(prism.events('analysisEvents', id)), shownBefore };
  };

  it('that the throttle defers between two parts goes on behind the first, in the same attempt', async () => {
    prism.simulator.faults.add({
      match: { textIncludes: 'Clause 20 ' },
      fault: { kind: 'throttle', retryAfterSeconds: 1 },
      times: 1,
    });
    const { id, events, shownBefore } = await review();
    expect(names(events)).toContain('ThrottleWaiting');
    expect(names(events)).not.toContain('AttemptRestarted');
    const analysis = await expectWhole(prism, id, events);
    expect(analysis.attempt).toBe(1);
    expect(analysis.modelAttempts.map(({ outcome }: StreamedEvent) => outcome)).toEqual([
      'SUCCEEDED',
      'THROTTLED',
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
    expect(timesShown(prism, 1) - shownBefore).toBe(1);
  });

  it('whose model fails in the middle of the second part starts over with that part alone', async () => {
    prism.simulator.faults.add({
      match: { textIncludes: 'Clause 20 ' },
      fault: { kind: 'mid-stream-exception', afterTokens: 60 },
      times: 1,
    });
    const { id, events, shownBefore } = await review();
    const restartedAt = names(events).indexOf('AttemptRestarted');
    const firstFound = foundIn(events.slice(0, names(events).indexOf('ModelSelected', 3)));
    expect(restartedAt).toBeGreaterThan(0);
    expect(foundIn(events.slice(restartedAt)).slice(0, firstFound.length)).toEqual(firstFound);
    const analysis = await expectWhole(prism, id, events);
    expect(analysis.attempt).toBe(2);
    expect(timesShown(prism, 1) - shownBefore).toBe(1);
  });

  it('fails as a whole when one part cannot be answered: half a review does not look like one', async () => {
    prism.simulator.faults.add({ match: { textIncludes: 'Clause 20 ' }, fault: { kind: 'unrecognized-client' } });
    const { id, events } = await review();
    expect(names(events).at(-1)).toBe('AnalysisFailed');
    expect(await readAnalysis(prism, id)).toMatchObject({ status: 'FAILED', feedback: [] });
  });
});

describe('the time limit of a review in parts', () => {
  const limitMs = 5_000;
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, settings: partsSetting });
    worker = await startWorkerWith(prism, {}, { analysisTimeoutMs: limitMs });
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  const review = async (): Promise<StreamedEvent> => {
    const { sectionIds } = await uploadSections(prism, [{ title: 'Long', text: threeParts }]);
    const id = await analyze(prism, sectionIds[0]);
    await collect(prism.events('analysisEvents', id));
    return (
      await prism.ask('query($id: ID!) { analysis(id: $id) { status startedAt finishedAt error { code } } }', { id })
    ).analysis;
  };

  it('counts anew for each of them: together they may take longer', async () => {
    prism.simulator.faults.add({ fault: { kind: 'stall', durationMs: limitMs / 2 } });
    const { status, startedAt, finishedAt } = await review();
    expect(status).toBe('COMPLETED');
    expect(Date.parse(finishedAt) - Date.parse(startedAt)).toBeGreaterThan(limitMs);
  });

  it('ends the analysis when one of them takes longer', async () => {
    prism.simulator.faults.add({ match: { textIncludes: 'Clause 20 ' }, fault: { kind: 'stall' } });
    expect(await review()).toMatchObject({ status: 'FAILED', error: { code: 'TIMED_OUT' } });
  });
});
