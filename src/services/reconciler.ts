import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Logger } from '../observability/logger.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { createAnalyses } from './analyses.ts';
import type { createChatMessages } from './chat-messages.ts';
import { createChatReconciler } from './reconcile-chats.ts';
import type { createReportRendering } from './report-rendering.ts';
import { requeueLost } from './requeue-lost.ts';
import { mergeTallies } from './statistics/tallies.ts';
import { terminalOfAnalysis, terminalOfDocument } from './terminal-events.ts';

/** What one round mended. */
export type Reconciled = {
  readonly analysesQueued: number;
  readonly documentsQueued: number;
  readonly messagesQueued: number;
  readonly reportsQueued: number;
  readonly logsClosed: number;
  readonly uploadsSwept: number;
  readonly objectsSwept: number;
};

const batchSize = 500;
// Younger rows may be between their row and their job, or between their status and their event, in a process that is alive.
const graceMs = 5_000;
// An upload that is under way has bytes and no document yet; none takes longer than this.
const uploadGraceMs = 2 * 60 * 60_000;

/**
 * Makes Redis and the store agree with Postgres again. Run it at any time, any number of times, on any number of processes: every step is
 * idempotent.
 *
 *   analysis QUEUED or RUNNING without a job      -> its job again (Redis lost it, or the process died between row and job)
 *   document PARSING without a job                -> its job again
 *   message QUEUED or STREAMING without a job     -> its job again
 *   report QUEUED or RENDERING without a job      -> its job again
 *   analysis, message, parsing or report ended, terminal event not in the log -> the event (the worker died in between, or the log was lost)
 *   upload never completed                        -> forgotten, then its bytes are objects without a row
 *   object without a row                          -> deleted (an upload or a deletion was cut short)
 */
export function createReconciler(deps: {
  db: Db;
  events: EventLog;
  queue: JobQueue;
  storage: BlobStore;
  clock: Clock;
  logger: Logger;
  analyses: Pick<ReturnType<typeof createAnalyses>, 'enqueue'>;
  chatMessages: Pick<ReturnType<typeof createChatMessages>, 'enqueue'>;
  reportRendering: Pick<ReturnType<typeof createReportRendering>, 'requeueLost' | 'closeLogs'>;
}) {
  const { db, events, queue, storage, clock, reportRendering } = deps;
  const before = (ms: number): Date => new Date(clock.now() - ms);
  const chats = createChatReconciler(deps);

  const requeueAnalyses = (): Promise<number> =>
    requeueLost(
      queue,
      'analyze-section',
      (after, take) =>
        db.analysis.findMany({
          where: { status: { in: ['QUEUED', 'RUNNING'] }, createdAt: { lt: before(graceMs) }, id: { gt: after } },
          orderBy: { id: 'asc' },
          take,
        }),
      (analysis) => deps.analyses.enqueue([analysis]),
    );

  const requeueDocuments = (): Promise<number> =>
    requeueLost(
      queue,
      'parse-document',
      (after, take) =>
        db.document.findMany({
          where: { status: 'PARSING', updatedAt: { lt: before(graceMs) }, id: { gt: after } },
          orderBy: { id: 'asc' },
          select: { id: true },
          take,
        }),
      ({ id }) => queue.add('parse-document', id, { documentId: id }),
    );

  async function closeLogs(): Promise<number> {
    const rows = await db.analysis.findMany({
      where: {
        status: { in: ['COMPLETED', 'FAILED', 'CANCELLED'] },
        closedAt: null,
        finishedAt: { lt: before(graceMs) },
      },
      take: batchSize,
    });
    for (const analysis of rows) {
      const terminal = terminalOfAnalysis(analysis);
      if (!terminal) continue;
      await events.close({ documentId: analysis.documentId, id: analysis.id }, analysis.attempt, terminal);
      await db.analysis.updateMany({ where: { id: analysis.id }, data: { closedAt: new Date(clock.now()) } });
    }
    const documents = await db.document.findMany({
      where: { status: { in: ['READY', 'FAILED'] }, closedAt: null, updatedAt: { lt: before(graceMs) } },
      take: batchSize,
    });
    for (const document of documents) {
      const terminal = terminalOfDocument(document);
      if (!terminal) continue;
      await events.close({ documentId: document.id, id: document.id }, document.attempt, terminal);
      await db.document.updateMany({ where: { id: document.id }, data: { closedAt: new Date(clock.now()) } });
    }
    return rows.length + documents.length + (await reportRendering.closeLogs(before(graceMs)));
  }

  /** Forgets uploads that were never completed; their bytes, if any came, are objects without a row from then on. */
  async function sweepUploads(): Promise<number> {
    const { count } = await db.upload.deleteMany({ where: { expiresAt: { lt: before(graceMs) } } });
    return count;
  }

  /** Deletes objects of documents that have no row. */
  async function sweepObjects(): Promise<number> {
    let count = 0;
    let batch: { key: string; documentId: string }[] = [];
    const sweep = async (): Promise<void> => {
      const ids = batch.map(({ documentId }) => documentId);
      const rows = await db.document.findMany({ where: { id: { in: ids } }, select: { id: true } });
      const known = new Set(rows.map(({ id }) => id));
      for (const { key, documentId } of batch) {
        if (known.has(documentId)) continue;
        await storage.delete(key);
        count += 1;
      }
      batch = [];
    };
    for await (const object of storage.list('sessions/')) {
      const documentId = /^sessions\/[^/]+\/documents\/([^/]+)\//.exec(object.key)?.[1];
      if (!documentId || object.modifiedAt > before(uploadGraceMs)) continue;
      batch.push({ key: object.key, documentId });
      if (batch.length >= batchSize) await sweep();
    }
    await sweep();
    return count;
  }

  return {
    async reconcile(): Promise<Reconciled> {
      return {
        analysesQueued: await requeueAnalyses(),
        documentsQueued: await requeueDocuments(),
        messagesQueued: await chats.requeue(before(graceMs)),
        reportsQueued: await reportRendering.requeueLost(before(graceMs)),
        logsClosed: (await closeLogs()) + (await chats.closeLogs(before(graceMs))),
        uploadsSwept: await sweepUploads(),
        objectsSwept: await sweepObjects(),
      };
    },

    /** Keeps the statistics quick to read. */
    mergeTallies: (): Promise<void> => mergeTallies(db),

    /** Forgets first answers to idempotency keys that are older than a day. */
    async forgetIdempotencyKeys(): Promise<void> {
      await db.idempotencyRecord.deleteMany({ where: { createdAt: { lt: before(24 * 3_600_000) } } });
    },
  };
}
