import { describe, expect, it } from 'vitest';
import { useFindings, words } from './finding-scenes.ts';

describe('decisions in a re-run', () => {
  const { documentOf, start, add, complete, statuses, decide } = useFindings();

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
});
