import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config.ts';
import { createBedrockSimulator } from '../../src/embedded/bedrock-simulator/simulator.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startServer } from '../../src/server/server.ts';
import { startWorker } from '../../worker/worker.ts';
import { distFile } from './dist.ts';
import { isUp } from './forked.ts';
import { createTestDatabase, testRedis } from './services.ts';

export type GraphQLResult = {
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> & { code: string } }[];
};
// oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
export type StreamedEvent = any;

type Options = {
  /** Workers in this process; further ones can be forked. */
  readonly workers?: number;
  readonly tokensPerSecond?: number;
  readonly settings?: Readonly<Record<string, string>>;
};

/** A whole installation of its own: database, key prefix, folder, simulator, API, worker; all over real sockets. */
export async function startPrism(options: Options = {}) {
  const database = await createTestDatabase();
  const redis = testRedis();
  const folder = await mkdtemp(join(tmpdir(), 'prism-e2e-'));
  const simulator = createBedrockSimulator({ tokensPerSecond: options.tokensPerSecond ?? 5_000, clock: systemClock });
  const { url: bedrockEndpoint } = await simulator.listen();
  process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  const env: Record<string, string> = {
    PORT: '0',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    PRISM_DATA_DIR: folder,
    BEDROCK_ENDPOINT: bedrockEndpoint,
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    LOG_FORMAT: 'json',
    ANALYSIS_TASKS_PER_MINUTE: '100000',
    CHAT_TASKS_PER_MINUTE: '100000',
    MAX_REQUESTS_PER_MINUTE: '100000',
    MAX_TOKENS_PER_MINUTE: '100000000',
    SHUTDOWN_GRACE_MS: '200',
    // The chain without the models that Bedrock has retired, but for tests that are about them.
    MODEL_CHAIN: 'sonnet-4.5,sonnet-4.6,haiku-4.5',
    ...options.settings,
  };
  const config = loadConfig(env);
  const logger = createLogger({ name: 'test', level: config.logLevel, format: 'json' });
  const server = await startServer({ config, logger });
  const startOwnWorker = () => startWorker({ config, logger });
  const workers = await Promise.all(Array.from({ length: options.workers ?? 1 }, startOwnWorker));
  const children: ChildProcess[] = [];
  const clients: Client[] = [];

  async function query(document: string, variables: Record<string, unknown> = {}): Promise<GraphQLResult> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables }),
    });
    return (await response.json()) as GraphQLResult;
  }

  /** The data, or the first error thrown. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  async function ask(document: string, variables: Record<string, unknown> = {}): Promise<any> {
    const { data, errors } = await query(document, variables);
    if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
    return data;
  }

  function connect(): Client {
    const client = createClient({ url: server.url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
    clients.push(client);
    return client;
  }

  return {
    server,
    simulator,
    config,
    workers,
    query,
    ask,
    connect,

    async createSession(title = 'a session'): Promise<string> {
      const data = await ask(
        'mutation($title: String!) { createSession(input: { title: $title }) { session { id } } }',
        { title },
      );
      return data.createSession.session.id;
    },

    async upload(
      sessionId: string,
      filename: string,
      bytes: Uint8Array | string,
      idempotencyKey?: string,
      playbookId?: string,
    ): Promise<GraphQLResult> {
      const form = new FormData();
      const text = `mutation($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id status filename format sizeBytes sha256 } } }`;
      const input = {
        sessionId,
        file: null,
        ...(idempotencyKey ? { idempotencyKey } : {}),
        ...(playbookId ? { playbookId } : {}),
      };
      form.set('operations', JSON.stringify({ query: text, variables: { input } }));
      form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
      form.set('0', new File([bytes as BlobPart], filename));
      const response = await fetch(server.url, { method: 'POST', body: form });
      return (await response.json()) as GraphQLResult;
    },

    /** Uploads and waits until the document is parsed; its id. */
    async uploadParsed(sessionId: string, filename: string, bytes: Uint8Array | string): Promise<string> {
      const { data, errors } = await this.upload(sessionId, filename, bytes);
      if (errors?.[0]) throw new Error(errors[0].message);
      const { id } = data.uploadDocument.document;
      for await (const event of this.events('documentEvents', id)) {
        if (event.__typename === 'DocumentReady') return id;
        if (event.__typename === 'DocumentFailed') throw new Error(event.problem.message);
      }
      throw new Error('The events ended before the document was ready.');
    },

    /** Follows a document, an analysis or a message over WebSocket to its end. */
    events(field: EventField, id: string, after?: string, client = connect()): AsyncIterableIterator<StreamedEvent> {
      return unwrap(client.iterate({ query: subscriptionTo(field), variables: { id, after: after ?? null } }), field);
    },

    /** A worker process of its own, which can be killed. */
    async forkWorker(): Promise<ChildProcess> {
      const child = fork(distFile('worker', 'main.js'), {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      if (!(await isUp(child))) throw new Error('A worker process ended before it was up.');
      return child;
    },

    async close(): Promise<void> {
      for (const client of clients) void client.dispose();
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.all(workers.map((worker) => worker.close()));
      await server.close();
      await simulator.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Prism = Awaited<ReturnType<typeof startPrism>>;

export type EventField = 'documentEvents' | 'analysisEvents' | 'chatEvents';

/** Everything of every event; its variables are `id` and `after`. */
export function subscriptionTo(field: EventField): string {
  const { argument, fields } = subscriptions[field];
  return `subscription($id: ID!, $after: String) { ${field}(${argument}: $id, after: $after) { ${fields} } }`;
}

// analysisId and messageId may be null in events that both kinds have, so those and the others cannot share a name in one selection.
const analysisFields = `
  __typename
  ... on Event { cursor at attempt }
  ... on AnalysisQueued { analysisId sectionId position }
  ... on AnalysisStarted { analysisId sectionId }
  ... on AttemptRestarted { nullableId: analysisId reason }
  ... on ThrottleWaiting { nullableId: analysisId layer waitMs reason }
  ... on ModelSelected { nullableId: analysisId model { key } region }
  ... on ModelFellBack { nullableId: analysisId from { key } to { key } reason waitMs }
  ... on ThinkingDelta { nullableId: analysisId text }
  ... on FeedbackFound { analysisId sectionId feedback { id title risk confidence evidence { quote startOffset endOffset verified } } }
  ... on ProgressChanged { nullableId: analysisId percent }
  ... on AnalysisCompleted { analysisId analysis { id status summary thinking } }
  ... on AnalysisFailed { analysisId problem { code message retryable } }
  ... on AnalysisCancelled { analysisId }`;

const chatFields = `
  __typename
  ... on Event { cursor at attempt }
  ... on ChatMessageStarted { messageId }
  ... on AttemptRestarted { nullableId: messageId reason }
  ... on ThrottleWaiting { nullableId: messageId layer waitMs reason }
  ... on ModelSelected { nullableId: messageId model { key } region }
  ... on ModelFellBack { nullableId: messageId from { key } to { key } reason waitMs }
  ... on ThinkingDelta { nullableId: messageId text }
  ... on TextDelta { messageId text }
  ... on ChatMessageCompleted { messageId message { id status text thinking citations { quote startOffset endOffset page verified } } }
  ... on ChatMessageFailed { messageId problem { code message retryable } }
  ... on ChatMessageCancelled { messageId }`;

const subscriptions = {
  analysisEvents: { argument: 'analysisId', fields: analysisFields },
  documentEvents: {
    argument: 'documentId',
    fields: `${analysisFields} ... on DocumentParsing { sectionsFound percent } ... on DocumentReady { document { id sections { id } } } ... on DocumentFailed { problem { code message } }`,
  },
  chatEvents: { argument: 'messageId', fields: chatFields },
};

async function* unwrap(
  results: AsyncIterableIterator<{
    data?: Record<string, unknown> | null | undefined;
    errors?: readonly { message: string; extensions?: unknown }[] | undefined;
  }>,
  field: EventField,
): AsyncIterableIterator<StreamedEvent> {
  for await (const { data, errors } of results) {
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), { extensions: errors[0].extensions });
    const { nullableId, ...event } = (data?.[field] ?? {}) as Record<string, unknown>;
    const subject = field === 'chatEvents' ? 'messageId' : 'analysisId';
    yield nullableId === undefined ? event : { ...event, [subject]: nullableId };
  }
}
