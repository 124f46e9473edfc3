import type { Db } from '../db.ts';
import type { BedrockHealthProbe } from '../models/bedrock-health.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { Redis } from '../redis.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Probe } from './health.ts';

/** What users wait for; each worker takes all of it. */
const waitingKinds = [
  ['parse-document', 'documents'],
  ['analyze-section', 'analyses'],
  ['answer-message', 'answers'],
  ['render-report', 'reports'],
] as const;

/** One probe per part. Without Postgres, Redis or storage nothing works; without models or workers, what is there can still be read. */
export const createProbes = (deps: {
  db: Db;
  redis: Redis;
  storage: BlobStore;
  bedrockHealth: BedrockHealthProbe;
  queue: JobQueue;
  isSimulated: boolean;
}): Probe[] => [
  {
    name: 'postgres',
    isVital: true,
    async check() {
      await deps.db.$queryRaw`SELECT 1`;
    },
  },
  {
    name: 'redis',
    isVital: true,
    async check() {
      await deps.redis.ping();
    },
  },
  {
    name: 'storage',
    isVital: true,
    async check(signal) {
      await deps.storage.check(signal);
      return { detail: deps.storage.kind };
    },
  },
  {
    name: 'bedrock',
    isVital: false,
    async check() {
      const { status, detail, notices } = await deps.bedrockHealth.check();
      const origin = deps.isSimulated ? ['Not AWS itself: BEDROCK_ENDPOINT is set, models may be simulated.'] : [];
      const text = [...(detail === null ? [] : [`${detail}.`]), ...origin, ...notices].join(' ');
      return { status, ...(text === '' ? {} : { detail: text }) };
    },
  },
  {
    name: 'workers',
    isVital: false,
    async check() {
      const [count, ...counts] = await Promise.all([
        deps.queue.workerCount('analyze-section'),
        ...waitingKinds.map(([name]) => deps.queue.waitingCount(name)),
      ]);
      const waiting = waitingKinds.map(([, things], index) => `${counts[index]} ${things}`);
      const detail = `${count} worker process${count === 1 ? '' : 'es'}; waiting: ${waiting.join(', ')}.`;
      return count === 0 ? { status: 'DOWN', detail: `${detail} Start one with "npm run worker".` } : { detail };
    },
  },
];
