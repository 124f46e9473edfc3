import { describe, expect, it } from 'vitest';
import { graphql } from 'graphql';
import { createContext } from '../../schema/context.ts';
import { schema } from '../../schema/schema.ts';
import { localCaller } from '../../src/services/caller.ts';
import { useFindings, words } from './finding-scenes.ts';

describe('findings as they are stored', () => {
  const { db, services, documentOf, start, add, complete, shown, counted, statuses, decide } = useFindings();

  it('are one group when they come at once from many sections', async () => {
    const scope = await documentOf(8);
    const running = await Promise.all(scope.sectionIds.map((_, index) => start(scope, index)));
    const stored = await Promise.all(running.map((one) => add(one, 'Unlimited liability')));
    expect(new Set(stored.map(({ groupId }) => groupId)).size).toBe(1);
    expect(await shown(scope)).toEqual([stored.map(({ id }) => id).toSorted()[0]]);
    expect(await counted(scope)).toBe(1);
  });

  it('stay apart when only their words or only their titles are the same, or their documents differ', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const first = await add(running, 'Unlimited liability');
    const otherTitle = await add(running, 'The wording leaves open who pays');
    const otherWords = await add(running, 'Unlimited liability', 'It renews by itself.', 'Of another kind.');
    const elsewhere = await add(await start(await documentOf(1)), 'Unlimited liability');
    const groups = [first, otherTitle, otherWords, elsewhere].map(({ groupId }) => groupId);
    expect(new Set(groups).size).toBe(4);
    await decide([first.id], 'REJECTED');
    expect(await statuses([first.id, otherTitle.id, otherWords.id])).toEqual(['REJECTED', 'PENDING', 'PENDING']);
  });

  it('are still shown when the first of their group is gone, or superseded, or does not match the filter', async () => {
    const scope = await documentOf(2);
    const [a, b] = [await start(scope, 0), await start(scope, 1)];
    const first = await add(a, 'Unlimited liability');
    const second = await add(b, 'Unlimited liability');
    await complete(a);
    await complete(b);
    expect(await shown(scope)).toEqual([first.id]);
    await db.feedback.update({ where: { id: first.id }, data: { confidence: 0.1 } });
    expect(await shown(scope, { meetsThreshold: true })).toEqual([second.id]);
    // A re-run of the first section that does not find it again.
    await complete(await start(scope, 0));
    expect(await shown(scope)).toEqual([second.id]);
    const [places] = await services.feedback.places(localCaller, [second]);
    expect(places?.map(({ id }) => id)).toEqual([second.id]);
  });

  it('take over what was decided on their group before they came', async () => {
    const scope = await documentOf(2);
    const first = await add(await start(scope, 0), 'Unlimited liability');
    await decide([first.id], 'ACCEPTED');
    const second = await add(await start(scope, 1), 'Unlimited liability');
    expect(second.status).toBe('ACCEPTED');
    expect(await services.decisions.history([second.id])).toMatchObject([
      { status: 'ACCEPTED', actor: localCaller.actor, carriedFromId: first.id },
    ]);
  });

  it('of a re-run are NEW or UNCHANGED, and what is not found again is gone when it is completed', async () => {
    const scope = await documentOf(1);
    const before = await start(scope);
    const kept = await add(before, 'Unlimited liability');
    const lost = await add(before, 'Renewal without notice', 'It renews by itself.');
    await complete(before);
    const again = await start(scope);
    const found = await add(again, 'There is no cap on liability');
    const fresh = await add(again, 'Who is the Supplier?', 'The Supplier');
    expect([found.previousId, fresh.previousId]).toEqual([kept.id, null]);

    const read = async () => {
      const { data, errors } = await graphql({
        schema,
        source: `query($id: ID!) { analysis(id: $id) { previous { id } gone { id } feedback { id change } } }`,
        variableValues: { id: again.id },
        contextValue: createContext(services, localCaller),
      });
      expect(errors).toBeUndefined();
      return JSON.parse(JSON.stringify(data?.['analysis']));
    };
    expect((await read()).gone).toEqual([]);
    expect(await shown(scope)).toEqual([kept.id, lost.id]);
    await complete(again);
    expect(await read()).toEqual({
      previous: { id: before.id },
      gone: [{ id: lost.id }],
      feedback: [
        { id: found.id, change: 'UNCHANGED' },
        { id: fresh.id, change: 'NEW' },
      ],
    });
    expect(await shown(scope)).toEqual([found.id, fresh.id]);
  });

  it('of a re-run are each the same as one finding at most', async () => {
    const scope = await documentOf(1);
    const before = await start(scope);
    const one = await add(before, 'Unlimited liability');
    await complete(before);
    const again = await start(scope);
    const [first, second] = [await add(again, 'No cap on liability'), await add(again, 'Vague wording')];
    expect([first.previousId, second.previousId]).toEqual([one.id, null]);
  });

  /** A finding that was accepted, and a re-run of its section. */
  async function rerunBehindAccepted(title: string) {
    const scope = await documentOf(1);
    const before = await start(scope);
    const old = await add(before, title);
    await complete(before);
    await decide([old.id], 'ACCEPTED');
    return { old, again: await start(scope) };
  }

  it('of a re-run leave a decision to the one that fits best, also when another one came first', async () => {
    const { old, again } = await rerunBehindAccepted('Unlimited liability of the Supplier');
    // On the same words, so that it is taken for the one before as long as there is nothing better.
    const other = await add(again, 'Who may claim is open');
    expect(other).toMatchObject({ previousId: old.id, status: 'ACCEPTED' });
    const same = await add(
      again,
      'Liability of the Supplier is unlimited',
      words,
      'Unlimited liability of the Supplier.',
    );
    await complete(again);
    const rows = new Map(
      (await services.feedback.byIds(localCaller, [other.id, same.id])).map((row) => [row.id, row] as const),
    );
    expect(rows.get(other.id)).toMatchObject({ previousId: null, status: 'PENDING' });
    expect(rows.get(same.id)).toMatchObject({ previousId: old.id, status: 'ACCEPTED' });
    expect(await services.decisions.history([other.id])).toEqual([]);
    expect(await services.decisions.history([same.id])).toMatchObject([{ status: 'ACCEPTED', carriedFromId: old.id }]);
  });

  it('of a re-run keep what a reviewer has decided on them, also when they turn out to be new', async () => {
    const { again } = await rerunBehindAccepted('Unlimited liability of the Supplier');
    const other = await add(again, 'Who may claim is open');
    await decide([other.id], 'REJECTED');
    await add(again, 'Unlimited liability of the Supplier');
    await complete(again);
    expect(await statuses([other.id])).toEqual(['REJECTED']);
    expect(await services.decisions.history([other.id])).toHaveLength(2);
  });

  it('of a re-run get a decision that is made, changed or taken back while it runs; one on them themselves stays', async () => {
    const scope = await documentOf(1);
    const before = await start(scope);
    const quotes = [words, 'It renews by itself.', 'The Supplier is', 'without limitation'];
    const old = [];
    for (const quote of quotes) old.push(await add(before, `About: ${quote}`, quote));
    await complete(before);
    const [madeLate, takenBack, onTheNew, untouched] = old.map(({ id }) => id) as [string, string, string, string];
    await decide([takenBack, untouched], 'ACCEPTED');
    const again = await start(scope);
    const found = [];
    for (const [index, quote] of quotes.entries()) {
      // Told in other words, so that they are no group: they are the same by their place.
      found.push(await add(again, `Finding number ${index} reads otherwise`, quote));
    }
    expect(found.map(({ previousId }) => previousId)).toEqual(old.map(({ id }) => id));
    expect(found.map(({ status }) => status)).toEqual(['PENDING', 'ACCEPTED', 'PENDING', 'ACCEPTED']);
    await decide([onTheNew], 'ACCEPTED');
    await decide([found[2]?.id ?? ''], 'REJECTED');
    await decide([madeLate], 'REJECTED');
    await decide([takenBack], 'PENDING');
    await complete(again);
    expect(await statuses(found.map(({ id }) => id))).toEqual(['REJECTED', 'PENDING', 'REJECTED', 'ACCEPTED']);
  });

  it('of a re-run get a decision that reached the one before by way of its group', async () => {
    const scope = await documentOf(2);
    const before = await start(scope, 0);
    const old = await add(before, 'Unlimited liability');
    await complete(before);
    const elsewhere = await add(await start(scope, 1), 'Unlimited liability');
    const again = await start(scope, 0);
    const found = await add(again, 'No cap was agreed upon');
    expect(found).toMatchObject({ previousId: old.id, groupId: found.id });
    await decide([elsewhere.id], 'REJECTED');
    expect(await statuses([old.id, found.id])).toEqual(['REJECTED', 'PENDING']);
    await complete(again);
    expect(await statuses([found.id])).toEqual(['REJECTED']);
    expect(await services.decisions.history([found.id])).toMatchObject([{ carriedFromId: old.id }]);
  });

  it('of a re-run that ends without a result are gone, but what was decided on them holds for those before', async () => {
    const scope = await documentOf(1);
    const before = await start(scope);
    const kept = await add(before, 'Unlimited liability');
    await complete(before);
    const again = await start(scope);
    const found = await add(again, 'No cap was agreed upon');
    await decide([found.id], 'ACCEPTED');
    const problem = { code: 'TIMED_OUT', message: 'm', retryable: true } as const;
    await services.analysisAttempts.fail({ analysisId: again.id, attempt: 1 }, problem, '');
    expect(await shown(scope)).toEqual([kept.id]);
    expect(await db.feedback.count({ where: { analysisId: again.id } })).toBe(0);
    expect(await statuses([kept.id])).toEqual(['ACCEPTED']);
    expect(await services.feedback.highestRisks(localCaller, [scope.documentId])).toEqual(
      new Map([[scope.documentId, 'HIGH']]),
    );
  });

  it('of parts that are done stay when the analysis is taken up again; those of the part under way go', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const done = await add(running, 'Of the first part', words, 'd', 0);
    const fence = { analysisId: running.id, attempt: 1 };
    const part = { endOffset: 10, summary: 's', risk: null, confidence: 1, thinking: 't', contextTokensSaved: 0 };
    expect(await services.analysisAttempts.finishPart(fence, part)).toBe(true);
    await add(running, 'Of the second part', 'It renews by itself.', 'd', 1);
    const begun = await services.analysisAttempts.begin(running.id);
    expect(begun?.analysis).toMatchObject({ attempt: 2, partResults: [part] });
    expect(await services.analysisAttempts.findingsOfParts(running.id)).toMatchObject([{ id: done.id }]);
    // The one that was taken for dead finishes its part now.
    expect(await services.analysisAttempts.finishPart(fence, part)).toBe(false);
    expect(await complete(running)).toBeNull();
  });
});
