export type Risk = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
export type AnalysisStatus = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
export type DocumentStatus = 'PARSING' | 'READY' | 'FAILED';
type Problem = { readonly message: string };
type Model = { readonly name: string };

export type Finding = {
  readonly id: string;
  readonly risk: Risk;
  readonly title: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly evidence: readonly { readonly quote: string; readonly verified: boolean }[];
};

/** A document and the latest analysis of each section, as they are when they are read. */
export type Snapshot = {
  readonly filename: string;
  readonly status: DocumentStatus;
  readonly error: Problem | null;
  readonly eventsCursor: string;
  readonly sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly latestAnalysis: {
      readonly id: string;
      readonly status: AnalysisStatus;
      readonly percent: number;
      readonly thinking: string;
      readonly error: Problem | null;
      readonly modelUsed: Model | null;
      readonly feedback: readonly Finding[];
    } | null;
  }[];
};

/** What `eventsSubscription` gives. */
export type WatchEvent = { readonly cursor: string } & (
  | { readonly __typename: 'DocumentParsing'; readonly sectionsFound: number; readonly percent: number }
  | {
      readonly __typename: 'DocumentReady';
      readonly document: { readonly sections: readonly { readonly id: string; readonly title: string }[] };
    }
  | { readonly __typename: 'DocumentFailed'; readonly problem: Problem }
  | {
      readonly __typename: 'AnalysisQueued' | 'AnalysisStarted';
      readonly analysisId: string;
      readonly sectionId: string;
    }
  | { readonly __typename: 'AttemptRestarted'; readonly of: string; readonly reason: string }
  | { readonly __typename: 'ThrottleWaiting'; readonly of: string; readonly waitMs: number; readonly reason: string }
  | { readonly __typename: 'ModelSelected'; readonly of: string; readonly model: Model; readonly region: string }
  | {
      readonly __typename: 'ModelFellBack';
      readonly of: string;
      readonly from: Model;
      readonly to: Model;
      readonly reason: string;
    }
  | { readonly __typename: 'ThinkingDelta'; readonly of: string; readonly text: string }
  | { readonly __typename: 'FeedbackFound'; readonly analysisId: string; readonly feedback: Finding }
  | { readonly __typename: 'ProgressChanged'; readonly of: string; readonly percent: number }
  | { readonly __typename: 'AnalysisCompleted' | 'AnalysisCancelled'; readonly analysisId: string }
  | { readonly __typename: 'AnalysisFailed'; readonly analysisId: string; readonly problem: Problem }
);

const findingFields = 'id risk title confidence evidence { quote verified }';

export const snapshotQuery = `query Snapshot($documentId: ID!) {
  document(id: $documentId) {
    filename status error { message } eventsCursor
    sections {
      id title
      latestAnalysis {
        id status percent thinking error { message } modelUsed { name } feedback { ${findingFields} }
      }
    }
  }
}`;

// Stays open when nothing is under way. What an event of a chat has, too, is `ID` there and `ID!` elsewhere: hence the alias.
export const eventsSubscription = `subscription Watch($documentId: ID!, $after: String) {
  documentEvents(documentId: $documentId, after: $after, follow: true) {
    __typename
    ... on Event { cursor }
    ... on DocumentParsing { sectionsFound percent }
    ... on DocumentReady { document { sections { id title } } }
    ... on DocumentFailed { problem { message } }
    ... on AnalysisQueued { analysisId sectionId }
    ... on AnalysisStarted { analysisId sectionId }
    ... on AttemptRestarted { of: analysisId reason }
    ... on ThrottleWaiting { of: analysisId waitMs reason }
    ... on ModelSelected { of: analysisId model { name } region }
    ... on ModelFellBack { of: analysisId from { name } to { name } reason }
    ... on ThinkingDelta { of: analysisId text }
    ... on FeedbackFound { analysisId feedback { ${findingFields} } }
    ... on ProgressChanged { of: analysisId percent }
    ... on AnalysisCompleted { analysisId }
    ... on AnalysisFailed { analysisId problem { message } }
    ... on AnalysisCancelled { analysisId }
  }
}`;

// What is worth knowing of those who answer: that they may be simulated, for example.
export const modelsQuery = '{ health { checks { name detail } } }';

/** Throws an Error for a person when there is no such document, or no answer. */
export async function readSnapshot(url: string, documentId: string): Promise<Snapshot> {
  const { document } = await ask<{ document: Snapshot | null }>(url, snapshotQuery, { documentId });
  if (!document) throw new Error(`There is no document ${documentId}.`);
  return document;
}

/** What the server says of its models; empty when there is nothing to say. */
export async function readModelsDetail(url: string): Promise<string> {
  type Checks = { health: { checks: readonly { name: string; detail: string | null }[] } };
  const { health } = await ask<Checks>(url, modelsQuery, {});
  return health.checks.find(({ name }) => name === 'bedrock')?.detail ?? '';
}

async function ask<T>(url: string, query: string, variables: Record<string, string>): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: T | null; errors?: readonly Problem[] };
  if (errors?.[0] || !data) throw new Error(errors?.[0]?.message ?? 'The server gave no answer.');
  return data;
}
