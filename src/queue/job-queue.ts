// oxlint-disable-next-line no-restricted-imports -- this file is an adapter
import { Queue } from 'bullmq';
// oxlint-disable-next-line no-restricted-imports -- this file is an adapter
import type { Redis } from 'ioredis';
import type { JobCatalog, JobName, JobPayloads } from './catalog.ts';

export type AddOptions = {
  /** Smaller goes first; 1 to 2,097,151. */
  readonly priority?: number;
  readonly delayMs?: number;
};

export type JobQueue = {
  /** Adds a job under an id of the caller's choice; one that is there already, in whatever state, stays as it is. */
  add<N extends JobName>(name: N, id: string, payload: JobPayloads[N], options?: AddOptions): Promise<void>;
  /** Repeats a job at an interval, for the whole fleet; asking again changes nothing. */
  repeat<N extends JobName>(name: N, id: string, payload: JobPayloads[N], everyMs: number): Promise<void>;
  /** Those of `ids` for which a job waits, is delayed or runs. */
  present(name: JobName, ids: readonly string[]): Promise<Set<string>>;
  /** Takes a job out unless a worker has it; a job that is not there is no error. */
  remove(name: JobName, id: string): Promise<void>;
  waitingCount(name: JobName): Promise<number>;
  /** Of the job that is next, delayed ones not counted; null when none waits. */
  firstPriority(name: JobName): Promise<number | null>;
  /** How many jobs may still start until `resetMs` from now; null where starts are not limited. */
  startsLeft(name: JobName): Promise<{ left: number; resetMs: number } | null>;
  /** Worker processes that are connected for this kind of job now. */
  workerCount(name: JobName): Promise<number>;
  close(): Promise<void>;
};

/** Keys of a queue share one hash tag, as BullMQ's scripts need on Redis Cluster. */
export const queueKeyPrefix = (prefix: string): string => `{${prefix}:queue}`;

/** The queue counts here how many jobs have started in the window that ends with the key. */
export const startsKey = (prefix: string, queue: string): string => `${queueKeyPrefix(prefix)}:${queue}:limiter`;

/** Over which `startsPerMinute` are counted, from the first start after the last window. */
export const startsWindowMs = 60_000;

const gone: ReadonlySet<string> = new Set(['unknown', 'completed', 'failed']);

export function createJobQueue(options: { redis: Redis; prefix: string; catalog: JobCatalog }): JobQueue {
  const queues = new Map<string, Queue>();
  const queueOf = (name: JobName): Queue => {
    const { queue } = options.catalog[name];
    let existing = queues.get(queue);
    if (!existing) {
      existing = new Queue(queue, {
        connection: options.redis,
        prefix: queueKeyPrefix(options.prefix),
        skipWaitingForReady: true,
      });
      existing.on('error', () => undefined);
      queues.set(queue, existing);
    }
    return existing;
  };
  const jobOptions = (name: JobName) => ({
    attempts: options.catalog[name].attempts,
    backoff: { type: 'exponential', delay: options.catalog[name].backoffMs },
    // Postgres knows how things ended; a job that is done only takes memory, and its id must be free for another run.
    removeOnComplete: true,
    removeOnFail: true,
  });

  return {
    async add(name, id, payload, { priority, delayMs } = {}) {
      await queueOf(name).add(name, payload, {
        ...jobOptions(name),
        jobId: id,
        ...(priority === undefined ? {} : { priority: Math.min(Math.max(1, priority), 2_097_151) }),
        ...(delayMs === undefined ? {} : { delay: delayMs }),
      });
    },
    async repeat(name, id, payload, everyMs) {
      await queueOf(name).upsertJobScheduler(id, { every: everyMs }, { name, data: payload, opts: jobOptions(name) });
    },
    async present(name, ids) {
      const queue = queueOf(name);
      const states = await Promise.all(ids.map(async (id) => [id, await queue.getJobState(id)] as const));
      return new Set(states.filter(([, state]) => !gone.has(state)).map(([id]) => id));
    },
    async remove(name, id) {
      await queueOf(name).remove(id);
    },
    async waitingCount(name) {
      const counts = await queueOf(name).getJobCounts('waiting', 'prioritized', 'delayed');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async firstPriority(name) {
      const [first] = await queueOf(name).getPrioritized(0, 0);
      return first?.priority ?? null;
    },
    async startsLeft(name) {
      const { queue, startsPerMinute } = options.catalog[name];
      if (startsPerMinute === null) return null;
      const key = startsKey(options.prefix, queue);
      const [started, resetMs] = await Promise.all([options.redis.get(key), options.redis.pttl(key)]);
      if (started === null || resetMs <= 0) return { left: startsPerMinute, resetMs: startsWindowMs };
      return { left: Math.max(0, startsPerMinute - Number(started)), resetMs };
    },
    workerCount: (name) => queueOf(name).getWorkersCount(),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
