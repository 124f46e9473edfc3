import { groupBy } from 'es-toolkit/array/groupBy';
import { round } from 'es-toolkit/math/round';
import { sumBy } from 'es-toolkit/math/sumBy';
import { Prisma, type Db, type Feedback } from '../../db.ts';
import { countedFindings, repeatedFindings } from './counted-findings.ts';
import type { Found, Scope } from './scope.ts';

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

/** One statement, so that its parts agree. */
export async function readFindingFigures(db: Db, scope: Scope): Promise<Found<FindingFigures>> {
  const sums = Prisma.sql`
    SELECT "key", "risk"::text, sum("pending")::int AS "pending", sum("accepted")::int AS "accepted", sum("rejected")::int AS "rejected",
           sum("confidence")::float8 AS "confidence"`;
  const rows = await db.$queryRaw<Row[]>`
    ${sums} FROM ${countedFindings(scope)} f GROUP BY 1, f."risk"
    UNION ALL
    ${sums} FROM ${repeatedFindings(scope)} f GROUP BY 1, f."risk"`;
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
