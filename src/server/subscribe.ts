import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { createContext, type Context } from '../../schema/context.ts';
import { toClientError } from '../../schema/error-mapping.ts';
import type { Logger } from '../observability/logger.ts';
import { isEventFeed, type EventFeed } from '../services/event-feed.ts';
import type { createSharedExecution, EventExecution, Payload } from './shared-execution.ts';

/** A subscription whose events are pushed, and what makes an event into what is sent. */
export type PushSubscription = { readonly feed: EventFeed; readonly execute: EventExecution };

export type Subscribed =
  | { readonly kind: 'pushed'; readonly subscription: PushSubscription }
  /** Values that are looked at in intervals, not events of a log. */
  | { readonly kind: 'iterated'; readonly results: AsyncIterableIterator<ExecutionResult> }
  | { readonly kind: 'refused'; readonly result: ExecutionResult };

/** Starts a subscription: resolves its source with the rights of the caller. Never rejects. */
export function createSubscribe(deps: { share: ReturnType<typeof createSharedExecution>; logger: Logger }) {
  const toClientErrors = (result: ExecutionResult): ExecutionResult =>
    result.errors ? { ...result, errors: result.errors.map((error) => toClientError(error, deps.logger)) } : result;

  return async (args: ExecutionArgs): Promise<Subscribed> => {
    try {
      const source = await createSourceEventStream(args);
      if (isEventFeed(source)) {
        const { caller } = args.contextValue as Context;
        return { kind: 'pushed', subscription: { feed: source, execute: deps.share(args, caller.tenantId) } };
      }
      if (!(Symbol.asyncIterator in source)) return { kind: 'refused', result: toClientErrors(source) };
      const { services, caller } = args.contextValue as Context;
      const run = async (value: unknown) =>
        toClientErrors(await execute({ ...args, rootValue: value, contextValue: createContext(services, caller) }));
      return { kind: 'iterated', results: mapIterator(source, run) };
    } catch (error) {
      return { kind: 'refused', result: { errors: [toClientError(error, deps.logger)] } };
    }
  };
}

/** A pushed subscription as an iterator, for transports that pull. */
export const payloadsOf = ({ feed, execute: run }: PushSubscription): AsyncIterableIterator<Payload> =>
  mapIterator(feed, async (event) => run(event));

/** Not a generator: its `return` would wait for the next value. */
function mapIterator<T, R>(source: AsyncIterable<T>, map: (value: T) => Promise<R>): AsyncIterableIterator<R> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await iterator.next();
      return done ? { value: undefined, done: true } : { value: await map(value), done: false };
    },
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
