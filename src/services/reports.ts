import type { Clock } from '../clock.ts';
import type { Db, DbTransaction, Document, Report } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { newId, requireId } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { annotatedFormats, mediaTypeOf } from '../reports/report-file.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { recordActivity } from './activity.ts';
import type { Caller } from './caller.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import { reportEvent, reportLog } from './report-events.ts';

const downloadValidMs = 5 * 60_000;

export type ReportRequest = {
  readonly documentId: string;
  readonly format: Report['format'];
  readonly idempotencyKey?: string | null | undefined;
};

/** Reports: asking for them, reading them. What workers write is in report-rendering.ts. */
export function createReports(deps: { db: Db; clock: Clock; events: EventLog; queue: JobQueue; storage: BlobStore }) {
  const { db, clock, events, queue, storage } = deps;

  const byIds = (caller: Caller, ids: readonly string[]): Promise<Report[]> =>
    db.report.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<Report> {
    requireId('Report', id);
    const [report] = await byIds(caller, [id]);
    if (!report) throw notFound('Report', id);
    return report;
  }

  return {
    byIds,
    require,

    /** Of several documents at once, oldest first. */
    ofDocuments: (caller: Caller, documentIds: readonly string[]): Promise<Report[]> =>
      db.report.findMany({
        where: { tenantId: caller.tenantId, documentId: { in: [...documentIds] } },
        orderBy: { id: 'asc' },
      }),

    /**
     * Queues a rendering of the document's review as it is when a worker takes it up. CONFLICT while the document is parsed and when that
     * failed; BAD_USER_INPUT for ANNOTATED of a format that has no room for comments. A crash between row and job leaves a row that is
     * QUEUED without one, which the reconciler mends.
     */
    async generate(caller: Caller, input: ReportRequest): Promise<Report> {
      requireId('Document', input.documentId);
      const { idempotencyKey: key, documentId, format } = input;
      const { result, isRepeat } = await runIdempotently(
        db,
        caller,
        { operation: 'generateReport', key, input: { documentId, format } },
        new Date(clock.now()),
        async (transaction) => {
          const document = await holdDocument(transaction, caller, documentId);
          refuseUnlessRenderable(document, format);
          const id = newId('Report');
          await transaction.report.create({ data: { id, tenantId: caller.tenantId, documentId, format } });
          const { sessionId } = document;
          await recordActivity(transaction, caller, {
            sessionId,
            action: 'report.requested',
            subject: id,
            detail: format,
          });
          return { id };
        },
      );
      const report = await require(caller, result.id);
      if (!isRepeat) {
        await events.append(reportLog(report), 0, reportEvent(report));
        await queue.add('render-report', report.id, { reportId: report.id });
      }
      return report;
    },

    /** A link to what was rendered, valid for five minutes; null until there is something. */
    async downloadUrl({ storageKey, filename }: Pick<Report, 'storageKey' | 'filename'>): Promise<string | null> {
      if (storageKey === null || filename === null) return null;
      const { url } = await storage.signGet(storageKey, {
        expiresInMs: downloadValidMs,
        filename,
        contentType: mediaTypeOf(filename),
      });
      return url;
    },
  };
}

type Renderable = Pick<Document, 'status' | 'format' | 'sessionId'>;

/** Its row stays to the end of the transaction. */
async function holdDocument(transaction: DbTransaction, caller: Caller, documentId: string): Promise<Renderable> {
  const [document] = await transaction.$queryRaw<Renderable[]>`
    SELECT "status"::text, "format"::text, "sessionId" FROM "Document"
    WHERE "id" = ${documentId} AND "tenantId" = ${caller.tenantId} FOR KEY SHARE`;
  if (!document) throw notFound('Document', documentId);
  return document;
}

function refuseUnlessRenderable({ status, format }: Renderable, wanted: Report['format']): void {
  if (status === 'PARSING') {
    throw new AppError(
      'CONFLICT',
      'The document is still being parsed. Wait for DocumentReady from documentEvents, then ask for the report.',
      { retryable: true, retryAfterMs: 1_000 },
    );
  }
  if (status === 'FAILED') {
    throw new AppError(
      'CONFLICT',
      'The document could not be read, so there is nothing to report. See its error, and upload it again.',
    );
  }
  if (wanted === 'ANNOTATED' && !annotatedFormats.includes(format)) {
    throw new AppError(
      'BAD_USER_INPUT',
      `A document of format ${format} cannot be annotated; ${annotatedFormats.join(' and ')} can. Ask for DOCX, PDF, HTML, JSON or CSV instead.`,
    );
  }
}
