import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyze, collect, logOf, names, ofType, until, uploadSections } from './reviewing.ts';

const text = `The Supplier shall be liable without limitation for any and all damages of whatever kind.

Personal data of customers, such as names and email addresses, will be collected and kept as long as useful.

This agreement renews automatically for successive periods of 2 years. The Customer may terminate it at any time without cause.`;

const read = `query($id: ID!) { document(id: $id) {
  risk progress { completed cancelled failed running queued }
  feedback(first: 100) { totalCount nodes { id title status } }
  sections { id
    currentAnalysis { id status } latestAnalysis { id status }
    feedback { id title status source change history { status actor note carriedOverFrom } }
  }
} }`;

describe('a re-run', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 400 });
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(() => prism.close());

  const document = async (id: string): Promise<StreamedEvent> => (await prism.ask(read, { id })).document;

  const decide = (ids: readonly string[], status: string, note: string): Promise<StreamedEvent> =>
    prism.ask(
      `mutation($ids: [ID!]!, $status: FeedbackStatus!, $note: String) {
        decideFeedback(input: { ids: $ids, status: $status, note: $note }) { feedback { id } } }`,
      { ids, status, note },
    );

  const force = async (documentId: string): Promise<string> => {
    const { analyzeDocument } = await prism.ask(
      'mutation($id: ID!) { analyzeDocument(input: { documentId: $id, force: true }) { analyses { id } } }',
      { id: documentId },
    );
    return analyzeDocument.analyses[0].id;
  };

  /** A document of one section that was reviewed and decided on: the first finding accepted, the second rejected. */
  async function reviewed(): Promise<{ documentId: string; sectionId: string; before: StreamedEvent[] }> {
    const { documentId, sectionIds } = await uploadSections(prism, [{ title: 'Terms', text }]);
    await logOf(prism, await analyze(prism, sectionIds[0]));
    const [section] = (await document(documentId)).sections;
    expect(section.feedback.length).toBeGreaterThan(3);
    expect(section.feedback.every(({ change }: StreamedEvent) => change === null)).toBe(true);
    await decide([section.feedback[0].id], 'ACCEPTED', 'agreed');
    await decide([section.feedback[1].id], 'REJECTED', 'not here');
    return { documentId, sectionId: section.id, before: (await document(documentId)).sections[0].feedback };
  }

  it('carries decisions over to the findings that are the same, and tells so as they are found', async () => {
    const { documentId, sectionId, before } = await reviewed();
    const own = await prism.ask(
      `mutation($id: ID!) { addFeedback(input: { sectionId: $id, kind: GAP, category: "c", risk: LOW, title: "My own", detail: "d" }) { feedback { id } } }`,
      { id: sectionId },
    );
    const id = await force(documentId);
    const events = await logOf(prism, id);
    expect(names(events).at(-1)).toBe('AnalysisCompleted');

    const { sections, feedback } = await document(documentId);
    const found = sections[0].feedback.filter(({ source }: StreamedEvent) => source === 'MODEL');
    expect(found.map(({ title, status, change }: StreamedEvent) => ({ title, status, change }))).toEqual(
      before.map(({ title, status }) => ({ title, status, change: 'UNCHANGED' })),
    );
    expect(found[0].history).toEqual([
      { status: 'ACCEPTED', actor: 'local', note: 'agreed', carriedOverFrom: before[0].id },
    ]);
    expect(found[1].history).toEqual([
      { status: 'REJECTED', actor: 'local', note: 'not here', carriedOverFrom: before[1].id },
    ]);
    expect(found[2].history).toEqual([]);
    const old = before.map((one) => one.id);
    expect(found.filter((one: StreamedEvent) => old.includes(one.id))).toEqual([]);

    // Reviewers' own findings stay as they are.
    const [mine] = sections[0].feedback.filter(({ source }: StreamedEvent) => source === 'REVIEWER');
    expect(mine).toMatchObject({ id: own.addFeedback.feedback.id, change: null, status: 'PENDING' });
    expect(feedback.totalCount).toBe(before.length + 1);

    // The event of the finding had its status already.
    const replayed: StreamedEvent[] = [];
    for await (const event of prism.connect().iterate({
      query: `subscription($id: ID!) { analysisEvents(analysisId: $id) { ... on FeedbackFound { feedback { status change } } } }`,
      variables: { id },
    })) {
      const { data }: StreamedEvent = event;
      if (data.analysisEvents.feedback) replayed.push(data.analysisEvents.feedback);
    }
    expect(replayed.slice(0, 2)).toEqual([
      { status: 'ACCEPTED', change: 'UNCHANGED' },
      { status: 'REJECTED', change: 'UNCHANGED' },
    ]);

    const { analysis } = await prism.ask(
      'query($id: ID!) { analysis(id: $id) { previous { id feedback { id } } gone { id } } }',
      { id },
    );
    expect(analysis.gone).toEqual([]);
    expect(analysis.previous.feedback.map((one: StreamedEvent) => one.id)).toEqual(before.map((one) => one.id));
  });

  it('carries them over a second time, with the name of who decided', async () => {
    const { documentId, before } = await reviewed();
    await logOf(prism, await force(documentId));
    const between = (await document(documentId)).sections[0].feedback;
    await logOf(prism, await force(documentId));
    const [section] = (await document(documentId)).sections;
    expect(section.feedback).toHaveLength(before.length);
    expect(section.feedback[0]).toMatchObject({ status: 'ACCEPTED', title: before[0].title });
    expect(section.feedback[0].history).toEqual([
      { status: 'ACCEPTED', actor: 'local', note: 'agreed', carriedOverFrom: between[0].id },
    ]);
  });

  it('that is under way leaves the document as it is; what is decided meanwhile holds afterwards, too', async () => {
    const { documentId, before } = await reviewed();
    const id = await force(documentId);
    const events = prism.events('analysisEvents', id);
    await until(events, 'FeedbackFound');
    const meanwhile = await document(documentId);
    expect(meanwhile.sections[0].feedback).toEqual(before);
    expect(meanwhile.feedback.totalCount).toBe(before.length);
    expect(meanwhile.sections[0]).toMatchObject({ latestAnalysis: { id, status: 'RUNNING' } });
    expect(meanwhile.progress).toMatchObject({ running: 1, completed: 0 });
    // The first one is found again already, the last one is not.
    await decide([before[0].id, before.at(-1)?.id], 'REJECTED', 'changed my mind');
    await collect(events);
    const [section] = (await document(documentId)).sections;
    expect(section.currentAnalysis.id).toBe(id);
    expect(section.feedback.at(0)).toMatchObject({ title: before[0].title, status: 'REJECTED' });
    expect(section.feedback.at(-1)).toMatchObject({ title: before.at(-1).title, status: 'REJECTED' });
  });

  it('that is cancelled, or fails, takes nothing away, and one after it still carries over', async () => {
    const { documentId, before } = await reviewed();
    const { risk } = await document(documentId);
    const cancelled = await force(documentId);
    await until(prism.events('analysisEvents', cancelled), 'FeedbackFound');
    await prism.ask('mutation($id: ID!) { cancelAnalysis(input: { id: $id }) { analysis { id } } }', { id: cancelled });
    const after = await document(documentId);
    expect(after).toMatchObject({ risk, progress: { cancelled: 1 } });
    expect(after.sections[0].feedback).toEqual(before);
    expect(after.sections[0]).toMatchObject({
      latestAnalysis: { id: cancelled, status: 'CANCELLED' },
      currentAnalysis: { status: 'COMPLETED' },
    });

    prism.simulator.faults.add({ fault: { kind: 'unrecognized-client' } });
    const failed = await force(documentId);
    expect(names(await logOf(prism, failed)).at(-1)).toBe('AnalysisFailed');
    expect((await document(documentId)).sections[0].feedback).toEqual(before);
    prism.simulator.faults.clear();

    const { retryAnalysis } = await prism.ask(
      'mutation($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { id previous { id } } } }',
      { id: failed },
    );
    expect(retryAnalysis.analysis.previous.id).toBe(after.sections[0].currentAnalysis.id);
    const events = await logOf(prism, retryAnalysis.analysis.id);
    expect(ofType(events, 'FeedbackFound')).toHaveLength(before.length);
    const [section] = (await document(documentId)).sections;
    expect(section.feedback.map(({ status }: StreamedEvent) => status)).toEqual(before.map(({ status }) => status));
  });

  it('shows the findings of a first analysis as they come', async () => {
    const { documentId, sectionIds } = await uploadSections(prism, [{ title: 'Terms', text }]);
    const events = prism.events('analysisEvents', await analyze(prism, sectionIds[0]));
    const { feedback } = await until(events, 'FeedbackFound');
    expect((await document(documentId)).feedback.nodes.map(({ id }: StreamedEvent) => id)).toContain(feedback.id);
    await collect(events);
  });
});
