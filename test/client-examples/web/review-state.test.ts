import { describe, expect, it } from 'vitest';
import type { Finding, Snapshot, WatchEvent } from '../../../client-examples/web/requests.ts';
import {
  applyEvent,
  fromSnapshot,
  sectionInFront,
  type ReviewState,
} from '../../../client-examples/web/review-state.ts';

const finding = (id: string): Finding => ({
  id,
  risk: 'HIGH',
  title: `Finding ${id}`,
  confidence: 0.9,
  evidence: [{ quote: 'without limit', verified: true }],
});

const unread: Snapshot = { filename: 'contract.docx', status: 'PARSING', error: null, eventsCursor: '0', sections: [] };

type Untold = WatchEvent extends infer E ? (E extends WatchEvent ? Omit<E, 'cursor'> : never) : never;

const after = (state: ReviewState, ...events: readonly Untold[]): ReviewState =>
  events.reduce((before, event, at) => applyEvent(before, { ...event, cursor: `${at}` }), state);

const ready: Untold = {
  __typename: 'DocumentReady',
  document: {
    sections: [
      { id: 's1', title: 'Liability' },
      { id: 's2', title: 'Term' },
    ],
  },
};
const started = (analysisId: string, sectionId: string): Untold => ({
  __typename: 'AnalysisStarted',
  analysisId,
  sectionId,
});
const queued = (analysisId: string, sectionId: string): Untold => ({
  __typename: 'AnalysisQueued',
  analysisId,
  sectionId,
});
const thinking = (of: string, text: string): Untold => ({ __typename: 'ThinkingDelta', of, text });
const found = (analysisId: string, id: string): Untold => ({
  __typename: 'FeedbackFound',
  analysisId,
  feedback: finding(id),
});
const restarted = (of: string): Untold => ({ __typename: 'AttemptRestarted', of, reason: 'a worker died' });
const progressed = (of: string, percent: number): Untold => ({ __typename: 'ProgressChanged', of, percent });

const inWork = (): ReviewState =>
  after(fromSnapshot(unread), ready, queued('a1', 's1'), queued('a2', 's2'), started('a1', 's1'), started('a2', 's2'));

describe('the state of a watched review', () => {
  it('is made by a replay from the start as by a snapshot of the end', () => {
    const replayed = after(
      inWork(),
      { __typename: 'ModelSelected', of: 'a1', model: { name: 'Sonnet' }, region: 'us-east-1' },
      thinking('a1', 'Who is '),
      thinking('a1', 'liable?'),
      progressed('a1', 40),
      found('a1', 'f1'),
      { __typename: 'AnalysisCompleted', analysisId: 'a1' },
      { __typename: 'AnalysisFailed', analysisId: 'a2', problem: { message: 'No model answered.' } },
    );
    const read = fromSnapshot({
      ...unread,
      status: 'READY',
      sections: [
        {
          id: 's1',
          title: 'Liability',
          latestAnalysis: {
            id: 'a1',
            status: 'COMPLETED',
            percent: 100,
            thinking: 'Who is liable?',
            error: null,
            modelUsed: { name: 'Sonnet in us-east-1' },
            feedback: [finding('f1')],
          },
        },
        {
          id: 's2',
          title: 'Term',
          latestAnalysis: {
            id: 'a2',
            status: 'FAILED',
            percent: 0,
            thinking: '',
            error: { message: 'No model answered.' },
            modelUsed: null,
            feedback: [],
          },
        },
      ],
    });
    expect({ ...replayed, news: '' }).toEqual(read);
    expect(replayed.news).toBe('Term · failed: No model answered.');
  });

  it('loses what an attempt said and found when it starts over, and nothing of other sections', () => {
    const both = after(
      inWork(),
      thinking('a1', 'void'),
      found('a1', 'f1'),
      progressed('a1', 60),
      thinking('a2', 'kept'),
      found('a2', 'f2'),
    );
    const [liability, term] = after(both, restarted('a1')).sections;
    expect(liability).toMatchObject({ status: 'RUNNING', thinking: '', findings: [], percent: 0 });
    expect(term).toBe(both.sections[1]);
  });

  it('loses what a snapshot had of an attempt that starts over', () => {
    const latestAnalysis = {
      id: 'a1',
      status: 'RUNNING',
      percent: 50,
      thinking: 'void',
      error: null,
      modelUsed: null,
      feedback: [finding('f1')],
    } as const;
    const read = fromSnapshot({ ...unread, sections: [{ id: 's1', title: 'Liability', latestAnalysis }] });
    const [section] = after(read, restarted('a1'), thinking('a1', 'anew'), found('a1', 'f2')).sections;
    expect(section).toMatchObject({ thinking: 'anew', findings: [finding('f2')] });
  });

  it('has a finding once that the snapshot had and the events bring again', () => {
    const [section] = after(inWork(), found('a1', 'f1'), found('a1', 'f1'), found('a1', 'f2')).sections;
    expect(section?.findings.map(({ id }) => id)).toEqual(['f1', 'f2']);
  });

  it('leaves an analysis alone that had ended when it was read: the events behind the cursor may be older', () => {
    const latestAnalysis = {
      id: 'a1',
      status: 'COMPLETED',
      percent: 100,
      thinking: 'Who is liable?',
      error: null,
      modelUsed: null,
      feedback: [finding('f1')],
    } as const;
    const read = fromSnapshot({ ...unread, sections: [{ id: 's1', title: 'Liability', latestAnalysis }] });
    const events = [queued('a1', 's1'), started('a1', 's1'), thinking('a1', 'liable?'), progressed('a1', 60)];
    expect(after(read, ...events, found('a1', 'f1'))).toEqual(read);
  });

  it('begins anew with another analysis of a section, and leaves out late news of the one before', () => {
    const state = after(inWork(), found('a1', 'f1'), queued('a3', 's1'), thinking('a1', 'late'), found('a1', 'f2'));
    expect(state.sections[0]).toMatchObject({ analysisId: 'a3', status: 'QUEUED', thinking: '', findings: [] });
  });

  it('keeps what a section has when its queued analysis is taken up again', () => {
    const [section] = after(inWork(), found('a1', 'f1'), started('a1', 's1')).sections;
    expect(section?.findings).toHaveLength(1);
  });

  it('keeps the end of long thinking', () => {
    const [section] = after(inWork(), thinking('a1', 'x'.repeat(5_000)), thinking('a1', 'the end')).sections;
    expect(section?.thinking).toHaveLength(4_000);
    expect(section?.thinking.endsWith('xthe end')).toBe(true);
  });

  it('tells of waits and fallbacks, and has the first section in work in front', () => {
    const waiting = after(inWork(), {
      __typename: 'ThrottleWaiting',
      of: 'a1',
      waitMs: 3_200,
      reason: 'the budget of this minute is used',
    });
    expect(waiting.news).toBe('Liability · waits 3.2 s: the budget of this minute is used');
    const fellBack = after(waiting, {
      __typename: 'ModelFellBack',
      of: 'a1',
      from: { name: 'Sonnet' },
      to: { name: 'Haiku' },
      reason: 'overloaded',
    });
    expect(sectionInFront(fellBack)?.note).toBe('Haiku instead of Sonnet: overloaded');
    const ended = after(fellBack, { __typename: 'AnalysisCancelled', analysisId: 'a1' });
    expect(sectionInFront(ended)?.id).toBe('s2');
  });

  it('tells how reading goes, and why it failed', () => {
    const parsing = after(fromSnapshot(unread), { __typename: 'DocumentParsing', sectionsFound: 3, percent: 41.6 });
    expect(parsing.reading).toBe('3 sections so far, 42 %');
    const failed = after(parsing, { __typename: 'DocumentFailed', problem: { message: 'It is encrypted.' } });
    expect(failed).toMatchObject({ status: 'FAILED', reading: 'It is encrypted.' });
  });
});
