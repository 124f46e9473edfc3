import { describe, expect, it } from 'vitest';
import { seedAnalysis, seedDocument, type SeededAnalysis } from '../support/seed-review.ts';
import { useTestDb } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

type Seeded = [
  documentId: string,
  sectionId: string,
  status: SeededAnalysis['status'],
  found?: SeededAnalysis['found'],
];

describe('what is known around a section', () => {
  const db = useTestDb({ poolSize: 2 });

  const contextOf = (analysisId: string) =>
    db.analysis
      .findUniqueOrThrow({ where: { id: analysisId } })
      .then((analysis) => createTestServices(db).reviewContext.of(analysis));

  const makeDocument = (sections: number) => seedDocument(db, sections);
  const analyse = (...[documentId, sectionId, status, found]: Seeded) =>
    seedAnalysis(db, { documentId, sectionId, status, found: found ?? [] });

  it('is the outline with states, and summaries of the two sections on either side that are reviewed', async () => {
    const { documentId, sectionIds } = await makeDocument(7);
    const [, one = '', two = '', here = '', four = '', five = '', six = ''] = sectionIds;
    await analyse(documentId, one, 'COMPLETED');
    await analyse(documentId, two, 'FAILED');
    await analyse(documentId, four, 'RUNNING');
    await analyse(documentId, five, 'COMPLETED');
    await analyse(documentId, six, 'COMPLETED');
    const context = await contextOf(await analyse(documentId, here, 'RUNNING'));
    expect(context.outline.map(({ title, state, risk }) => [title, state, risk])).toEqual([
      ['Clause 0', 'not reviewed', ''],
      ['Clause 1', 'completed', 'HIGH'],
      ['Clause 2', 'failed', ''],
      ['Clause 3', 'this section', ''],
      ['Clause 4', 'running', ''],
      ['Clause 5', 'completed', 'HIGH'],
      ['Clause 6', 'completed', 'HIGH'],
    ]);
    expect(context.neighbours).toEqual([
      { section: 'Clause 1', risk: 'HIGH', summary: `Summary of ${one}` },
      { section: 'Clause 5', risk: 'HIGH', summary: `Summary of ${five}` },
    ]);
    expect(context).toMatchObject({ before: 0, behind: 0, decisions: [], earlier: [] });
  });

  it('counts the sections of a long document that it does not list', async () => {
    const { documentId, sectionIds } = await makeDocument(200);
    const context = await contextOf(await analyse(documentId, sectionIds[100] ?? '', 'RUNNING'));
    expect(context.outline).toHaveLength(61);
    expect(context.outline[30]).toMatchObject({ title: 'Clause 100', state: 'this section' });
    expect([context.before, context.behind]).toEqual([70, 69]);
    const atEnd = await contextOf(await analyse(documentId, sectionIds[199] ?? '', 'RUNNING'));
    expect([atEnd.before, atEnd.outline.length, atEnd.behind]).toEqual([169, 31, 0]);
  });

  it('has the decisions that still stand, newest first with their last note, and what the section held before', async () => {
    const { documentId, sectionIds } = await makeDocument(3);
    const [first = '', here = '', third = ''] = sectionIds;
    await analyse(documentId, first, 'COMPLETED', [{ title: 'Superseded', status: 'ACCEPTED' }]);
    await analyse(documentId, first, 'COMPLETED', [{ title: 'Old', status: 'ACCEPTED' }, { title: 'Undecided' }]);
    await analyse(documentId, here, 'COMPLETED', [{ title: 'Of the first review', status: 'REJECTED' }]);
    await analyse(documentId, here, 'COMPLETED', [
      { title: 'Still open' },
      { title: 'Not wanted', status: 'REJECTED', note: 'It is meant so.' },
    ]);
    await analyse(documentId, third, 'COMPLETED', [{ title: 'New', status: 'ACCEPTED' }]);
    const { documentId: other, sectionIds: others } = await makeDocument(1);
    await analyse(other, others[0] ?? '', 'COMPLETED', [{ title: 'Of another document', status: 'ACCEPTED' }]);

    const context = await contextOf(await analyse(documentId, here, 'RUNNING'));
    expect(context.decisions.map(({ title, decision, note }) => [title, decision, note])).toEqual([
      ['New', 'ACCEPTED', ''],
      ['Not wanted', 'REJECTED', 'It is meant so.'],
      ['Old', 'ACCEPTED', ''],
    ]);
    expect(context.earlier).toEqual([
      { title: 'Still open', risk: 'HIGH' },
      { title: 'Not wanted', risk: 'HIGH' },
    ]);
  });
});
