import { describe, expect, it } from 'vitest';
import { localCaller } from '../../src/services/caller.ts';
import { useFindings, words } from './finding-scenes.ts';

describe('decisions in a re-run', () => {
  const { services, documentOf, start, add, complete, statuses, decide } = useFindings();

  it('are not handed to a finding of another kind on the same words', async () => {
    const scope = await documentOf(1);
    const before = await start(scope);
    const praise = await add(before, 'The clause is clearly worded', words, 'Good style.', 0, 'STRENGTH');
    await complete(before);
    await decide([praise.id], 'REJECTED');
    const again = await start(scope);
    const risk = await add(again, 'No cap on liability', words, 'The Supplier pays for everything.');
    await complete(again);
    expect(await statuses([risk.id])).toEqual(['PENDING']);
  });

  /** A re-run that took a finding for the one before until another one came that is it indeed. */
  async function mistaken(decideOn: (found: { old: string; other: string }) => string) {
    const scope = await documentOf(1);
    const before = await start(scope);
    const old = await add(before, 'Unlimited liability of the Supplier');
    await complete(before);
    const again = await start(scope);
    const other = await add(again, 'Who may claim is open');
    await decide([decideOn({ old: old.id, other: other.id })], 'REJECTED');
    const whileItRuns = await statuses([old.id, other.id]);
    const same = await add(again, 'Unlimited liability of the Supplier', words, 'Put in other words.');
    await complete(again);
    const ids = [old.id, other.id, same.id];
    return { other, whileItRuns, afterwards: await statuses(ids), ids };
  }

  it('that are made on the one before go to what turns out to be it, and leave what was taken for it', async () => {
    const { other, whileItRuns, afterwards, ids } = await mistaken(({ old }) => old);
    expect(whileItRuns).toEqual(['REJECTED', 'REJECTED']);
    expect(afterwards).toEqual(['REJECTED', 'PENDING', 'REJECTED']);
    expect(await services.decisions.history([other.id])).toEqual([]);
    expect(await services.decisions.history([ids[2] ?? ''])).toMatchObject([{ carriedFromId: ids[0] }]);
  });

  it('that are made on what was taken for the one before stay there, and leave the one before', async () => {
    const { afterwards } = await mistaken(({ other }) => other);
    expect(afterwards).toEqual(['PENDING', 'REJECTED', 'PENDING']);
  });
});

describe('decisions on findings of an analysis that is not completed', () => {
  const { db, services, documentOf, start, take, add, complete, shown, counted, statuses, decide } = useFindings();
  const problem = { code: 'TIMED_OUT', message: 'm', retryable: true } as const;
  const change = async (id: string): Promise<unknown> => {
    const row = await db.feedback.findUniqueOrThrow({ where: { id }, include: { analysis: true } });
    return { previousId: row.previousId, firstAnalysis: row.analysis?.previousId === null };
  };

  it.each([
    ['a model fails in mid-answer', (id: string) => services.analysisAttempts.restart({ analysisId: id, attempt: 1 })],
    ['its worker dies', (id: string) => services.analysisAttempts.begin(id)],
  ])('hold for the same finding of its next attempt when %s', async (_why, breakOff) => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const decided = await add(running, 'Unlimited liability');
    await add(running, 'Renewal without notice', 'It renews by itself.');
    await decide([decided.id], 'REJECTED', 'not here');
    await breakOff(running.id);
    expect(await shown(scope)).toEqual([]);
    expect(await services.analysisAttempts.findingsOfParts(running.id)).toEqual([]);

    const other = await add(running, 'Who may claim is open');
    const again = await add(running, 'Unlimited liability', words, 'Put in other words.');
    await complete(running, 2);
    expect(await shown(scope)).toEqual([other.id, again.id]);
    expect(await statuses([other.id, again.id])).toEqual(['PENDING', 'REJECTED']);
    expect(await services.decisions.history([again.id])).toMatchObject([
      { status: 'REJECTED', note: 'not here', actor: localCaller.actor, carriedFromId: decided.id },
    ]);
    expect(await services.decisions.history([decided.id])).toMatchObject([{ status: 'REJECTED', carriedFromId: null }]);
    expect(await change(again.id)).toEqual({ previousId: decided.id, firstAnalysis: true });
    expect(await counted(scope, { status: ['REJECTED'] })).toBe(1);
  });

  it('hold for what a retry finds when it failed', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const decided = await add(running, 'Unlimited liability');
    await decide([decided.id], 'ACCEPTED');
    await services.analysisAttempts.fail({ analysisId: running.id, attempt: 1 }, problem, '');
    expect(await shown(scope)).toEqual([]);
    const { id } = await services.analyses.retry(localCaller, { id: running.id });
    const again = await add(await take(id, running.sectionId), 'Unlimited liability');
    expect(again.status).toBe('ACCEPTED');
  });

  it('hold for what a retry finds when it was cancelled, also behind a retry that was cancelled at once', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const decided = await add(running, 'Unlimited liability');
    await decide([decided.id], 'REJECTED', 'not here');
    await services.analyses.cancel(localCaller, { id: running.id });
    expect(await shown(scope)).toEqual([decided.id]);
    const second = await services.analyses.retry(localCaller, { id: running.id });
    await services.analyses.cancel(localCaller, { id: second.id });
    const { id } = await services.analyses.retry(localCaller, { id: second.id });
    const third = await take(id, running.sectionId);
    const again = await add(third, 'Unlimited liability');
    await complete(third);
    expect(await shown(scope)).toEqual([again.id]);
    expect(await services.decisions.history([again.id])).toMatchObject([
      { status: 'REJECTED', note: 'not here', carriedFromId: decided.id },
    ]);
  });

  it('are the last ones made, also when one attempt after the other is broken off', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    await decide([(await add(running, 'Unlimited liability')).id], 'REJECTED');
    await services.analysisAttempts.restart({ analysisId: running.id, attempt: 1 });
    const second = await add(running, 'No cap on liability');
    expect(second.status).toBe('REJECTED');
    await decide([second.id], 'ACCEPTED');
    await services.analysisAttempts.restart({ analysisId: running.id, attempt: 2 });
    const third = await add(running, 'Unlimited liability');
    await complete(running, 3);
    expect(await statuses([third.id])).toEqual(['ACCEPTED']);
  });

  it('do not come back once the section has been reviewed to the end', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    await decide([(await add(running, 'Unlimited liability')).id], 'REJECTED');
    await services.analysisAttempts.restart({ analysisId: running.id, attempt: 1 });
    const kept = await add(running, 'Unlimited liability');
    await complete(running, 2);
    await decide([kept.id], 'PENDING');
    const again = await start(scope);
    const same = await add(again, 'Unlimited liability');
    const other = await add(again, 'Who may claim is open');
    await complete(again);
    expect(await statuses([same.id, other.id])).toEqual(['PENDING', 'PENDING']);
    expect(await change(other.id)).toEqual({ previousId: null, firstAnalysis: false });
  });

  it('leave nothing of a failed analysis in view when its failing is broken off', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const found = await add(running, 'Unlimited liability');
    await db.$executeRaw`CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'crash'; END $$`;
    await db.$executeRaw`CREATE TRIGGER crash BEFORE DELETE ON "Feedback" EXECUTE FUNCTION crash()`;
    const fail = () => services.analysisAttempts.fail({ analysisId: running.id, attempt: 1 }, problem, '');
    await expect(fail()).rejects.toThrow('crash');
    expect(await db.analysis.findUnique({ where: { id: running.id } })).toMatchObject({ status: 'RUNNING' });
    expect(await shown(scope)).toEqual([found.id]);
    await db.$executeRaw`DROP FUNCTION crash CASCADE`;
    expect(await fail()).toMatchObject({ status: 'FAILED' });
    expect(await shown(scope)).toEqual([]);
  });
});
