import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import { AppError } from '../errors.ts';
import type { AdmissionControl, Gauge } from '../throttle/admission-port.ts';
import type { Caller } from './caller.ts';
import { runIdempotently } from './idempotency.ts';
import type { createModels } from './models.ts';
import { createSharedReads } from './shared-reads.ts';
import { updateInterval, watchChanges } from './watch-changes.ts';

/** What each of the five layers holds now, for the whole fleet. Models are named by their keys. */
export type Throttle = {
  readonly requestsPerMinute: Gauge;
  readonly concurrentRequests: Gauge;
  readonly tokensPerMinute: Gauge;
  readonly coolingDown: readonly string[];
  readonly openBreakers: readonly string[];
  readonly retriesWaiting: number;
};

/** Seeing and resetting the throttle. */
export function createThrottle(deps: {
  db: Db;
  clock: Clock;
  throttle: AdmissionControl;
  models: Pick<ReturnType<typeof createModels>, 'chain'>;
  regions: readonly string[];
}) {
  const shared = createSharedReads<Throttle>(deps.clock);

  async function read(): Promise<Throttle> {
    const { requestsPerMinute, concurrentRequests, tokensPerMinute, models, retriesWaiting } =
      await deps.throttle.snapshot();
    const keys = (of: typeof models): string[] => [...new Set(of.map(({ modelKey }) => modelKey))];
    return {
      requestsPerMinute,
      concurrentRequests,
      tokensPerMinute,
      coolingDown: keys(models.filter(({ coolingUntilMs }) => coolingUntilMs !== null)),
      openBreakers: keys(models.filter(({ breaker }) => breaker !== 'CLOSED')),
      retriesWaiting,
    };
  }

  return {
    read,

    /** Now, then whenever it changes, at most once per interval: 250 to 60,000 ms, 1 s when left out. */
    watch: (intervalMs: number | null | undefined): AsyncIterableIterator<Throttle> =>
      watchChanges(() => shared('throttle', read), {
        intervalMs: updateInterval(intervalMs, 1_000),
        clock: deps.clock,
      }),

    /** Offers a model again at once, in one region or in all. Throws NOT_FOUND for a key or a region that is not configured. */
    async reset(
      caller: Caller,
      input: { modelKey: string; region?: string | null | undefined; idempotencyKey?: string | null | undefined },
    ): Promise<void> {
      const { modelKey, region = null } = input;
      if (!deps.models.chain().some(({ key }) => key === modelKey)) {
        throw new AppError(
          'NOT_FOUND',
          `There is no model "${modelKey.slice(0, 60)}" in the chain. See models { key }.`,
        );
      }
      if (region !== null && !deps.regions.includes(region)) {
        throw new AppError(
          'NOT_FOUND',
          `Region "${region.slice(0, 60)}" is not used. In use: ${deps.regions.join(', ')}.`,
        );
      }
      await runIdempotently(
        deps.db,
        caller,
        { operation: 'resetModelState', key: input.idempotencyKey, input: { modelKey, region } },
        new Date(deps.clock.now()),
        // Within, so that a failure leaves the key free, and a repeat does not undo what happened since.
        async () => {
          await deps.throttle.reset(modelKey, region);
          return { modelKey };
        },
      );
    },
  };
}
