import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGraphQLError, createLRUCache, createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga';
import { createContext } from '../../schema/context.ts';
import { hasProblemCode, toClientError } from '../../schema/error-mapping.ts';
import { schema } from '../../schema/schema.ts';
import type { DocumentNode, ExecutionArgs, GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observability/logger.ts';
import { localCaller } from '../services/caller.ts';
import type { Services } from '../services/services.ts';
import { useMultipart } from './multipart.ts';
import { useOperationLog } from './operation-log.ts';
import { playgroundTabs } from './playground.ts';
import { useServerSentEvents, type PayloadSource } from './server-sent-events.ts';
import { createSharedExecution } from './shared-execution.ts';
import { startIterating, startPushing } from './push-payloads.ts';
import { createSubscribe } from './subscribe.ts';
import { createSubscriptionLimit } from './subscription-limit.ts';

export type ServerContext = { req: IncomingMessage; res: ServerResponse };

const requestLimitBytes = 1024 * 1024;

// Queries are parsed once. Only such are kept as a client would send again and again; the longest of our own has some 4,000 characters.
const keptQueries = 256;
const longestKeptQuery = 16_384;

/** Only files may be large: what else is posted has a limit of its own, also where it does not say how large it is. */
const useRequestLimit = (): Plugin<object, ServerContext> => ({
  onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
    if (isMultipart(request) || !requestParser || !request.body) return;
    // Of one that says its length no more is read than that.
    if (Number(request.headers.get('content-length') ?? Infinity) <= requestLimitBytes) return;
    setRequestParser(async (posted) => {
      const { url, method, headers } = posted;
      return requestParser(new fetchAPI.Request(url, { method, headers, body: await readWithinLimit(posted) }));
    });
  },
  onResponse({ serverContext, response }) {
    // A file that was refused: what is not read of it stands in the way of a next request on this connection.
    if (serverContext?.req && !serverContext.req.complete) response.headers.set('connection', 'close');
  },
});

const isMultipart = ({ headers }: Request): boolean =>
  headers.get('content-type')?.startsWith('multipart/form-data') ?? false;

async function readWithinLimit({ body }: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // What is beyond is read away, since a client that is still sending would not hear the answer.
    if (bytes <= requestLimitBytes) chunks.push(chunk);
  }
  if (bytes > requestLimitBytes) throw tooLarge();
  return Buffer.concat(chunks).toString();
}

const tooLarge = (): GraphQLError =>
  createGraphQLError('The request is larger than 1 MB. Send files by a multipart request.', {
    extensions: { code: 'PAYLOAD_TOO_LARGE', retryable: false, http: { status: 413 } },
  });

function createQueryCache() {
  const kept = createLRUCache<DocumentNode>({ max: keptQueries });
  return {
    get: (query: string): DocumentNode | undefined => kept.get(query),
    set: (query: string, document: DocumentNode): void => {
      if (query.length <= longestKeptQuery) kept.set(query, document);
    },
  };
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** GraphQL over HTTP and SSE, and the pieces that the WebSocket transport shares with it. */
export function createGraphqlServer(deps: {
  services: Services;
  logger: Logger;
  clock: Clock;
  maxUploadBytes: number;
  isPlaygroundEnabled: boolean;
  /** Of one tenant, over all transports. */
  subscriptionsPerTenant: number;
  /** How long a client may stay behind before its subscription ends with SLOW_CONSUMER. */
  slowConsumerMs: number;
}) {
  const { services, logger, clock, slowConsumerMs } = deps;
  const share = createSharedExecution({
    schema,
    // The key of the rights is the tenant; nothing that resolvers of events read depends on more.
    contextFor: (tenantId) => createContext(services, { tenantId, actor: 'subscription' }),
    toClientErrors: (errors) => errors.map((error) => toClientError(error, logger)),
    logger,
  });
  const limit = createSubscriptionLimit(deps.subscriptionsPerTenant);
  const subscribe = createSubscribe({ share, limit, logger });
  const sources = new WeakMap<Request, PayloadSource>();
  const yoga = createYoga<ServerContext>({
    schema,
    context: ({ request }) => createContext(services, localCaller, request?.headers.get('last-event-id') || null),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    healthCheckEndpoint: '/health/live',
    logging: false,
    batching: false,
    multipart: false,
    // A query that cannot be parsed is not kept at all.
    parserAndValidationCache: {
      documentCache: createQueryCache(),
      errorCache: { get: () => undefined, set: () => undefined },
    },
    // The fields beside the file count too.
    maxRequestBodySize: deps.maxUploadBytes + requestLimitBytes,
    graphiql: deps.isPlaygroundEnabled
      ? { title: 'AI-Prism', subscriptionsProtocol: 'WS', defaultTabs: playgroundTabs, shouldPersistHeaders: true }
      : false,
    // The page weighs 9 MB: in memory only once somebody looks at it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    maskedErrors: { maskError: (error) => toClientError(error, logger) },
    plugins: [
      useRequestLimit(),
      useMultipart(),
      useErrorCodes(logger),
      useOwnSubscriptions(subscribe, sources),
      useServerSentEvents(sources, { logger, slowConsumerMs }),
      useOperationLog(logger, clock),
    ],
  });
  return { yoga, subscribe, slowConsumerMs };
}

/** Errors that arise before execution (syntax, validation, a request that cannot be read) carry a code like all others. */
const useErrorCodes = (logger: Logger): Plugin => ({
  onExecutionResult(payload) {
    const { result } = payload;
    if (!result || isAsyncIterable(result) || Array.isArray(result) || !('errors' in result) || !result.errors) return;
    payload.setResult({
      ...result,
      errors: result.errors.map((error) =>
        hasProblemCode(error) ? error : withHttpStatus(toClientError(error, logger), error.extensions['http']),
      ),
    });
  },
});

/** Subscriptions run by our own `subscribe`; `useServerSentEvents` sends what comes of them. */
const useOwnSubscriptions = (
  subscribe: ReturnType<typeof createSubscribe>,
  sources: WeakMap<Request, PayloadSource>,
): Plugin => ({
  onSubscribe({ setSubscribeFn }) {
    setSubscribeFn(async (args: ExecutionArgs) => {
      const subscribed = await subscribe(args);
      if (subscribed.kind === 'refused') return subscribed.result;
      sources.set((args.contextValue as { request: Request }).request, (sink) =>
        subscribed.kind === 'pushed'
          ? startPushing(subscribed.subscription, sink)
          : startIterating(subscribed.results, sink),
      );
      return streamed;
    });
  },
});

/** Tells Yoga that this is a stream; nobody iterates it. */
const streamed: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ value: undefined, done: true }) }),
};

const withHttpStatus = <E extends { extensions: Record<string, unknown> }>(error: E, http: unknown): E => {
  if (http !== undefined) error.extensions['http'] = http;
  return error;
};
