import type { Db, Feedback, Prisma } from '../db.ts';
import type { Evidence } from '../review/evidence.ts';
import type { Caller } from './caller.ts';
import { toPage, type Page, type PageRequest } from './page.ts';

export type FeedbackFilter = {
  readonly status?: readonly Feedback['status'][] | null | undefined;
  readonly risk?: readonly Feedback['risk'][] | null | undefined;
  readonly kind?: readonly Feedback['kind'][] | null | undefined;
  readonly source?: readonly Feedback['source'][] | null | undefined;
  readonly minConfidence?: number | null | undefined;
  readonly meetsThreshold?: boolean | null | undefined;
};

type Parents = { readonly by: 'sectionId' | 'analysisId' | 'documentId'; readonly ids: readonly string[] };

/** The passages that a finding rests on, as they were stored. */
export const evidenceOf = (feedback: Pick<Feedback, 'evidence'>): readonly Evidence[] =>
  feedback.evidence as unknown as readonly Evidence[];

/** Findings: what was found, with its evidence. Those of an analysis that was superseded within its section are left out of sections and documents. */
export function createFeedback({ db, confidenceThreshold }: { db: Db; confidenceThreshold: number }) {
  function where(caller: Caller, parents: Parents, filter: FeedbackFilter): Prisma.FeedbackWhereInput {
    const conditions: Prisma.FeedbackWhereInput[] = [
      { tenantId: caller.tenantId, [parents.by]: { in: [...parents.ids] } },
    ];
    if (parents.by !== 'analysisId')
      conditions.push({ OR: [{ analysisId: null }, { analysis: { latestOf: { isNot: null } } }] });
    for (const field of ['status', 'risk', 'kind', 'source'] as const) {
      const values = filter[field];
      if (values) conditions.push({ [field]: { in: [...values] } });
    }
    if (typeof filter.minConfidence === 'number') conditions.push({ confidence: { gte: filter.minConfidence } });
    if (filter.meetsThreshold === true) conditions.push({ confidence: { gte: confidenceThreshold } });
    if (filter.meetsThreshold === false) conditions.push({ confidence: { lt: confidenceThreshold } });
    return { AND: conditions };
  }

  return {
    confidenceThreshold,
    meetsThreshold: (feedback: Pick<Feedback, 'confidence'>): boolean => feedback.confidence >= confidenceThreshold,

    byIds: (caller: Caller, ids: readonly string[]): Promise<Feedback[]> =>
      db.feedback.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } }),

    /** Of several parents at once, in the order in which they were found. */
    of: (caller: Caller, parents: Parents, filter: FeedbackFilter): Promise<Feedback[]> =>
      db.feedback.findMany({ where: where(caller, parents, filter), orderBy: { id: 'asc' } }),

    async page(caller: Caller, documentId: string, filter: FeedbackFilter, page: PageRequest): Promise<Page<Feedback>> {
      const matching = where(caller, { by: 'documentId', ids: [documentId] }, filter);
      const rows = await db.feedback.findMany({
        where: page.after ? { AND: [matching, { id: { gt: page.after } }] } : matching,
        orderBy: { id: 'asc' },
        take: page.first + 1,
      });
      return toPage(rows, page.first);
    },

    /** The highest risk among the findings that count: not rejected, at or above the confidence threshold. Of several documents at once. */
    async highestRisks(caller: Caller, documentIds: readonly string[]): Promise<Map<string, Feedback['risk']>> {
      const rows = await db.$queryRaw<{ documentId: string; risk: Feedback['risk'] }[]>`
        SELECT f."documentId", max(f."risk")::text AS "risk"
        FROM "Feedback" f LEFT JOIN "Section" s ON s."latestAnalysisId" = f."analysisId"
        WHERE f."tenantId" = ${caller.tenantId} AND f."documentId" = ANY(${[...documentIds]})
          AND f."status" <> 'REJECTED' AND f."confidence" >= ${confidenceThreshold}
          AND (f."analysisId" IS NULL OR s."id" IS NOT NULL)
        GROUP BY f."documentId"`;
      return new Map(rows.map((row) => [row.documentId, row.risk]));
    },

    count: (caller: Caller, documentId: string, filter: FeedbackFilter): Promise<number> =>
      db.feedback.count({ where: where(caller, { by: 'documentId', ids: [documentId] }, filter) }),
  };
}
