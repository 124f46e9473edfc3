import { Prisma, type Analysis, type DbTransaction } from '../db.ts';
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

type Locked = { readonly documentId: string; readonly sessionId: string };

/** Holds the document's row to the end of the transaction; its session. CONFLICT unless its sections are there. */
export async function lockDocument(transaction: DbTransaction, caller: Caller, documentId: string): Promise<Locked> {
  const [document] = await transaction.$queryRaw<LockedRow[]>`
    SELECT "id" AS "documentId", "status"::text, "sessionId" FROM "Document"
    WHERE "id" = ${documentId} AND "tenantId" = ${caller.tenantId} FOR UPDATE`;
  if (!document) throw notFound('Document', documentId);
  return requireSections(document);
}

/** The same for the document of a section. */
export async function lockDocumentOf(transaction: DbTransaction, caller: Caller, sectionId: string): Promise<Locked> {
  const [document] = await transaction.$queryRaw<LockedRow[]>`
    SELECT d."id" AS "documentId", d."status"::text, d."sessionId"
    FROM "Document" d JOIN "Section" s ON s."documentId" = d."id"
    WHERE s."id" = ${sectionId} AND s."tenantId" = ${caller.tenantId} FOR UPDATE OF d`;
  if (!document) throw notFound('Section', sectionId);
  return requireSections(document);
}

type LockedRow = Locked & { readonly status: string };

function requireSections(document: LockedRow): Locked {
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

/** How far a section is. */
export type SectionState = {
  readonly id: string;
  readonly documentId: string;
  readonly latestId: string | null;
  readonly latestStatus: Analysis['status'] | null;
  /** The completed analysis whose findings it shows. */
  readonly completedId: string | null;
};

/**
 * Sections of a document in reading order, all of them without `sectionIds`. To be called with the document's row held: two requests for one
 * section at the same moment must not both find it idle.
 */
export const sectionStates = (
  transaction: DbTransaction,
  documentId: string,
  sectionIds: readonly string[] | null,
): Promise<SectionState[]> =>
  transaction.$queryRaw`
    SELECT s."id", s."documentId", latest."id" AS "latestId", latest."status"::text AS "latestStatus", completed."id" AS "completedId"
    FROM "Section" s
    LEFT JOIN "Analysis" latest ON latest."id" = s."latestAnalysisId"
    LEFT JOIN "Analysis" completed ON completed."id" = s."currentAnalysisId" AND completed."status" = 'COMPLETED'
    WHERE s."documentId" = ${documentId} ${sectionIds ? Prisma.sql`AND s."id" = ANY(${[...sectionIds]})` : Prisma.empty}
    ORDER BY s."ordinal"`;

/** CONFLICT while the section is being analysed already. */
export function refuseActive({ latestId, latestStatus }: SectionState): void {
  if (latestStatus !== 'QUEUED' && latestStatus !== 'RUNNING') return;
  throw new AppError(
    'CONFLICT',
    `The section is being analysed already by ${latestId}. Follow that one, or cancel it first.`,
    {
      details: { analysisId: latestId },
    },
  );
}
