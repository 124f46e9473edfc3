import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import { isDatabaseUnavailable } from '../src/db.ts';
import { AppError, isAppError, problemCodes } from '../src/errors.ts';
import type { Logger } from '../src/observability/logger.ts';
import { isRedisUnavailable } from '../src/redis.ts';

/**
 * The one place where what was thrown becomes what a client sees. Expected failures keep their message and code. A database or Redis that
 * does not answer is SERVICE_UNAVAILABLE. Errors of the GraphQL document itself are BAD_USER_INPUT. Everything else is a bug: logged once
 * with an id, and the client gets the id alone.
 */
export function toClientError(error: unknown, logger: Logger): GraphQLError {
  const graphqlError = error instanceof GraphQLError ? error : undefined;
  const cause = innermost(error);
  const shape: GraphQLErrorOptions = {
    ...(graphqlError?.path ? { path: graphqlError.path } : {}),
    ...(graphqlError?.nodes ? { nodes: graphqlError.nodes } : {}),
  };
  if (isAppError(cause)) return fromAppError(cause, shape);
  if (cause instanceof GraphQLError) {
    if (hasProblemCode(cause)) return cause;
    const { nodes, source, positions, path } = cause;
    const extensions = { ...cause.extensions, code: 'BAD_USER_INPUT', retryable: false };
    return new GraphQLError(cause.message, {
      nodes: nodes ?? null,
      source: source ?? null,
      positions: positions ?? null,
      path: path ?? null,
      extensions,
    });
  }
  if (isDatabaseUnavailable(cause) || isRedisUnavailable(cause)) {
    logger.warn({ err: summary(cause) }, 'a request failed: database or Redis does not answer');
    return fromAppError(
      new AppError(
        'SERVICE_UNAVAILABLE',
        'A part of the service does not answer at the moment. Try again in a few seconds.',
        {
          retryAfterMs: 2_000,
        },
      ),
      shape,
    );
  }
  const errorId = randomUUID();
  logger.error({ errorId, err: summary(cause), path: graphqlError?.path?.join('.') }, 'a request failed unexpectedly');
  return new GraphQLError(`Something went wrong on our side. Report error ${errorId} to the operator.`, {
    ...shape,
    extensions: { code: 'INTERNAL', retryable: true, errorId },
  });
}

function fromAppError(error: AppError, shape: GraphQLErrorOptions): GraphQLError {
  return new GraphQLError(error.message, {
    ...shape,
    extensions: {
      code: error.code,
      retryable: error.retryable,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      ...error.details,
    },
  });
}

/** Whether an error carries a code of the contract; GraphQL libraries have others of their own. */
export const hasProblemCode = (error: { extensions: Record<string, unknown> }): boolean =>
  problemCodes.some((code) => code === error.extensions['code']);

/** GraphQL wraps what a resolver throws, sometimes more than once. */
function innermost(error: unknown): unknown {
  let current = error;
  while (current instanceof GraphQLError && current.originalError) current = current.originalError;
  return current;
}

// Messages of unknown errors may quote what was sent to a database; the stack without its first line tells where it was.
const summary = (error: unknown): object =>
  error instanceof Error
    ? {
        name: error.name,
        stack: error.stack
          ?.split('\n')
          .filter((line) => line.trimStart().startsWith('at '))
          .slice(0, 12),
      }
    : { name: typeof error };
