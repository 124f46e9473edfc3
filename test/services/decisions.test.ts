import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import { useFindings, type Scope } from './finding-scenes.ts';

const { tenantId } = localCaller;

describe('deciding', () => {
  const statements: string[] = [];
  const { db, services, documentOf, start, add, complete, statuses, decide } = useFindings((sql) =>
    statements.push(sql),
  );

  it('on 500 findings with two places each takes a few statements', async () => {
    const scope = await documentOf(2);
    const groups = Array.from({ length: 500 }, () => newId('Feedback'));
    for (const [index, sectionId] of scope.sectionIds.entries()) {
      const { id: analysisId } = await start(scope, index);
      await db.feedback.createMany({
        data: groups.map((groupId) => ({
          id: index === 0 ? groupId : newId('Feedback'),
          groupId,
          tenantId,
          documentId: scope.documentId,
          sectionId,
          analysisId,
          source: 'MODEL' as const,
          kind: 'RISK' as const,
          category: 'c',
          risk: 'HIGH' as const,
          title: 't',
          detail: 'd',
          confidence: 0.9,
          evidence: [],
        })),
      });
    }
    statements.length = 0;
    await decide(groups, 'ACCEPTED');
    expect(statements.length).toBeLessThan(25);
    const { sessionId } = await db.document.findUniqueOrThrow({ where: { id: scope.documentId } });
    expect(await db.activity.count({ where: { sessionId, action: 'feedback.decided' } })).toBe(1_000);
    expect(await db.feedback.count({ where: { documentId: scope.documentId, status: 'ACCEPTED' } })).toBe(1_000);
  });

  it('the same again changes nothing, but another note is added to the history', async () => {
    const scope = await documentOf(2);
    const running = await start(scope, 0);
    const found = await add(running, 'Unlimited liability');
    await complete(running);
    const elsewhere = await add(await start(scope, 1), 'Unlimited liability');
    await decide([found.id], 'REJECTED');
    await decide([found.id], 'REJECTED', 'because of clause 9');
    await decide([found.id], 'REJECTED', 'because of clause 9');
    await decide([found.id], 'REJECTED');
    for (const id of [found.id, elsewhere.id]) {
      const history = await services.decisions.history([id]);
      expect(history.map(({ status, note }) => [status, note])).toEqual([
        ['REJECTED', null],
        ['REJECTED', 'because of clause 9'],
      ]);
    }
  });

  it('on several at once names for each the one that was decided on', async () => {
    const scope = await documentOf(2);
    const running = await start(scope, 0);
    const ids = [await add(running, 'Unlimited liability'), await add(running, 'Who may claim is open')].map(
      ({ id }) => id,
    );
    const elsewhere = await add(await start(scope, 1), 'Who may claim is open');
    await decide(ids, 'ACCEPTED');
    expect(await statuses([...ids, elsewhere.id])).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED']);
    const history = await services.decisions.history([...ids, elsewhere.id]);
    expect(new Map(history.map((entry) => [entry.feedbackId, entry.carriedFromId]))).toEqual(
      new Map([
        [ids[0], null],
        [ids[1], null],
        [elsewhere.id, ids[1]],
      ]),
    );
  });
});

describe("a reviewer's own finding", () => {
  const { services, documentOf } = useFindings();
  const addOwn = async ({ sectionIds: [sectionId = ''] }: Scope): Promise<string> => {
    const texts = { category: 'c', title: 't', detail: 'd' };
    return (await services.decisions.add(localCaller, { sectionId, kind: 'GAP', risk: 'LOW', ...texts })).id;
  };
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof AppError ? error.code : error),
    );

  it('that is deleted and changed at once is gone, for all but one of those who delete it', async () => {
    const scope = await documentOf(1);
    for (let round = 0; round < 5; round += 1) {
      const id = await addOwn(scope);
      const [first, second, changed] = await Promise.all([
        codeOf(services.decisions.delete(localCaller, { id })),
        codeOf(services.decisions.delete(localCaller, { id })),
        codeOf(services.decisions.update(localCaller, { id, title: 'n' })),
      ]);
      expect(new Set([first, second])).toEqual(new Set(['NOT_FOUND', 'done']));
      expect(['NOT_FOUND', 'done']).toContain(changed);
    }
  });

  it.each(['title', 'category', 'detail'] as const)('keeps its %s rather than to take a blank one', async (field) => {
    const id = await addOwn(await documentOf(1));
    for (const blank of ['', ' ']) {
      expect(await codeOf(services.decisions.update(localCaller, { id, [field]: blank }))).toBe('BAD_USER_INPUT');
    }
    const texts = { category: 'c', title: 't', detail: 'd' };
    expect(await services.decisions.update(localCaller, { id, [field]: null, risk: 'HIGH' })).toMatchObject(texts);
  });
});
