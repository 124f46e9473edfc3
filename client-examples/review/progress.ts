import type { AnalysisStatus, DocumentSnapshot, QueuedAnalysis, ReviewEvent } from './api-types.ts';

/** What is known of one section's analysis from its events. */
export type SectionProgress = {
  readonly title: string;
  status: AnalysisStatus;
  /** 0 to 100. */
  percent: number;
  /** The end of what the model thinks. */
  thinking: string;
  /** Their ids. */
  findings: ReadonlySet<string>;
};

const keptThinkingLength = 2_000;

export type ReviewProgress = {
  /** In reading order. */
  readonly sections: readonly SectionProgress[];
  /** Takes an event in. Gives a line to print where something happened that a reader will want to know, else null. */
  readonly apply: (event: ReviewEvent) => string | null;
  /** Replaces what events have told by what was read, for a log that was lost. */
  readonly restore: (snapshot: DocumentSnapshot) => void;
};

/** How far a review has come, kept up to date from the events of its document. */
export function createReviewProgress(analyses: readonly QueuedAnalysis[]): ReviewProgress {
  const byAnalysis = new Map<string, SectionProgress>(
    analyses.map(({ id, section }) => [id, { title: section.title, status: 'QUEUED', ...nothingYet }]),
  );
  const sections = [...byAnalysis.values()];
  const ended = (): string => `[${sections.filter(hasEnded).length}/${sections.length}]`;

  return {
    sections,
    apply(event) {
      const id = 'analysisId' in event ? event.analysisId : 'of' in event ? event.of : null;
      const section = id === null ? undefined : byAnalysis.get(id);
      // An analysis that somebody else asked for, or that had ended when the present state was read.
      if (!section || hasEnded(section)) return null;
      switch (event.__typename) {
        case 'AnalysisStarted':
          section.status = 'RUNNING';
          return null;
        case 'ThinkingDelta':
          section.thinking = (section.thinking + event.text).slice(-keptThinkingLength);
          return null;
        case 'ProgressChanged':
          section.percent = event.percent;
          return null;
        case 'FeedbackFound':
          // It may have been read already, with the present state.
          section.findings = new Set([...section.findings, event.feedback.id]);
          return null;
        case 'AttemptRestarted':
          Object.assign(section, nothingYet);
          return `-- ${section.title}: starts over, what was streamed of it is void (${event.reason})`;
        case 'ThrottleWaiting':
          return `-- ${section.title}: waits ${seconds(event.waitMs)} (${event.reason})`;
        case 'ModelFellBack':
          return `-- ${section.title}: ${event.to.name} instead of ${event.from.name} (${event.reason})`;
        case 'AnalysisCompleted':
          section.status = 'COMPLETED';
          section.percent = 100;
          return `${ended()} ${section.title}: ${count(section.findings.size, 'finding')}${event.analysis.risk ? `, risk ${event.analysis.risk}` : ''}`;
        case 'AnalysisFailed':
          section.status = 'FAILED';
          return `${ended()} ${section.title}: failed: ${event.problem.message}`;
        case 'AnalysisCancelled':
          section.status = 'CANCELLED';
          return `${ended()} ${section.title}: cancelled`;
        case 'DocumentParsing':
        case 'DocumentReady':
        case 'DocumentFailed':
        case 'AnalysisQueued':
        case 'ModelSelected':
          return null;
      }
    },
    restore(snapshot) {
      for (const { latestAnalysis } of snapshot.sections) {
        const section = latestAnalysis && byAnalysis.get(latestAnalysis.id);
        if (!section) continue;
        const { status, percent, thinking, feedback } = latestAnalysis;
        const findings = new Set(feedback.map(({ id }) => id));
        Object.assign(section, { status, percent, thinking: thinking.slice(-keptThinkingLength), findings });
      }
    },
  };
}

const nothingYet = { percent: 0, thinking: '', findings: new Set<string>() };

export const hasEnded = ({ status }: SectionProgress): boolean => status !== 'QUEUED' && status !== 'RUNNING';

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
