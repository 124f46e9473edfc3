import { Prisma, type Analysis, type Db, type Feedback } from '../db.ts';
import type { Evidence } from '../review/evidence.ts';
import type { Caller } from './caller.ts';
import { isCurrent, matching, type FeedbackFilter, type Parents } from './feedback-filter.ts';
import type { Page, PageRequest } from './page.ts';
import { pagesByParent } from './pages-by-parent.ts';

/** The passages that a finding rests on, as they were stored. */
export const evidenceOf = (feedback: Pick<Feedback, 'evidence'>): readonly Evidence[] =>
  feedback.evidence as unknown as readonly Evidence[];

/** One of the places in a document at which the same is found. */
export type FeedbackPlace = Pick<Feedback, 'id' | 'groupId' | 'sectionId' | 'analysisId' | 'evidence'>;

/**
 * Findings: what was found, with its evidence. Sections and documents show those of each section's current analysis (the last one that
 * completed; before any has, the latest one) and reviewers' own. A document shows findings that say the same once: as the first of those
 * that match the filter, found when it is read, so that whatever becomes of one of them the others are still there.
 */
export function createFeedback({ db, confidenceThreshold }: { db: Db; confidenceThreshold: number }) {
  const where = (caller: Caller, parents: Parents, filter: FeedbackFilter): Prisma.Sql =>
    matching(caller, parents, filter, confidenceThreshold);

  return {
    confidenceThreshold,
    meetsThreshold: (feedback: Pick<Feedback, 'confidence'>): boolean => feedback.confidence >= confidenceThreshold,

    byIds: (caller: Caller, ids: readonly string[]): Promise<Feedback[]> =>
      db.feedback.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } }),

    /** Of several parents at once, in the order in which they were found; of a section or an analysis all, also those that say the same. */
    of: (caller: Caller, parents: Parents, filter: FeedbackFilter): Promise<Feedback[]> =>
      db.$queryRaw`SELECT f.* FROM "Feedback" f WHERE ${where(caller, parents, filter)} ORDER BY f."id"`,

    /** Of several documents at once, a page for each; what says the same in a document is there once. */
    pages(
      caller: Caller,
      documentIds: readonly string[],
      filter: FeedbackFilter,
      page: PageRequest,
    ): Promise<Map<string, Page<Feedback>>> {
      const ofParent = Prisma.sql`
        SELECT DISTINCT ON (f."groupId") f.* FROM "Feedback" f
        WHERE ${where(caller, { by: 'documentId', id: Prisma.sql`parent."id"` }, filter)}
        ORDER BY f."groupId", f."id"`;
      return pagesByParent(db, { parentIds: documentIds, ofParent, order: 'oldest first' }, page);
    },

    /** How many there are in all pages. */
    async counts(caller: Caller, documentIds: readonly string[], filter: FeedbackFilter): Promise<Map<string, number>> {
      const rows = await db.$queryRaw<{ documentId: string; count: number }[]>`
        SELECT f."documentId", count(DISTINCT f."groupId")::int AS "count" FROM "Feedback" f
        WHERE ${where(caller, { by: 'documentId', ids: documentIds }, filter)} GROUP BY f."documentId"`;
      return new Map(rows.map((row) => [row.documentId, row.count]));
    },

    /**
     * The highest risk among the findings that count: no strengths, not rejected, at or above the confidence threshold. Of several
     * documents at once.
     */
    async highestRisks(caller: Caller, documentIds: readonly string[]): Promise<Map<string, Feedback['risk']>> {
      const rows = await db.$queryRaw<{ documentId: string; risk: Feedback['risk'] }[]>`
        SELECT f."documentId", max(f."risk")::text AS "risk" FROM "Feedback" f
        WHERE f."tenantId" = ${caller.tenantId} AND f."documentId" = ANY(${[...documentIds]})
          AND f."kind" <> 'STRENGTH' AND f."status" <> 'REJECTED' AND f."confidence" >= ${confidenceThreshold} AND ${isCurrent}
        GROUP BY f."documentId"`;
      return new Map(rows.map((row) => [row.documentId, row.risk]));
    },

    /**
     * For each of several findings all places at which the same is found, its own among them, in reading order. Of its own section those
     * that its own analysis found; of other sections those that they show.
     */
    async places(caller: Caller, findings: readonly FeedbackPlace[]): Promise<FeedbackPlace[][]> {
      const rows = await db.$queryRaw<(FeedbackPlace & { isCurrent: boolean })[]>`
        SELECT f."id", f."groupId", f."sectionId", f."analysisId", f."evidence", ${isCurrent} AS "isCurrent"
        FROM "Feedback" f
        WHERE f."tenantId" = ${caller.tenantId} AND f."groupId" = ANY(${findings.map(({ groupId }) => groupId)})
        ORDER BY f."id"`;
      return findings.map((own) => {
        // Also of a finding that is gone from the store, as an event may tell of one.
        const others = rows.filter(
          (row) =>
            row.groupId === own.groupId &&
            row.id !== own.id &&
            (row.sectionId === own.sectionId ? row.analysisId === own.analysisId : row.isCurrent),
        );
        return [own, ...others].sort((a, b) => startOf(a) - startOf(b));
      });
    },

    /**
     * Findings of the analyses that these ones took the place of which they have not found again; none while an analysis is not completed.
     */
    async gone(
      caller: Caller,
      analyses: readonly Pick<Analysis, 'id' | 'previousId' | 'status'>[],
    ): Promise<Feedback[][]> {
      const ids = analyses.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id);
      const rows = await db.$queryRaw<(Feedback & { goneFrom: string })[]>`
        SELECT f.*, a."id" AS "goneFrom" FROM "Analysis" a JOIN "Feedback" f ON f."analysisId" = a."previousId"
        WHERE a."id" = ANY(${ids}) AND a."tenantId" = ${caller.tenantId} AND NOT EXISTS (
          SELECT 1 FROM "Feedback" n
          WHERE n."analysisId" = a."id" AND (n."previousId" = f."id" OR n."groupId" = f."groupId"))
        ORDER BY f."id"`;
      return analyses.map(({ id }) => rows.filter(({ goneFrom }) => goneFrom === id));
    },
  };
}

/** Where in its document a finding begins; what has no place comes last. */
const startOf = (place: Pick<Feedback, 'evidence'>): number =>
  Math.min(
    ...evidenceOf(place).map(({ startOffset }) => startOffset ?? Number.MAX_SAFE_INTEGER),
    Number.MAX_SAFE_INTEGER,
  );
