import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { createContext, type Context } from '../../schema/context.ts';
import { toClientError } from '../../schema/error-mapping.ts';
import type { PushSource } from '../events/push-source.ts';
import type { Logger } from '../observability/logger.ts';
import { isEventFeed, type CursoredEvent } from '../services/event-feed.ts';
import type { createSharedExecution, EventExecution } from './shared-execution.ts';
import type { createSubscriptionLimit } from './subscription-limit.ts';

/** A subscription whose events are pushed, and what makes an event into what is sent. */
export type PushSubscription = { readonly feed: PushSource<CursoredEvent>; readonly execute: EventExecution };

export type Subscribed =
  | { readonly kind: 'pushed'; readonly subscription: PushSubscription }
  /** Values that are looked at in intervals, not events of a log. */
  | { readonly kind: 'iterated'; readonly results: AsyncIterableIterator<ExecutionResult> }
  | { readonly kind: 'refused'; readonly result: ExecutionResult };

type Deps = {
  share: ReturnType<typeof createSharedExecution>;
  limit: ReturnType<typeof createSubscriptionLimit>;
  logger: Logger;
};

/** Starts a subscription: resolves its source with the rights of the caller. Never rejects; so do the results that are iterated. */
export function createSubscribe({ share, limit, logger }: Deps) {
  const toClientErrors = (result: ExecutionResult): ExecutionResult =>
    result.errors ? { ...result, errors: result.errors.map((error) => toClientError(error, logger)) } : result;

  return async (args: ExecutionArgs): Promise<Subscribed> => {
    try {
      const source = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in source)) return { kind: 'refused', result: toClientErrors(source) };
      const { services, caller } = args.contextValue as Context;
      if (isEventFeed(source)) {
        const feed = limit.source(caller.tenantId, source);
        return { kind: 'pushed', subscription: { feed, execute: share(args, caller.tenantId) } };
      }
      const results = limit.iterator(caller.tenantId, source[Symbol.asyncIterator]() as AsyncIterableIterator<unknown>);
      const run = async (value: unknown) =>
        toClientErrors(await execute({ ...args, rootValue: value, contextValue: createContext(services, caller) }));
      const refuse = (error: unknown): ExecutionResult => ({ errors: [toClientError(error, logger)] });
      return { kind: 'iterated', results: mapIterator(results, run, refuse) };
    } catch (error) {
      return { kind: 'refused', result: { errors: [toClientError(error, logger)] } };
    }
  };
}

/** Not a generator: its `return` would wait for the next value. A failure is the last value. */
function mapIterator<T, R>(
  source: AsyncIterableIterator<T>,
  map: (value: T) => Promise<R>,
  last: (error: unknown) => R,
): AsyncIterableIterator<R> {
  let hasFailed = false;
  const end = { value: undefined, done: true } as const;
  return {
    async next() {
      if (hasFailed) return end;
      try {
        const { value, done } = await source.next();
        return done ? end : { value: await map(value), done: false };
      } catch (error) {
        hasFailed = true;
        await source.return?.();
        return { value: last(error), done: false };
      }
    },
    async return() {
      await source.return?.();
      return end;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
