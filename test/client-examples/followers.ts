import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { followOverSse, followOverWebSocket, type FollowOptions } from '../../client-examples/resume.ts';
import type { Prism, StreamedEvent } from '../support/prism.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const documentSubscription = `subscription($documentId: ID!, $after: String) {
  documentEvents(documentId: $documentId, after: $after) {
    __typename
    ... on Event { cursor at attempt }
    ... on AnalysisQueued { analysisId sectionId position }
    ... on AnalysisStarted { analysisId sectionId }
    ... on ThinkingDelta { of: analysisId text }
    ... on FeedbackFound { analysisId feedback { id title risk confidence evidence { quote verified } } }
    ... on ProgressChanged { of: analysisId percent }
    ... on AnalysisCompleted { analysisId analysis { id status summary thinking } }
  }
}`;

type Options = Partial<FollowOptions<StreamedEvent>> & Pick<FollowOptions<StreamedEvent>, 'url'>;
export type Follow = (options: Options) => AsyncGenerator<StreamedEvent, void>;

const cursorOf = (event: StreamedEvent): string => event.cursor;
export const common = { query: documentSubscription, cursorOf, baseDelayMs: 5 };

/** Both transports, for tests that hold for either. */
export const transports: readonly (readonly [string, Follow])[] = [
  ['WebSocket', (options) => followOverWebSocket({ ...common, ...options, webSocketImpl: WebSocket })],
  ['SSE', (options) => followOverSse({ ...common, ...options })],
];

export async function collect(events: AsyncIterable<StreamedEvent>): Promise<StreamedEvent[]> {
  const all: StreamedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The log of a finished document as it stands, read from its start on a line that nothing disturbs. */
export async function readLog(prism: Prism, documentId: string): Promise<StreamedEvent[]> {
  const variables = { documentId };
  return collect(followOverSse({ ...common, url: prism.server.url, variables, maxFailures: 1 }));
}

/** A proxy before the server, for one test. */
export async function proxyFor(url: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy(url);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** The same numbers for the same seed: 0 to 1, evenly spread. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
