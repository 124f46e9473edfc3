import { beforeAll, describe, expect, it } from 'vitest';
import type { Feedback } from '../../src/db.ts';
import { localCaller } from '../../src/services/caller.ts';
import { createFeedback } from '../../src/services/feedback.ts';
import type { FeedbackFilter } from '../../src/services/feedback-filter.ts';
import { seedAnalysis, seedDocument } from '../support/seed-review.ts';
import { useTestDb } from '../support/services.ts';

describe('findings and the threshold of confidence', () => {
  const db = useTestDb({ poolSize: 2 });
  let documentId: string;
  beforeAll(async () => {
    const seeded = await seedDocument(db, 1);
    documentId = seeded.documentId;
    const found = [0, 0.4, 0.79, 0.8, 1].map((confidence) => ({ title: `${confidence}`, confidence }));
    await seedAnalysis(db, { documentId, sectionId: seeded.sectionIds[0] ?? '', status: 'COMPLETED', found });
  });

  const titles = async (confidenceThreshold: number, filter: FeedbackFilter = {}) =>
    (
      await createFeedback({ db, confidenceThreshold }).of(localCaller, { by: 'documentId', ids: [documentId] }, filter)
    ).map(({ title }) => title);

  it('are all returned unless a filter is asked for', async () => {
    expect(await titles(0.8)).toEqual(['0', '0.4', '0.79', '0.8', '1']);
  });

  it.each([
    [0.8, ['0.8', '1'], ['0', '0.4', '0.79']],
    [0.4, ['0.4', '0.79', '0.8', '1'], ['0']],
    [1, ['1'], ['0', '0.4', '0.79', '0.8']],
    [0, ['0', '0.4', '0.79', '0.8', '1'], []],
  ])('meet a threshold of %d from that figure on, itself included', async (threshold, meeting, below) => {
    expect(await titles(threshold, { meetsThreshold: true })).toEqual(meeting);
    expect(await titles(threshold, { meetsThreshold: false })).toEqual(below);
    const { meetsThreshold } = createFeedback({ db, confidenceThreshold: threshold });
    expect(['0', '0.4', '0.79', '0.8', '1'].filter((title) => meetsThreshold({ confidence: Number(title) }))).toEqual(
      meeting,
    );
  });
});

describe('the risk of a document', () => {
  const db = useTestDb({ poolSize: 2 });

  it('is the highest among findings that are no strengths', async () => {
    const { documentId, sectionIds } = await seedDocument(db, 1);
    const found = [{ title: 'strength' }, { title: 'risk' }];
    await seedAnalysis(db, { documentId, sectionId: sectionIds[0] ?? '', status: 'COMPLETED', found });
    const change = (title: string, data: Pick<Feedback, 'kind' | 'risk'>) =>
      db.feedback.updateMany({ where: { documentId, title }, data });
    await change('strength', { kind: 'STRENGTH', risk: 'CRITICAL' });
    await change('risk', { kind: 'GAP', risk: 'LOW' });
    const { highestRisks } = createFeedback({ db, confidenceThreshold: 0.8 });
    expect(await highestRisks(localCaller, [documentId])).toEqual(new Map([[documentId, 'LOW']]));
    await change('risk', { kind: 'STRENGTH', risk: 'LOW' });
    expect(await highestRisks(localCaller, [documentId])).toEqual(new Map());
  });
});
