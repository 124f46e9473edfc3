import { groupBy } from 'es-toolkit/array/groupBy';
import { round } from 'es-toolkit/math/round';
import { sumBy } from 'es-toolkit/math/sumBy';
import { Prisma, type Db, type Feedback } from '../../db.ts';
import { keyOf, viaDocument, within, type Found, type Scope } from './scope.ts';

type RiskLevel = Feedback['risk'];
type FeedbackStatus = Feedback['status'];

/**
 * Of the findings that were made in the window, by models and reviewers. Left out, as everywhere: those of superseded analyses. Findings of
 * a document that say the same count once, as the first of them in the window.
 */
export type FindingFigures = {
  readonly feedback: number;
  /** All four, the least first. */
  readonly feedbackByRisk: readonly { readonly risk: RiskLevel; readonly count: number }[];
  /** All three, by what they are now, whenever that was decided. */
  readonly feedbackByStatus: readonly { readonly status: FeedbackStatus; readonly count: number }[];
  /** Accepted over decided; null when none is decided. */
  readonly acceptanceRate: number | null;
  /** Null when there is no finding. */
  readonly averageConfidence: number | null;
};

/** `count` is negative for what the first part of the statement has counted too often. */
type Row = { key: string; risk: RiskLevel; status: FeedbackStatus; count: number; confidence: number };

const risks = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
const statuses = ['PENDING', 'ACCEPTED', 'REJECTED'] as const;

/**
 * One statement, so that its parts agree: it counts every finding, then takes off those that repeat an earlier one, which are few. To
 * count distinct groups instead would have Postgres sort all of them: five times as long.
 */
export async function readFindingFigures(db: Db, scope: Scope): Promise<Found<FindingFigures>> {
  const findings = Prisma.sql`
    "Feedback" f ${viaDocument(scope, Prisma.sql`f."documentId"`)}
    WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" ${within(scope.window, Prisma.sql`f."createdAt"`)}`;
  // OFFSET 0 keeps it a look-up for each of the few; as a join, all findings would be hashed.
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${keyOf(scope)} AS "key", f."risk"::text, f."status"::text, count(*)::int AS "count", sum(f."confidence") AS "confidence"
    FROM ${findings} GROUP BY 1, f."risk", f."status"
    UNION ALL
    SELECT ${keyOf(scope)}, f."risk"::text, f."status"::text, -count(*)::int, -sum(f."confidence")
    FROM ${findings} AND f."groupId" <> f."id" AND EXISTS (
      SELECT FROM "Feedback" e
      WHERE e."groupId" = f."groupId" AND e."id" < f."id" AND e."isCurrent" ${within(scope.window, Prisma.sql`e."createdAt"`)}
      OFFSET 0)
    GROUP BY 1, f."risk", f."status"`;
  return new Map(Object.entries(groupBy(rows, ({ key }) => key)).map(([key, counts]) => [key, toFigures(counts)]));
}

function toFigures(rows: readonly Row[]): FindingFigures {
  const countOf = (counted: readonly Row[]): number => sumBy(counted, ({ count }) => count);
  const ofStatus = (status: FeedbackStatus): number => countOf(rows.filter((row) => row.status === status));
  const feedback = countOf(rows);
  const accepted = ofStatus('ACCEPTED');
  const decided = accepted + ofStatus('REJECTED');
  return {
    feedback,
    feedbackByRisk: risks.map((risk) => ({ risk, count: countOf(rows.filter((row) => row.risk === risk)) })),
    feedbackByStatus: statuses.map((status) => ({ status, count: ofStatus(status) })),
    acceptanceRate: decided === 0 ? null : accepted / decided,
    // Rounded, because the last digits depend on the order in which rows were read.
    averageConfidence: feedback === 0 ? null : round(sumBy(rows, ({ confidence }) => confidence) / feedback, 9),
  };
}

export const noFindings: FindingFigures = toFigures([]);
