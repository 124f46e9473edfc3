type Problem = { readonly message: string };
type Risk = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
export type AnalysisStatus = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

// One selection may not give the same name to an ID and to an ID!. The events that a chat has, too, have `analysisId: ID`: there it gets
// an alias.
export const documentSubscription = `subscription Review($documentId: ID!, $after: String) {
  documentEvents(documentId: $documentId, after: $after) {
    __typename
    ... on Event { cursor }
    ... on DocumentParsing { sectionsFound percent }
    ... on AnalysisStarted { analysisId }
    ... on AttemptRestarted { of: analysisId reason }
    ... on ThrottleWaiting { of: analysisId waitMs reason }
    ... on ModelFellBack { of: analysisId from { name } to { name } reason }
    ... on ThinkingDelta { of: analysisId text }
    ... on FeedbackFound { analysisId feedback { id } }
    ... on ProgressChanged { of: analysisId percent }
    ... on AnalysisCompleted { analysisId analysis { risk } }
    ... on AnalysisFailed { analysisId problem { message } }
    ... on AnalysisCancelled { analysisId }
  }
}`;

/** What `documentSubscription` gives. */
export type ReviewEvent = { readonly cursor: string } & (
  | { readonly __typename: 'DocumentReady' | 'DocumentFailed' | 'AnalysisQueued' | 'ModelSelected' }
  | { readonly __typename: 'DocumentParsing'; readonly sectionsFound: number; readonly percent: number }
  | { readonly __typename: 'AnalysisStarted' | 'AnalysisCancelled'; readonly analysisId: string }
  | { readonly __typename: 'FeedbackFound'; readonly analysisId: string; readonly feedback: { readonly id: string } }
  | { readonly __typename: 'AttemptRestarted'; readonly of: string; readonly reason: string }
  | { readonly __typename: 'ThrottleWaiting'; readonly of: string; readonly waitMs: number; readonly reason: string }
  | {
      readonly __typename: 'ModelFellBack';
      readonly of: string;
      readonly from: { readonly name: string };
      readonly to: { readonly name: string };
      readonly reason: string;
    }
  | { readonly __typename: 'ThinkingDelta'; readonly of: string; readonly text: string }
  | { readonly __typename: 'ProgressChanged'; readonly of: string; readonly percent: number }
  | {
      readonly __typename: 'AnalysisCompleted';
      readonly analysisId: string;
      readonly analysis: { readonly risk: Risk | null };
    }
  | { readonly __typename: 'AnalysisFailed'; readonly analysisId: string; readonly problem: Problem }
);

export type ParsedDocument = {
  readonly status: 'PARSING' | 'READY' | 'FAILED';
  readonly error: Problem | null;
  readonly pageCount: number | null;
  readonly wordCount: number | null;
  readonly sections: readonly { readonly id: string }[];
};

export type QueuedAnalysis = { readonly id: string; readonly section: { readonly title: string } };

export type DocumentSnapshot = {
  readonly eventsCursor: string;
  readonly sections: readonly {
    readonly latestAnalysis: {
      readonly id: string;
      readonly status: AnalysisStatus;
      readonly percent: number;
      readonly thinking: string;
      readonly feedback: readonly { readonly id: string }[];
    } | null;
  }[];
};

export type Finding = {
  readonly risk: Risk;
  readonly title: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly meetsThreshold: boolean;
  readonly recommendation: string | null;
  readonly evidence: readonly { readonly quote: string; readonly verified: boolean }[];
};

export type ReviewedSection = {
  readonly title: string;
  readonly feedback: readonly Finding[];
  readonly latestAnalysis: {
    readonly status: AnalysisStatus;
    readonly risk: Risk | null;
    readonly summary: string | null;
    readonly error: Problem | null;
    readonly modelUsed: { readonly name: string } | null;
    readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly costUsd: number };
  } | null;
};

export type ReviewedDocument = { readonly risk: Risk | null; readonly sections: readonly ReviewedSection[] };
