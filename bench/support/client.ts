import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export type Section = { readonly id: string; readonly title: string; readonly text: string };

export type StreamedEvent = {
  readonly __typename: string;
  readonly at: string;
  readonly cursor: string;
  /** Of AnalysisFailed and DocumentFailed. */
  readonly problem?: { readonly message: string };
};

export type Received = {
  readonly event: StreamedEvent;
  /** When it arrived here, in ms since 1970 with a fraction. */
  readonly atMs: number;
};

type Watcher = { readonly take: (received: Received) => void; readonly fail: (reason: Error) => void };

export type Watch = {
  /** All that arrives from now on up to the `count`-th event of `type`. Rejects when something has failed or the subscription ends. */
  until(type: string, count?: number): Promise<Received[]>;
  stop(): void;
};

export type Client = ReturnType<typeof connectClient>;

/** A client as a front end has it: questions over HTTP, events over one WebSocket. Rejects with the first error of an answer. */
export function connectClient(url: string) {
  const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });

  async function post<T>(init: RequestInit): Promise<T> {
    const response = await fetch(url, { method: 'POST', ...init });
    const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] };
    if (errors?.[0]) throw new Error(errors[0].message);
    return data;
  }
  const ask = <T>(query: string, variables: Record<string, unknown>): Promise<T> =>
    post({ headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });

  return {
    async createSession(title: string): Promise<string> {
      const data = await ask<{ createSession: { session: { id: string } } }>(
        'mutation($title: String!) { createSession(input: { title: $title }) { session { id } } }',
        { title },
      );
      return data.createSession.session.id;
    },

    /** The document's id; it may still be parsed. */
    async upload(sessionId: string, filename: string, text: string): Promise<string> {
      const query = 'mutation($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id } } }';
      const form = new FormData();
      form.set('operations', JSON.stringify({ query, variables: { input: { sessionId, file: null } } }));
      form.set('map', '{"0":["variables.input.file"]}');
      form.set('0', new File([text], filename));
      const data = await post<{ uploadDocument: { document: { id: string } } }>({ body: form });
      return data.uploadDocument.document.id;
    },

    async sections(documentId: string): Promise<Section[]> {
      const data = await ask<{ document: { sections: Section[] } }>(
        'query($id: ID!) { document(id: $id) { sections { id title text } } }',
        { id: documentId },
      );
      return data.document.sections;
    },

    analyzeSection: (sectionId: string) =>
      ask('mutation($id: ID!) { analyzeSection(input: { sectionId: $id }) { analysis { id } } }', { id: sectionId }),

    analyzeDocument: (documentId: string) =>
      ask('mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }', { id: documentId }),

    async startChat(documentId: string): Promise<string> {
      const data = await ask<{ startChat: { chat: { id: string } } }>(
        'mutation($id: ID!) { startChat(input: { documentId: $id }) { chat { id } } }',
        { id: documentId },
      );
      return data.startChat.chat.id;
    },

    /** Id of the reply to come. */
    async sendChatMessage(chatId: string, text: string): Promise<string> {
      const data = await ask<{ sendChatMessage: { reply: { id: string } } }>(
        'mutation($chatId: ID!, $text: String!) { sendChatMessage(input: { chatId: $chatId, text: $text }) { reply { id } } }',
        { chatId, text },
      );
      return data.sendChatMessage.reply.id;
    },

    /** All events of a reply, to its end. */
    async followMessage(messageId: string): Promise<Received[]> {
      const all: Received[] = [];
      const results = socket.iterate<{ chatEvents: StreamedEvent }>({
        query: followQuery,
        variables: { id: messageId },
      });
      for await (const { data, errors } of results) {
        const event = data?.chatEvents;
        if (!event) throw new Error(errors?.[0]?.message);
        if (event.problem) throw new Error(`${event.__typename}: ${event.problem.message}`);
        all.push({ event, atMs: performance.timeOrigin + performance.now() });
      }
      return all;
    },

    /** A document's events from its first on; they go on when nothing is under way. */
    watch(documentId: string): Watch {
      const watchers = new Set<Watcher>();
      let isStopped = false;
      const fail = (reason: Error): void => {
        if (isStopped) return;
        isStopped = true;
        for (const watcher of watchers) watcher.fail(reason);
      };
      const take = (event: StreamedEvent): void => {
        const received = { event, atMs: performance.timeOrigin + performance.now() };
        if (event.problem) fail(new Error(`${event.__typename}: ${event.problem.message}`));
        else for (const watcher of watchers) watcher.take(received);
      };
      const stop = socket.subscribe<{ documentEvents: StreamedEvent }>(
        { query: watchQuery, variables: { id: documentId } },
        {
          next: ({ data, errors }) => (data ? take(data.documentEvents) : fail(new Error(errors?.[0]?.message))),
          error: (cause) => fail(new Error('The subscription failed.', { cause })),
          complete: () => fail(new Error('The subscription ended.')),
        },
      );
      return {
        until: (type, count = 1) =>
          new Promise((resolve, reject) => {
            const all: Received[] = [];
            let left = count;
            const watcher: Watcher = {
              take(received) {
                all.push(received);
                if (received.event.__typename === type) left -= 1;
                if (left > 0) return;
                watchers.delete(watcher);
                resolve(all);
              },
              fail: reject,
            };
            if (isStopped) reject(new Error('The subscription has ended.'));
            else watchers.add(watcher);
          }),
        stop() {
          isStopped = true;
          stop();
        },
      };
    },

    close: (): void => void socket.dispose(),
  };
}

/** What a front end that shows all of a review asks for. */
const watchQuery = `subscription($id: ID!) { documentEvents(documentId: $id, follow: true) {
  __typename
  ... on Event { cursor at attempt }
  ... on AnalysisQueued { analysisId sectionId position }
  ... on AnalysisStarted { analysisId sectionId }
  ... on ThinkingDelta { ofAnalysis: analysisId text }
  ... on ProgressChanged { ofAnalysis: analysisId percent }
  ... on FeedbackFound { analysisId feedback { id title risk confidence evidence { quote startOffset endOffset verified } } }
  ... on AnalysisCompleted { analysisId analysis { id summary risk } }
  ... on AnalysisFailed { problem { message } }
  ... on DocumentFailed { problem { message } }
} }`;

/** The same for an answer in a chat. */
const followQuery = `subscription($id: ID!) { chatEvents(messageId: $id) {
  __typename
  ... on Event { cursor at attempt }
  ... on ThinkingDelta { text }
  ... on TextDelta { text }
  ... on ChatMessageCompleted { message { text citations { quote startOffset endOffset verified } } }
  ... on ChatMessageFailed { problem { message } }
} }`;
