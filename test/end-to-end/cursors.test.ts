import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { ask, joined, startChat } from './chatting.ts';
import { analyze, analyzeAll, collect, manySections, names, ofType, uploadSections } from './reviewing.ts';

const snapshotQuery = `query($id: ID!) {
  document(id: $id) { sections { latestAnalysis { id status thinking } } eventsCursor }
}`;

/*
 * Whoever reads the state, and goes on from the cursor that was read with it, must end with what is stored: nothing missing, nothing twice.
 */
describe('a state with its cursor', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 400 });
  });
  afterAll(() => prism.close());

  it('of a document in work is of one moment: what the models go on to think is what the state has not', async () => {
    const { documentId } = await uploadSections(prism, manySections(4));
    const done = analyzeAll(prism, documentId).then(() => collect(prism.events('documentEvents', documentId)));
    const snapshots: StreamedEvent[] = [];
    const ended = new AbortController();
    void done.finally(() => ended.abort());
    while (!ended.signal.aborted) snapshots.push((await prism.ask(snapshotQuery, { id: documentId })).document);

    const all = await done;
    const positionOf = (cursor: string): number => all.findIndex((event) => event.cursor === cursor) + 1;
    const streamed = snapshots.flatMap(({ sections, eventsCursor }) =>
      sections
        .map(({ latestAnalysis }: StreamedEvent) => latestAnalysis)
        .filter((analysis: StreamedEvent) => analysis?.status === 'RUNNING' && analysis.thinking !== '')
        .map((analysis: StreamedEvent) => ({ ...analysis, eventsCursor })),
    );
    expect(streamed.length).toBeGreaterThan(10);
    for (const { id, thinking, eventsCursor } of streamed) {
      const own = (events: readonly StreamedEvent[]): string =>
        joined(
          events.filter(({ analysisId }) => analysisId === id),
          'ThinkingDelta',
        );
      expect(thinking + own(all.slice(positionOf(eventsCursor)))).toBe(own(all));
    }
  });

  it('of a document is read behind the cursor, so that what ends in between is missed by nobody', async () => {
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    const { eventStreams } = prism.server.runtime.services;
    const read = eventStreams.documentCursors;
    await analyze(prism, sectionIds[0]);
    // Slow to be read: the analysis ends before.
    eventStreams.documentCursors = async (rows) => {
      await collect(prism.events('documentEvents', documentId));
      return read(rows);
    };
    try {
      const { document } = await prism.ask(snapshotQuery, { id: documentId });
      expect(document.sections[0].latestAnalysis.status).toBe('COMPLETED');
    } finally {
      eventStreams.documentCursors = read;
    }
  });

  it('of a document that analyzeDocument gives has before it whatever the new analyses do', async () => {
    const { documentId } = await uploadSections(prism, manySections(2));
    const { analyses } = prism.server.runtime.services;
    const request = analyses.analyzeDocument;
    analyses.analyzeDocument = async (caller, input) => {
      const queued = await request(caller, input);
      await collect(prism.events('documentEvents', documentId));
      return queued;
    };
    try {
      const mutation = `mutation($id: ID!) {
        analyzeDocument(input: { documentId: $id }) { analyses { id status } document { eventsCursor } }
      }`;
      const { analyzeDocument } = await prism.ask(mutation, { id: documentId });
      expect(analyzeDocument.analyses).toMatchObject([{ status: 'QUEUED' }, { status: 'QUEUED' }]);
      const events = await collect(prism.events('documentEvents', documentId, analyzeDocument.document.eventsCursor));
      for (const type of ['AnalysisStarted', 'AnalysisCompleted']) expect(ofType(events, type)).toHaveLength(2);
    } finally {
      analyses.analyzeDocument = request;
    }
  });

  it('that has changed since it was read is followed from the beginning', async () => {
    const { db, services } = prism.server.runtime;
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    const analysisId = await analyze(prism, sectionIds[0]);
    const messageId = await ask(prism, await startChat(prism, documentId), 'Which damages are there?');
    const document = await db.document.findUniqueOrThrow({ where: { id: documentId } });
    const analysis = await db.analysis.findUniqueOrThrow({ where: { id: analysisId } });
    const message = await db.chatMessage.findUniqueOrThrow({ where: { id: messageId } });
    await collect(prism.events('analysisEvents', analysisId));
    await collect(prism.events('chatEvents', messageId));

    const asQueued = { status: 'QUEUED' as const, attempt: 0, finishedAt: null, closedAt: null };
    const { analysisCursors, messageCursors, documentCursors } = services.eventStreams;
    const [ofAnalysis] = await analysisCursors([{ ...analysis, ...asQueued }]);
    const [ofMessage] = await messageCursors([{ ...message, ...asQueued }]);
    const [ofDocument] = await documentCursors([{ ...document, status: 'PARSING' }]);
    expect(names(await collect(prism.events('analysisEvents', analysisId, ofAnalysis)))).toContain('AnalysisStarted');
    expect(names(await collect(prism.events('chatEvents', messageId, ofMessage)))).toContain('ChatMessageStarted');
    expect(names(await collect(prism.events('documentEvents', documentId, ofDocument)))).toContain('DocumentReady');

    const current = await db.analysis.findUniqueOrThrow({ where: { id: analysisId } });
    const [end] = await analysisCursors([current]);
    expect(await collect(prism.events('analysisEvents', analysisId, end))).toEqual([]);
  });

  it('of an analysis that waits in mid-work has what its model has thought', async () => {
    const { db } = prism.server.runtime;
    const documentId = await prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
    const [analysisId = ''] = await analyzeAll(prism, documentId);
    const events = await collect(prism.events('analysisEvents', analysisId));
    // As it is between two parts of a long section.
    const asWaiting = { status: 'QUEUED' as const, finishedAt: null, closedAt: null, thinking: '' };
    await db.analysis.update({ where: { id: analysisId }, data: asWaiting });
    const { analysis } = await prism.ask('query($id: ID!) { analysis(id: $id) { thinking } }', { id: analysisId });
    expect(analysis.thinking).toBe(joined(events, 'ThinkingDelta'));
  });
});
