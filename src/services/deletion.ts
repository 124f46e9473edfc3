import type { DbTransaction, Report } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { EventData } from '../events/event-types.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Caller } from './caller.ts';
import type { Cancelled, createCancellation } from './cancellation.ts';
import type { createChatCancellation } from './chat-cancellation.ts';
import { notFound } from './not-found.ts';
import type { createReportRendering } from './report-rendering.ts';
import { documentFolder, sessionFolder } from './storage-keys.ts';

/** What is left of a document that has no row any more: work that was under way, and logs. */
type Remains = {
  readonly documentId: string;
  readonly sessionId: string;
  /** Of its parsing. */
  readonly attempt: number;
  readonly analyses: readonly Cancelled[];
  readonly messages: readonly Cancelled[];
  readonly reports: readonly Report[];
  readonly loggedIds: readonly string[];
};

/** For the transactions here: a session may have many thousand rows. */
export const deletionTimeoutMs = 60_000;

/**
 * Removing a document or a session with everything that belongs to it, in two steps: the rows in one transaction, with the fences of all work
 * in hand, so that nothing can be asked for or written any more; then workers and followers are told, and jobs, logs and bytes go. What a
 * crash leaves of the second step has no row: a repeat clears it, and the reconciler does.
 *
 * Locks are taken in the order in which workers take them, which hold the row of what they work on while they write what refers to its
 * document: work, then document, then session.
 */
export function createDeletion(deps: {
  events: EventLog;
  queue: JobQueue;
  storage: BlobStore;
  cancellation: ReturnType<typeof createCancellation>;
  chatCancellation: ReturnType<typeof createChatCancellation>;
  reportRendering: Pick<ReturnType<typeof createReportRendering>, 'take' | 'announce'>;
}) {
  const { events, queue, storage, cancellation, chatCancellation, reportRendering } = deps;

  async function removeDocument(
    transaction: DbTransaction,
    { tenantId }: Caller,
    document: { readonly id: string; readonly sessionId: string },
  ): Promise<Remains> {
    const { id: documentId, sessionId } = document;
    const where = { tenantId, documentId };
    const take = async () => ({
      analyses: await cancellation.take(transaction, where),
      messages: await chatCancellation.take(transaction, where),
      reports: await reportRendering.take(transaction, documentId),
    });
    const running = await take();
    const held = await transaction.$queryRaw<unknown[]>`
      SELECT 1 FROM "Document" WHERE "id" = ${documentId} AND "tenantId" = ${tenantId} FOR UPDATE`;
    if (held.length === 0) throw notFound('Document', documentId);
    // Asked for meanwhile; from here on a request waits for the document's row, and finds it gone.
    const late = await take();
    const logged = await Promise.all([
      transaction.analysis.findMany({ where: { documentId }, select: { id: true } }),
      transaction.chatMessage.findMany({ where: { documentId, role: 'ASSISTANT' }, select: { id: true } }),
      transaction.report.findMany({ where: { documentId }, select: { id: true } }),
    ]);
    const { attempt } = await transaction.document.delete({ where: { id: documentId }, select: { attempt: true } });
    return {
      documentId,
      sessionId,
      attempt,
      analyses: [...running.analyses, ...late.analyses],
      messages: [...running.messages, ...late.messages],
      reports: [...running.reports, ...late.reports],
      loggedIds: logged.flat().map(({ id }) => id),
    };
  }

  async function clear({ documentId, sessionId, attempt, ...remains }: Remains): Promise<void> {
    // First of all: the document's followers end behind the last end of what is in work, and must have heard of this by then. It ends the
    // parsing's log, or has a log of its own where that one is closed.
    if ((await events.close({ documentId, id: documentId }, attempt, deleted)) === 'fenced') {
      await events.append({ documentId, id: 'deletion' }, 1, deleted);
    }
    await cancellation.announce(remains.analyses);
    await chatCancellation.announce(remains.messages);
    await reportRendering.announce(remains.reports);
    await queue.remove('parse-document', documentId);
    await events.remove(documentId, ['deletion', documentId, ...remains.loggedIds]);
    await storage.deletePrefix(documentFolder(sessionId, documentId));
  }

  return {
    /** NOT_FOUND when it is gone already. `clear` what it answers once the transaction stands. */
    removeDocument,

    /** The same for a session with all of its documents. */
    async removeSession(transaction: DbTransaction, caller: Caller, sessionId: string): Promise<Remains[]> {
      const { tenantId } = caller;
      const removeDocuments = async (): Promise<Remains[]> => {
        const where = { sessionId, tenantId };
        const documents = await transaction.document.findMany({ where, orderBy: { id: 'asc' }, select: { id: true } });
        const removed: Remains[] = [];
        for (const { id } of documents) removed.push(await removeDocument(transaction, caller, { id, sessionId }));
        return removed;
      };
      const removed = await removeDocuments();
      const held = await transaction.$queryRaw<unknown[]>`
        SELECT 1 FROM "Session" WHERE "id" = ${sessionId} AND "tenantId" = ${tenantId} FOR UPDATE`;
      if (held.length === 0) throw notFound('Session', sessionId);
      // Uploaded meanwhile.
      const late = await removeDocuments();
      await transaction.session.delete({ where: { id: sessionId } });
      return [...removed, ...late];
    },

    /** Tells of what was removed, and clears away what has no rows. Doing it again changes nothing. */
    clear,

    /** The same for all that a session had. */
    async clearSession(sessionId: string, remains: readonly Remains[]): Promise<void> {
      for (const document of remains) await clear(document);
      await storage.deletePrefix(sessionFolder(sessionId));
    },
  };
}

const deleted: EventData = {
  type: 'document:failed',
  problem: { code: 'NOT_FOUND', message: 'The document was deleted.', retryable: false },
};
