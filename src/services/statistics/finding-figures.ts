import { groupBy } from 'es-toolkit/array/groupBy';
import { round } from 'es-toolkit/math/round';
import { sumBy } from 'es-toolkit/math/sumBy';
import { Prisma, type Db, type Feedback } from '../../db.ts';
import { countedFindings } from './counted-findings.ts';
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

/** Numbers are negative for what the first part of the statement has counted too often. */
type Row = { key: string; risk: RiskLevel; pending: number; accepted: number; rejected: number; confidence: number };

const risks = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** One statement, so that its parts agree: it counts every finding, then takes off those that repeat an earlier one, which are few. */
export async function readFindingFigures(db: Db, scope: Scope): Promise<Found<FindingFigures>> {
  // OFFSET 0 keeps it a look-up for each of the few; as a join, all findings would be hashed.
  const rows = await db.$queryRaw<Row[]>`
    SELECT "key", "risk"::text, sum("pending")::int AS "pending", sum("accepted")::int AS "accepted", sum("rejected")::int AS "rejected",
           sum("confidence")::float8 AS "confidence"
    FROM ${countedFindings(scope)} f GROUP BY 1, f."risk"
    UNION ALL
    SELECT ${keyOf(scope)}, f."risk"::text, -(count(*) FILTER (WHERE f."status" = 'PENDING'))::int,
           -(count(*) FILTER (WHERE f."status" = 'ACCEPTED'))::int, -(count(*) FILTER (WHERE f."status" = 'REJECTED'))::int,
           -sum(f."confidence"::decimal)::float8
    FROM "Feedback" f ${viaDocument(scope, Prisma.sql`f."documentId"`)}
    WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" ${within(scope.window, Prisma.sql`f."createdAt"`)}
          AND f."groupId" <> f."id" AND EXISTS (
      SELECT FROM "Feedback" e
      WHERE e."groupId" = f."groupId" AND e."id" < f."id" AND e."isCurrent" ${within(scope.window, Prisma.sql`e."createdAt"`)}
      OFFSET 0)
    GROUP BY 1, f."risk"`;
  return new Map(Object.entries(groupBy(rows, ({ key }) => key)).map(([key, counts]) => [key, toFigures(counts)]));
}

function toFigures(rows: readonly Row[]): FindingFigures {
  const pending = sumBy(rows, (row) => row.pending);
  const accepted = sumBy(rows, (row) => row.accepted);
  const rejected = sumBy(rows, (row) => row.rejected);
  const [decided, feedback] = [accepted + rejected, pending + accepted + rejected];
  const ofRisk = (risk: RiskLevel): number =>
    sumBy(
      rows.filter((row) => row.risk === risk),
      (row) => row.pending + row.accepted + row.rejected,
    );
  return {
    feedback,
    feedbackByRisk: risks.map((risk) => ({ risk, count: ofRisk(risk) })),
    feedbackByStatus: [
      { status: 'PENDING', count: pending },
      { status: 'ACCEPTED', count: accepted },
      { status: 'REJECTED', count: rejected },
    ],
    acceptanceRate: decided === 0 ? null : accepted / decided,
    // Rounded: these sums are of binary fractions.
    averageConfidence: feedback === 0 ? null : round(sumBy(rows, ({ confidence }) => confidence) / feedback, 9),
  };
}

export const noFindings: FindingFigures = toFigures([]);
