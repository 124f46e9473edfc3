import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';

const analyzeOne = 'mutation($id: ID!) { analyzeSection(input: { sectionId: $id }) { analysis { id } } }';
const readAnalysis = `query($id: ID!) { analysis(id: $id) { status attempt thinking error { code } feedback { id } modelAttempts { outcome } usage { outputTokens } } }`;

async function firstSection(prism: Prism): Promise<string> {
  const session = await prism.createSession();
  const id = await prism.uploadParsed(session, 'contract.docx', await contractDocx());
  const { document } = await prism.ask('query($id: ID!) { document(id: $id) { sections { id } } }', { id });
  return document.sections[0].id;
}

const names = (events: readonly StreamedEvent[]): string[] => events.map((event) => event.__typename);

async function until(
  events: AsyncIterator<StreamedEvent>,
  typename: string,
  taken: StreamedEvent[],
): Promise<StreamedEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The events ended without ${typename}: ${names(taken).join(' ')}`);
    taken.push(value);
    if (value.__typename === typename) return value;
  }
}

describe('a worker process that is killed in mid-stream', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, tokensPerSecond: 60 });
  });
  afterAll(() => prism.close());

  it('is succeeded by another; the client sees AttemptRestarted, then a whole stream, and nothing is doubled', async () => {
    const victim = await prism.forkWorker();
    // It does not finish before its end, however long its successor takes to start.
    prism.simulator.faults.add({ fault: { kind: 'stall' }, times: 1 });
    const sectionId = await firstSection(prism);
    const { analyzeSection } = await prism.ask(analyzeOne, { id: sectionId });
    const { id } = analyzeSection.analysis;
    const events = prism.events('analysisEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'ThinkingDelta', seen);
    await prism.forkWorker();
    victim.kill('SIGKILL');
    const restarted = await until(events, 'AttemptRestarted', seen);
    expect(restarted.attempt).toBe(2);
    const behind: StreamedEvent[] = [];
    for await (const event of events) behind.push(event);

    expect(behind.every((event) => event.attempt === 2)).toBe(true);
    expect(names(behind)[0]).toBe('AnalysisStarted');
    expect(names(behind).at(-1)).toBe('AnalysisCompleted');
    const { analysis } = await prism.ask(readAnalysis, { id });
    expect(analysis).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    const found = behind.filter((event) => event.__typename === 'FeedbackFound').map((event) => event.feedback.id);
    expect(found.length).toBeGreaterThan(0);
    expect(analysis.feedback.map((feedback: { id: string }) => feedback.id)).toEqual(found);
    const thought = behind.filter((event) => event.__typename === 'ThinkingDelta').map((event) => event.text);
    expect(thought.join('')).toBe(analysis.thinking);
  });
});

describe('interrupting an analysis', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 100 });
  });
  afterAll(() => prism.close());

  it('cancels it in mid-stream: the model is stopped, the log ends, and it can be retried', async () => {
    const sectionId = await firstSection(prism);
    const { analyzeSection } = await prism.ask(analyzeOne, { id: sectionId });
    const { id } = analyzeSection.analysis;
    const events = prism.events('analysisEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'ThinkingDelta', seen);
    const cancel = 'mutation($id: ID!) { cancelAnalysis(input: { id: $id }) { analysis { status feedback { id } } } }';
    const { cancelAnalysis } = await prism.ask(cancel, { id });
    expect(cancelAnalysis.analysis.status).toBe('CANCELLED');
    for await (const event of events) seen.push(event);
    expect(names(seen).at(-1)).toBe('AnalysisCancelled');
    await prism.simulator.activity.waitFor(({ inFlight, aborted }) => inFlight === 0 && aborted === 1);

    const again = await prism.ask(cancel, { id });
    expect(again.cancelAnalysis.analysis.status).toBe('CANCELLED');
    const retry = 'mutation($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { id } } }';
    const { retryAnalysis } = await prism.ask(retry, { id });
    const rest: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', retryAnalysis.analysis.id)) rest.push(event);
    expect(names(rest).at(-1)).toBe('AnalysisCompleted');
  });

  it('cancels what is queued and running of a document together', async () => {
    const session = await prism.createSession();
    const id = await prism.uploadParsed(session, 'contract.docx', await contractDocx());
    await prism.ask('mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }', { id });
    const cancelAll =
      'mutation($id: ID!) { cancelDocumentAnalyses(input: { documentId: $id }) { cancelled document { progress { cancelled } } } }';
    const { cancelDocumentAnalyses } = await prism.ask(cancelAll, { id });
    expect(cancelDocumentAnalyses).toMatchObject({ cancelled: 3, document: { progress: { cancelled: 3 } } });
    const all: StreamedEvent[] = [];
    for await (const event of prism.events('documentEvents', id)) all.push(event);
    expect(names(all).filter((name) => name === 'AnalysisCancelled')).toHaveLength(3);
  });

  it('fails an analysis truly when the provider refuses every model, and a retry succeeds', async () => {
    const sectionId = await firstSection(prism);
    prism.simulator.faults.add({ fault: { kind: 'unrecognized-client' } });
    const { analyzeSection } = await prism.ask(analyzeOne, { id: sectionId });
    const { id } = analyzeSection.analysis;
    const seen: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', id)) seen.push(event);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'AnalysisFailed',
      problem: { code: 'SERVICE_UNAVAILABLE', retryable: true },
    });
    const { analysis } = await prism.ask(readAnalysis, { id });
    expect(analysis).toMatchObject({ status: 'FAILED', feedback: [], error: { code: 'SERVICE_UNAVAILABLE' } });
    prism.simulator.faults.clear();
    const { retryAnalysis } = await prism.ask(
      'mutation($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { id } } }',
      { id },
    );
    const rest: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', retryAnalysis.analysis.id)) rest.push(event);
    expect(names(rest).at(-1)).toBe('AnalysisCompleted');
  });

  it('deletes a document while it is analysed: the model is stopped and followers end', async () => {
    const session = await prism.createSession();
    const id = await prism.uploadParsed(session, 'contract.docx', await contractDocx());
    await prism.ask('mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }', { id });
    const events = prism.events('documentEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'ThinkingDelta', seen);
    await prism.ask('mutation($id: ID!) { deleteDocument(input: { id: $id }) { deletedId } }', { id });
    for await (const event of events) seen.push(event);
    expect(names(seen)).toContain('AnalysisCancelled');
    await prism.simulator.activity.waitFor(({ inFlight }) => inFlight === 0);
    expect(await prism.ask('query($id: ID!) { document(id: $id) { id } }', { id })).toEqual({ document: null });
  });

  it('lets a client whose socket dropped go on behind its last cursor: together exactly the log', async () => {
    const sectionId = await firstSection(prism);
    const { analyzeSection } = await prism.ask(analyzeOne, { id: sectionId });
    const { id } = analyzeSection.analysis;
    const seen: StreamedEvent[] = [];
    const client = prism.connect();
    const events = prism.events('analysisEvents', id, undefined, client);
    await until(events, 'ThinkingDelta', seen);
    await until(events, 'ThinkingDelta', seen);
    client.terminate();
    await events.next().catch(() => undefined);
    for await (const event of prism.events('analysisEvents', id, seen.at(-1).cursor)) seen.push(event);
    const log: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', id)) log.push(event);
    expect(seen).toEqual(log);
  });
});
