// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
import { DelayedError, Worker, type Job } from 'bullmq';
import type { Clock } from '../src/clock.ts';
import type { Logger } from '../src/observability/logger.ts';
import type { JobCatalog, JobName, JobPayloads } from '../src/queue/catalog.ts';
import { queueKeyPrefix, startsKey, startsWindowMs } from '../src/queue/job-queue.ts';
import type { Redis } from '../src/redis.ts';
import { holdLock } from './hold-lock.ts';
import { JobTimeoutError, ShutdownError, type JobContext, type JobOutcome } from './job-context.ts';

export type Handlers = {
  readonly [N in JobName]: (payload: JobPayloads[N], context: JobContext) => Promise<JobOutcome>;
};

export type RunnerOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly catalog: JobCatalog;
  readonly handlers: Handlers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often jobs of dead workers are looked for. */
  readonly stalledIntervalMs: number;
  readonly shutdownGraceMs: number;
};

/**
 * Takes jobs from their queues and runs their handlers.
 *
 * Guarantees: a job whose process dies is given to another within about four stalled intervals (its lock lasts two, and the search for
 * stalled jobs needs two rounds). A handler's signal aborts at the job's time limit and at shutdown. Not guaranteed: that a job runs once.
 * A process that stands still for longer than its lock goes on beside the one that took its job over; handlers fence their writes.
 */
export function startRunner(options: RunnerOptions) {
  const shutdown = new AbortController();
  const names = Object.keys(options.catalog) as JobName[];
  const workers = names.map((name) => startWorker(options, name, shutdown.signal));

  return {
    /** Takes no new jobs; lets those in hand finish within the grace time, then has them given back. */
    async close(): Promise<void> {
      const timer = setTimeout(() => shutdown.abort(new ShutdownError()), options.shutdownGraceMs);
      await Promise.all(workers.map((worker) => worker.close()));
      clearTimeout(timer);
    },
  };
}

const lockMs = ({ stalledIntervalMs }: RunnerOptions): number => 2 * stalledIntervalMs;

function startWorker(options: RunnerOptions, name: JobName, shutdown: AbortSignal): Worker {
  const { catalog, logger } = options;
  const spec = catalog[name];
  const worker = new Worker(spec.queue, (job, token) => runJob(options, name, job, token, shutdown), {
    connection: options.redis,
    prefix: queueKeyPrefix(options.prefix),
    concurrency: spec.concurrency,
    stalledInterval: options.stalledIntervalMs,
    lockDuration: lockMs(options),
    // See hold-lock.ts.
    skipLockRenewal: true,
    // While no more may start, how often it is looked whether one that did start has to be taken over.
    maximumRateLimitDelay: options.stalledIntervalMs,
    // Postgres counts executions and ends what kills its workers again and again; here a stalled job always goes on.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    ...(spec.startsPerMinute === null ? {} : { limiter: { max: spec.startsPerMinute, duration: startsWindowMs } }),
  });
  worker.on('error', (error) => logger.warn({ queue: spec.queue, err: error.message }, 'a queue does not answer'));
  worker.on('stalled', (jobId) => {
    logger.warn({ job: name, jobId }, 'taken over from a worker that ended');
    giveStartBack(options, name).catch((error: unknown) => logger.warn({ job: name, jobId, err: error }, notGivenBack));
  });
  return worker;
}

const notGivenBack = 'it may have to wait for its turn among the starts of the next minute';

/**
 * A job that goes on elsewhere has been counted among the starts per minute already. Counted again, it would wait for up to a minute when
 * they are used up, although its work is half done.
 */
async function giveStartBack({ redis, prefix, catalog }: RunnerOptions, name: JobName): Promise<void> {
  const { queue, startsPerMinute } = catalog[name];
  if (startsPerMinute === null) return;
  // In one step: a key that ended in between would come back as a count that never ends.
  const script = `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end`;
  await redis.eval(script, 1, startsKey(prefix, queue));
}

async function runJob(
  options: RunnerOptions,
  name: JobName,
  job: Job,
  token: string | undefined,
  shutdown: AbortSignal,
): Promise<void> {
  const { clock, logger, catalog, handlers } = options;
  const startedMs = clock.monotonic();
  const line = { job: name, jobId: job.id };
  const letGo = holdLock(job, token, lockMs(options));
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new JobTimeoutError()), catalog[name].timeoutMs);
  try {
    const payload = catalog[name].payload.parse(job.data) as never;
    const outcome = await handlers[name](payload, {
      signal: AbortSignal.any([shutdown, timeout.signal]),
      restartTimeLimit: () => void timer.refresh(),
    });
    const durationMs = Math.round(clock.monotonic() - startedMs);
    if (outcome.outcome === 'done') {
      logger.info({ ...line, durationMs }, 'done');
      return;
    }
    logger.info({ ...line, durationMs, waitMs: outcome.waitMs }, 'put back to wait');
    await job.updateData(outcome.payload);
    await job.moveToDelayed(clock.now() + outcome.waitMs, token);
    throw new DelayedError();
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    const durationMs = Math.round(clock.monotonic() - startedMs);
    if (shutdown.aborted) {
      // Back to the front of the queue, for whoever is left; what was under way starts over there.
      logger.info({ ...line, durationMs }, 'given back');
      await job.moveToDelayed(clock.now(), token);
      await giveStartBack(options, name);
      throw new DelayedError();
    }
    logger.warn({ ...line, durationMs, err: error, tries: job.attemptsMade + 1 }, 'failed, will be tried again');
    throw error;
  } finally {
    letGo();
    clearTimeout(timer);
  }
}
