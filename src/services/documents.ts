import type { Clock } from '../clock.ts';
import { Prisma, type Db, type Document } from '../db.ts';
import { requireId } from '../ids.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { recordActivity } from './activity.ts';
import type { Caller } from './caller.ts';
import { deletionTimeoutMs, type createDeletion } from './deletion.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import type { Page, PageRequest } from './page.ts';
import { pagesByParent } from './pages-by-parent.ts';

const downloadValidMs = 5 * 60_000;

/** Documents: reading and removing them. How they come in is in uploads.ts. */
export function createDocuments(deps: {
  db: Db;
  clock: Clock;
  storage: BlobStore;
  deletion: ReturnType<typeof createDeletion>;
}) {
  const { db, clock, storage, deletion } = deps;

  const byIds = (caller: Caller, ids: readonly string[]): Promise<Document[]> =>
    db.document.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<Document> {
    requireId('Document', id);
    const [document] = await byIds(caller, [id]);
    if (!document) throw notFound('Document', id);
    return document;
  }

  return {
    byIds,
    require,

    /** Documents of several sessions at once, oldest first, a page for each. */
    pages: (caller: Caller, sessionIds: readonly string[], page: PageRequest): Promise<Map<string, Page<Document>>> =>
      pagesByParent(
        db,
        {
          parentIds: sessionIds,
          ofParent: Prisma.sql`
            SELECT * FROM "Document" WHERE "tenantId" = ${caller.tenantId} AND "sessionId" = parent."id"`,
          order: 'oldest first',
        },
        page,
      ),

    async counts(caller: Caller, sessionIds: readonly string[]): Promise<Map<string, number>> {
      const groups = await db.document.groupBy({
        by: ['sessionId'],
        where: { tenantId: caller.tenantId, sessionId: { in: [...sessionIds] } },
        _count: true,
      });
      return new Map(groups.map((group) => [group.sessionId, group._count]));
    },

    /** A link to the bytes as they were uploaded, valid for five minutes. */
    async downloadUrl(document: Pick<Document, 'storageKey' | 'filename'>): Promise<string> {
      const { url } = await storage.signGet(document.storageKey, {
        expiresInMs: downloadValidMs,
        filename: document.filename,
      });
      return url;
    },

    /** Removes the document with all that belongs to it, also while it is being analysed. */
    async delete(caller: Caller, input: { id: string; idempotencyKey?: string | null | undefined }): Promise<string> {
      requireId('Document', input.id);
      const { result } = await runIdempotently(
        db,
        caller,
        {
          operation: 'deleteDocument',
          key: input.idempotencyKey,
          input: { id: input.id },
          timeoutMs: deletionTimeoutMs,
        },
        new Date(clock.now()),
        async (transaction) => {
          const document = await transaction.document.findFirst({
            where: { id: input.id, tenantId: caller.tenantId },
            select: { id: true, sessionId: true, filename: true },
          });
          if (!document) throw notFound('Document', input.id);
          const { id: subject, sessionId, filename } = document;
          const action = 'document.deleted';
          const remains = await deletion.removeDocument(transaction, caller, document);
          await recordActivity(transaction, caller, { sessionId, action, subject, detail: filename });
          return remains;
        },
      );
      await deletion.clear(result);
      return result.documentId;
    },
  };
}
