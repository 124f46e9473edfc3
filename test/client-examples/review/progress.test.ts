import { describe, expect, it } from 'vitest';
import type { DocumentSnapshot } from '../../../client-examples/review/api-types.ts';
import { createReviewProgress } from '../../../client-examples/review/progress.ts';

const snapshot = (status: 'RUNNING' | 'COMPLETED'): DocumentSnapshot => ({
  eventsCursor: 'c',
  sections: [{ latestAnalysis: { id: 'a1', status, percent: 70, thinking: 'Who pays?', feedback: [{ id: 'f1' }] } }],
});

const found = (id: string) =>
  ({ __typename: 'FeedbackFound', cursor: id, analysisId: 'a1', feedback: { id } }) as const;

describe('the progress of a review that goes on from what was read', () => {
  it('counts a finding once that was read and is told again', () => {
    const progress = createReviewProgress([{ id: 'a1', section: { title: 'Liability' } }]);
    progress.restore(snapshot('RUNNING'));
    for (const event of [found('f1'), found('f2')]) progress.apply(event);
    expect([...(progress.sections[0]?.findings ?? [])]).toEqual(['f1', 'f2']);
  });

  it('lets nothing happen to an analysis that had ended', () => {
    const progress = createReviewProgress([{ id: 'a1', section: { title: 'Liability' } }]);
    progress.restore(snapshot('COMPLETED'));
    const before = { ...progress.sections[0] };
    progress.apply({ __typename: 'ThinkingDelta', cursor: '1', of: 'a1', text: 'pays?' });
    progress.apply({ __typename: 'ProgressChanged', cursor: '2', of: 'a1', percent: 60 });
    progress.apply(found('f1'));
    expect(progress.sections[0]).toEqual(before);
  });
});
