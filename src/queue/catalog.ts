import { z } from 'zod';

/**
 * Every kind of job: what it carries, how often a failure of the infrastructure is tried again, how long it may take, how many start per
 * minute over the whole fleet. Handlers and producer derive their types from it. The payload is an id and no more: Postgres has the rest.
 */
export type JobSpec = {
  readonly queue: string;
  readonly payload: z.ZodType;
  /** Tries when a handler throws; a stalled job and one that is put back to wait do not count. */
  readonly attempts: number;
  /** Before the second try; doubles with each further one. */
  readonly backoffMs: number;
  /** Soft limit: the handler's signal aborts, so that it leaves a clean failure behind. */
  readonly timeoutMs: number;
  /** At a time per worker process. */
  readonly concurrency: number;
  readonly startsPerMinute: number | null;
};

// What a job that was put back carries along, read by whoever takes it up: its budget of retries, and where its log is to go on.
const putBack = { budget: z.unknown().optional(), nextSeq: z.number().optional() };
const analysisPayload = z.object({ analysisId: z.string(), ...putBack });
const messagePayload = z.object({ messageId: z.string(), ...putBack });
const documentPayload = z.object({ documentId: z.string() });
const reportPayload = z.object({ reportId: z.string() });

export type JobPayloads = {
  'parse-document': z.infer<typeof documentPayload>;
  'analyze-section': z.infer<typeof analysisPayload>;
  'answer-message': z.infer<typeof messagePayload>;
  'render-report': z.infer<typeof reportPayload>;
  reconcile: Record<string, never>;
};
export type JobName = keyof JobPayloads;
export type JobCatalog = Readonly<Record<JobName, JobSpec>>;

export const createJobCatalog = (config: {
  workerConcurrency: number;
  analysisTasksPerMinute: number;
  analysisTimeoutMs: number;
  chatTasksPerMinute: number;
  chatTimeoutMs: number;
  parseTimeoutMs: number;
}): JobCatalog => ({
  'parse-document': {
    queue: 'documents',
    payload: documentPayload,
    attempts: 5,
    backoffMs: 1_000,
    // The reader has its own limit; this is for fetching the bytes and storing the sections as well.
    timeoutMs: config.parseTimeoutMs + 60_000,
    concurrency: 2,
    startsPerMinute: null,
  },
  'analyze-section': {
    queue: 'analysis',
    payload: analysisPayload,
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: config.analysisTimeoutMs,
    concurrency: config.workerConcurrency,
    startsPerMinute: config.analysisTasksPerMinute,
  },
  // A queue of its own, so that a question never waits behind a document's sections.
  'answer-message': {
    queue: 'chat',
    payload: messagePayload,
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: config.chatTimeoutMs,
    concurrency: config.workerConcurrency,
    startsPerMinute: config.chatTasksPerMinute,
  },
  'render-report': {
    queue: 'reports',
    payload: reportPayload,
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 120_000,
    concurrency: 2,
    startsPerMinute: null,
  },
  reconcile: {
    queue: 'monitoring',
    payload: z.object({}),
    attempts: 1,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    concurrency: 1,
    startsPerMinute: null,
  },
});
