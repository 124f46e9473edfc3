import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubject, endSubject, logOf, note, type Subject } from '../support/event-subjects.ts';
import { startPrism, type EventField, type Prism, type StreamedEvent } from '../support/prism.ts';
import { collect, names } from './reviewing.ts';

const retentionMs = 1_000;

describe('an event log whose time is over', () => {
  let prism: Prism;
  let subject: Subject;
  let ofAnalysis: StreamedEvent[];
  let ofDocument: StreamedEvent[];
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, settings: { EVENTS_RETENTION_MS: String(retentionMs) } });
    const { db, events } = prism.server.runtime;
    subject = await createSubject(db);
    const following = [followed('analysisEvents'), followed('documentEvents')] as const;
    for (const reason of ['a', 'b', 'c']) await events.append(logOf(subject), 1, note(subject, reason));
    await Promise.all(following.map(({ begun }) => begun));
    await endSubject(db, events, subject);
    [ofAnalysis, ofDocument] = await Promise.all([following[0].all(), following[1].all()]);
  });
  afterAll(() => prism.close());

  const idOf = (field: EventField): string => (field === 'documentEvents' ? subject.documentId : subject.analysisId);
  /** What a follower gets that is there from now on: `begun` resolves with its first event. */
  const followed = (field: EventField) => {
    const events = prism.events(field, idOf(field));
    const begun = events.next();
    return { begun, all: async () => [(await begun).value, ...(await collect(events))] };
  };
  const collectAll = (field: EventField, after?: string) => collect(prism.events(field, idOf(field), after));
  const gone = async (): Promise<void> => {
    const { events } = prism.server.runtime;
    for (const log of [logOf(subject), { documentId: subject.documentId, id: 'all' }]) {
      await expect.poll(async () => (await events.head(log)).exists, { timeout: 20 * retentionMs }).toBe(false);
    }
  };

  it('has told all of it before', () => {
    const told = ['ThrottleWaiting', 'ThrottleWaiting', 'ThrottleWaiting', 'AnalysisCancelled'];
    expect([names(ofAnalysis), names(ofDocument)]).toEqual([told, told]);
  });

  it('leaves of an analysis its terminal event alone, from the start and behind any cursor before it', async () => {
    await gone();
    for (const after of [undefined, ofAnalysis[0].cursor, ofAnalysis[2].cursor]) {
      const [terminal, ...more] = await collectAll('analysisEvents', after);
      expect(terminal).toMatchObject({ __typename: 'AnalysisCancelled', analysisId: subject.analysisId, attempt: 2 });
      expect(more).toEqual([]);
      expect(await collectAll('analysisEvents', terminal.cursor)).toEqual([]);
    }
    expect(await collectAll('analysisEvents', ofAnalysis.at(-1).cursor)).toEqual([]);
  });

  it('leaves of a document that is worked on again what comes from then on, and EVENTS_EXPIRED behind a cursor', async () => {
    await gone();
    const { db, events } = prism.server.runtime;
    const { documentId, sectionId } = subject;
    const [{ cursor: first }, last] = [ofDocument[0], ofDocument.at(-1)];
    const section = await db.section.findUniqueOrThrow({ where: { id: sectionId } });
    const again = await createSubject(db);
    await db.analysis.update({
      where: { id: again.analysisId },
      data: { documentId, sectionId: section.id },
    });
    const running = { ...again, documentId, sectionId };
    await events.append(logOf(running), 1, note(running, 'd'));
    for (const after of [first, last.cursor]) {
      await expect(collectAll('documentEvents', after)).rejects.toMatchObject({
        extensions: { code: 'EVENTS_EXPIRED' },
      });
    }
    const following = followed('documentEvents');
    await following.begun;
    await endSubject(db, events, running);
    expect(names(await following.all())).toEqual(['ThrottleWaiting', 'AnalysisCancelled']);
  });
});
