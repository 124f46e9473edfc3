import type { AnalysisStatus, DocumentStatus, Finding, Snapshot, WatchEvent } from './requests.ts';

/*
 * What is known of a review, made of a snapshot and the events behind it. Nothing here knows the page. States are never changed, so what is
 * the same object has not changed.
 */

/** A section and its latest analysis. */
export type SectionState = {
  readonly id: string;
  readonly title: string;
  readonly analysisId: string | null;
  /** IDLE when it was never analysed. */
  readonly status: AnalysisStatus | 'IDLE';
  /** 0 to 100. */
  readonly percent: number;
  /** The end of what the model thinks. */
  readonly thinking: string;
  readonly findings: readonly Finding[];
  /** Its model, or why it waits or has failed. */
  readonly note: string;
};

export type ReviewState = {
  readonly filename: string;
  readonly status: DocumentStatus;
  /** How reading the document goes, or why it failed. */
  readonly reading: string;
  /** In reading order. */
  readonly sections: readonly SectionState[];
  /** What happened last that a reader will want to know: a model, a fallback, a wait, a restart, an end. */
  readonly news: string;
};

const keptThinkingLength = 4_000;

const nothingYet = { percent: 0, thinking: '', findings: [], note: '' } as const;

/** The state that was read. Events behind its `eventsCursor` can be applied to it. */
export function fromSnapshot({ filename, status, error, sections }: Snapshot): ReviewState {
  return {
    filename,
    status,
    reading: error?.message ?? '',
    news: '',
    sections: sections.map(({ id, title, latestAnalysis }) => {
      if (!latestAnalysis) return unanalysed({ id, title });
      const { id: analysisId, percent, thinking, feedback: findings } = latestAnalysis;
      const note = latestAnalysis.error?.message ?? latestAnalysis.modelUsed?.name ?? '';
      const kept = thinking.slice(-keptThinkingLength);
      return { id, title, analysisId, status: latestAnalysis.status, percent, thinking: kept, findings, note };
    }),
  };
}

/**
 * The state after an event. What is read is at least as new as its `eventsCursor`: so findings that are there already are not added again,
 * and events of an analysis that had ended by then change nothing. Nor do those of one that is no section's latest. AttemptRestarted
 * discards all that the attempt had said and found.
 */
export function applyEvent(state: ReviewState, event: WatchEvent): ReviewState {
  const update = (analysisId: string, change: Change): ReviewState => updateAnalysis(state, analysisId, change);

  switch (event.__typename) {
    case 'DocumentParsing':
      return { ...state, reading: `${event.sectionsFound} sections so far, ${event.percent.toFixed(0)} %` };
    case 'DocumentReady': {
      const known = new Map(state.sections.map((section) => [section.id, section]));
      const sections = event.document.sections.map((section) => known.get(section.id) ?? unanalysed(section));
      return { ...state, status: 'READY', reading: '', sections };
    }
    case 'DocumentFailed':
      return { ...state, status: 'FAILED', reading: event.problem.message };
    case 'AnalysisQueued':
      return takeUp(state, event, 'QUEUED');
    case 'AnalysisStarted':
      return takeUp(state, event, 'RUNNING');
    case 'AttemptRestarted':
      return update(event.of, () => [nothingYet, `starts over: ${event.reason}`]);
    case 'ThrottleWaiting': {
      const note = `waits ${(event.waitMs / 1000).toFixed(1)} s: ${event.reason}`;
      return update(event.of, () => [{ note }, note]);
    }
    case 'ModelSelected': {
      const note = `${event.model.name} in ${event.region}`;
      return update(event.of, () => [{ note }, note]);
    }
    case 'ModelFellBack': {
      const note = `${event.to.name} instead of ${event.from.name}: ${event.reason}`;
      return update(event.of, () => [{ note }, note]);
    }
    case 'ThinkingDelta':
      return update(event.of, ({ thinking }) => [{ thinking: (thinking + event.text).slice(-keptThinkingLength) }]);
    case 'FeedbackFound': {
      const { feedback } = event;
      return update(event.analysisId, ({ findings }) =>
        findings.some(({ id }) => id === feedback.id) ? [{}] : [{ findings: [...findings, feedback] }],
      );
    }
    case 'ProgressChanged':
      return update(event.of, () => [{ percent: event.percent }]);
    case 'AnalysisCompleted':
      return update(event.analysisId, () => [{ status: 'COMPLETED', percent: 100 }, 'done']);
    case 'AnalysisFailed': {
      const { message } = event.problem;
      return update(event.analysisId, () => [{ status: 'FAILED', note: message }, `failed: ${message}`]);
    }
    case 'AnalysisCancelled':
      return update(event.analysisId, () => [{ status: 'CANCELLED', note: '' }, 'cancelled']);
  }
}

/** The first section in work. */
export const sectionInFront = ({ sections }: ReviewState): SectionState | undefined =>
  sections.find(({ status }) => status === 'RUNNING');

export const hasEnded = ({ status }: SectionState): boolean =>
  status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';

const unanalysed = ({ id, title }: { readonly id: string; readonly title: string }): SectionState => ({
  id,
  title,
  analysisId: null,
  status: 'IDLE',
  ...nothingYet,
});

/** What becomes of the section, and what of it is news. */
type Change = (section: SectionState) => readonly [change: Partial<SectionState>, news?: string];

function updateAnalysis(state: ReviewState, analysisId: string, change: Change): ReviewState {
  const section = state.sections.find((section) => section.analysisId === analysisId);
  if (!section || hasEnded(section)) return state;
  const [changed, news] = change(section);
  const next = replace(state, { ...section, ...changed });
  return news === undefined ? next : { ...next, news: `${section.title} · ${news}` };
}

type Taken = { readonly analysisId: string; readonly sectionId: string };

/** An analysis that the section did not have takes the place of the one it had. */
function takeUp(state: ReviewState, { analysisId, sectionId }: Taken, status: 'QUEUED' | 'RUNNING'): ReviewState {
  const section = state.sections.find(({ id }) => id === sectionId);
  const isNew = section?.analysisId !== analysisId;
  if (!section || (hasEnded(section) && !isNew)) return state;
  return replace(state, { ...section, ...(isNew ? { ...nothingYet, analysisId } : {}), status });
}

const replace = (state: ReviewState, section: SectionState): ReviewState => ({
  ...state,
  sections: state.sections.map((other) => (other.id === section.id ? section : other)),
});
