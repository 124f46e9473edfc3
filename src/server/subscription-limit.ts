import { AppError } from '../errors.ts';
import type { PushControl, PushSink, PushSource } from '../events/push-source.ts';

/**
 * Counts the subscriptions that run, by tenant, over all transports of this process. One counts from its start to its end; beyond the
 * limit it ends at once with RATE_LIMITED.
 */
export function createSubscriptionLimit(limit: number) {
  const counts = new Map<string, number>();

  /** What gives the place back, any number of times; null when there is none. */
  function enter(tenantId: string): (() => void) | null {
    const count = counts.get(tenantId) ?? 0;
    if (count >= limit) return null;
    counts.set(tenantId, count + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = (counts.get(tenantId) ?? 1) - 1;
      if (left === 0) counts.delete(tenantId);
      else counts.set(tenantId, left);
    };
  }

  function refuse(sink: PushSink<never>): PushControl {
    let isClosed = false;
    // Not before the subscriber has what `start` returns.
    queueMicrotask(() => {
      if (!isClosed) sink.ended(tooMany(limit));
    });
    return { resume: () => undefined, close: () => void (isClosed = true) };
  }

  return {
    source: <T>(tenantId: string, source: PushSource<T>): PushSource<T> => ({
      start(sink) {
        const leave = enter(tenantId);
        if (!leave) return refuse(sink);
        const control = source.start({
          take: (value) => sink.take(value),
          ended(error) {
            leave();
            sink.ended(error);
          },
        });
        return {
          resume: () => control.resume(),
          close() {
            leave();
            control.close();
          },
        };
      },
    }),

    iterator<T>(tenantId: string, iterator: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
      let leave: (() => void) | null = null;
      return {
        async next() {
          leave ??= enter(tenantId);
          if (!leave) throw tooMany(limit);
          try {
            const result = await iterator.next();
            if (result.done) leave();
            return result;
          } catch (error) {
            leave();
            throw error;
          }
        },
        async return() {
          leave?.();
          await iterator.return?.();
          return { value: undefined, done: true };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}

const tooMany = (limit: number): AppError =>
  new AppError('RATE_LIMITED', `At most ${limit} subscriptions of a tenant may run on one server. End some first.`);
