import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga';
import { createContext } from '../../schema/context.ts';
import { hasProblemCode, toClientError } from '../../schema/error-mapping.ts';
import { schema } from '../../schema/schema.ts';
import type { Logger } from '../observability/logger.ts';
import { localCaller } from '../services/caller.ts';
import type { Services } from '../services/services.ts';
import { useMultipart } from './multipart.ts';
import { playgroundTabs } from './playground.ts';

export type ServerContext = { req: IncomingMessage; res: ServerResponse };

const requestLimitBytes = 1024 * 1024;

/** GraphQL over HTTP and SSE, and the pieces that the WebSocket transport shares with it. */
export function createGraphqlServer(deps: { services: Services; logger: Logger; isPlaygroundEnabled: boolean }) {
  const { services, logger } = deps;
  return createYoga<ServerContext>({
    schema,
    context: () => createContext(services, localCaller),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    healthCheckEndpoint: '/health/live',
    logging: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: requestLimitBytes,
    graphiql: deps.isPlaygroundEnabled
      ? { title: 'AI-Prism', subscriptionsProtocol: 'WS', defaultTabs: playgroundTabs, shouldPersistHeaders: true }
      : false,
    // The page weighs 9 MB: in memory only once somebody looks at it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    maskedErrors: { maskError: (error) => toClientError(error, logger) },
    plugins: [useMultipart(), useErrorCodes(logger), useStreamErrors(logger)],
  });
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

const withHttpStatus = <E extends { extensions: Record<string, unknown> }>(error: E, http: unknown): E => {
  if (http !== undefined) error.extensions['http'] = http;
  return error;
};

/**
 * A subscription whose source fails ends with a last result that holds the error, on every transport alike: an expired cursor or a database
 * that went away is an answer, not a broken connection.
 */
const useStreamErrors = (logger: Logger): Plugin => ({
  onSubscribe() {
    return {
      onSubscribeResult({ result, setResult }) {
        if (isAsyncIterable(result)) setResult(endWithError(result, (error) => toClientError(error, logger)));
      },
    };
  },
});

function endWithError<T>(source: AsyncIterable<T>, toError: (error: unknown) => unknown): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let hasFailed = false;
  return {
    async next() {
      if (hasFailed) return { value: undefined, done: true };
      try {
        return await iterator.next();
      } catch (error) {
        hasFailed = true;
        return { value: { errors: [toError(error)] } as T, done: false };
      }
    },
    async return() {
      hasFailed = true;
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
