import { describe, expect, it } from 'vitest';
import { useFindings, words } from './finding-scenes.ts';

describe('a group of findings that say the same', () => {
  const { documentOf, start, add, complete, shown, statuses, decide } = useFindings();

  it('has none whose title differs in one word that matters', async () => {
    const scope = await documentOf(1);
    const running = await start(scope);
    const thirty = await add(running, 'Payment within 30 days is too short', words, 'Of the first.');
    const ninety = await add(running, 'Payment within 90 days is too short', words, 'Quite another matter.');
    await complete(running);
    await decide([thirty.id], 'REJECTED');
    expect(await statuses([thirty.id, ninety.id])).toEqual(['REJECTED', 'PENDING']);
    expect(await shown(scope)).toEqual([thirty.id, ninety.id]);
  });

  it('has one of an answer that tells two things of the same words, and what repeats it', async () => {
    const scope = await documentOf(2);
    const [first, second] = [await start(scope, 0), await start(scope, 1)];
    const told = [];
    for (const running of [first, second]) {
      told.push(await add(running, 'Unlimited liability', words, 'Nothing limits the amount.'));
      told.push(await add(running, 'Unlimited liability', words, 'It is open until when one may claim.'));
      told.push(await add(running, 'Unlimited liability', words, 'Nothing limits the amount!'));
    }
    const groups = told.map(({ groupId }) => groupId);
    const [amount, time] = groups;
    expect(time).not.toBe(amount);
    expect(groups).toEqual([amount, time, amount, amount, time, amount]);
  });

  it('is not joined by what was decided on otherwise in the analysis before', async () => {
    const scope = await documentOf(2);
    const before = await start(scope, 0);
    const old = await add(before, 'Unlimited liability of the Supplier');
    await complete(before);
    await decide([old.id], 'REJECTED');
    const elsewhere = await start(scope, 1);
    const pending = await add(elsewhere, 'It is open who may claim damages');
    await complete(elsewhere);
    const again = await start(scope, 0);
    const found = await add(again, 'It is open who may claim damages');
    await complete(again);
    expect(found).toMatchObject({ status: 'REJECTED', previousId: old.id });
    expect(found.groupId).not.toBe(pending.groupId);
    await decide([pending.id], 'ACCEPTED');
    expect(await statuses([found.id, pending.id])).toEqual(['REJECTED', 'ACCEPTED']);
    expect(await shown(scope)).toHaveLength(2);
  });

  it.each(['at once', 'by way of its own group'] as const)(
    'is left by what is decided on otherwise %s, as the same of the analysis before',
    async (how) => {
      const scope = await documentOf(3);
      const before = await start(scope, 0);
      const old = await add(before, 'Unlimited liability of the Supplier');
      await complete(before);
      const like = await add(await start(scope, 2), 'Unlimited liability of the Supplier');
      const pending = await add(await start(scope, 1), 'It is open who may claim damages');
      const again = await start(scope, 0);
      const found = await add(again, 'It is open who may claim damages');
      expect(found).toMatchObject({ previousId: old.id, groupId: pending.groupId });
      await decide([how === 'at once' ? old.id : like.id], 'REJECTED');
      await complete(again);
      expect(await statuses([old.id, like.id, found.id, pending.id])).toEqual([
        'REJECTED',
        'REJECTED',
        'REJECTED',
        'PENDING',
      ]);
      await decide([pending.id], 'ACCEPTED');
      expect(await statuses([found.id])).toEqual(['REJECTED']);
    },
  );
});
