import type { Analysis, DbTransaction } from '../db.ts';
import { AppError } from '../errors.ts';
import { recordActivity, type ActivityAction } from './activity.ts';
import type { Caller } from './caller.ts';
import { notFound } from './not-found.ts';

/** An entry in the trail of the session that the document belongs to. */
export async function record(
  transaction: DbTransaction,
  caller: Caller,
  documentId: string,
  action: ActivityAction,
  detail: string,
  subject = documentId,
): Promise<void> {
  const { sessionId } = await transaction.document.findUniqueOrThrow({
    where: { id: documentId },
    select: { sessionId: true },
  });
  await recordActivity(transaction, caller, { sessionId, action, subject, detail });
}

/** Holds the document's row to the end of the transaction; its session. CONFLICT unless its sections are there. */
export async function lockDocument(
  transaction: DbTransaction,
  caller: Caller,
  documentId: string,
): Promise<{ sessionId: string }> {
  const [document] = await transaction.$queryRaw<{ status: string; sessionId: string }[]>`
    SELECT "status"::text, "sessionId" FROM "Document" WHERE "id" = ${documentId} AND "tenantId" = ${caller.tenantId} FOR UPDATE`;
  if (!document) throw notFound('Document', documentId);
  if (document.status === 'PARSING') {
    throw new AppError(
      'CONFLICT',
      'The document is still being parsed. Wait for DocumentReady from documentEvents, then try again.',
      {
        retryable: true,
        retryAfterMs: 1_000,
      },
    );
  }
  if (document.status === 'FAILED') {
    throw new AppError(
      'CONFLICT',
      'The document could not be read, so there is nothing to work on. See its error, and upload it again.',
    );
  }
  return document;
}

/**
 * The section, with the document's row held: two requests for one section at the same moment must not both find it idle.
 */
export async function lockSection(transaction: DbTransaction, caller: Caller, sectionId: string) {
  const section = await transaction.section.findFirst({
    where: { id: sectionId, tenantId: caller.tenantId },
    select: { documentId: true },
  });
  if (!section) throw notFound('Section', sectionId);
  await lockDocument(transaction, caller, section.documentId);
  return transaction.section.findUniqueOrThrow({
    where: { id: sectionId },
    select: {
      id: true,
      documentId: true,
      latestAnalysisId: true,
      latestAnalysis: { select: { id: true, status: true } },
    },
  });
}

/** CONFLICT while the section is being analysed already. */
export function refuseActive(latest: { id: string; status: Analysis['status'] } | null): void {
  if (latest?.status !== 'QUEUED' && latest?.status !== 'RUNNING') return;
  throw new AppError(
    'CONFLICT',
    `The section is being analysed already by ${latest.id}. Follow that one, or cancel it first.`,
    {
      details: { analysisId: latest.id },
    },
  );
}
