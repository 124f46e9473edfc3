import { groupBy } from 'es-toolkit/array/groupBy';
import { Prisma, type Db, type Feedback } from '../../db.ts';
import { countedFindings, repeatedFindings } from './counted-findings.ts';
import type { Found, Scope } from './scope.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** How often reviewers accept what a model finds of one category and risk. */
export type Calibration = {
  readonly modelKey: string;
  readonly category: string;
  readonly risk: Feedback['risk'];
  /** Accepted and rejected, at least 1. */
  readonly decided: number;
  readonly accepted: number;
  /** 0 to 1. */
  readonly acceptanceRate: number;
  /** Bounds of its 95 % Wilson score interval. */
  readonly low: number;
  readonly high: number;
};

type Row = Pick<Calibration, 'modelKey' | 'category' | 'risk' | 'decided' | 'accepted'> & { key: string };

/**
 * Of models' findings that were made in the window and are decided; not of superseded analyses. Findings that say the same count once, as
 * the first of them in the window: they are decided together, which is one judgement. Most decisions first. One statement.
 */
export async function readCalibration(db: Db, scope: Scope): Promise<Found<readonly Calibration[]>> {
  const sums = Prisma.sql`"key", "modelKey", "category", f."risk", sum("accepted") AS "accepted", sum("rejected") AS "rejected"`;
  const rows = await db.$queryRaw<Row[]>`
    SELECT "key", "modelKey", "category", "risk"::text, sum("accepted" + "rejected")::int AS "decided",
           sum("accepted")::int AS "accepted"
    FROM (
      SELECT ${sums} FROM ${countedFindings(scope)} f GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT ${sums} FROM ${repeatedFindings(scope)} f WHERE "pending" = 0 GROUP BY 1, 2, 3, 4
    ) once
    WHERE "modelKey" IS NOT NULL
    GROUP BY 1, 2, 3, once."risk" HAVING sum("accepted" + "rejected") > 0
    ORDER BY "decided" DESC, 2, 3, once."risk" DESC`;
  const found = Object.entries(groupBy(rows, ({ key }) => key));
  return new Map(found.map(([key, counts]) => [key, counts.map(toCalibration)]));
}

const toCalibration = ({ modelKey, category, risk, decided, accepted }: Row): Calibration => ({
  modelKey,
  category,
  risk,
  decided,
  accepted,
  acceptanceRate: accepted / decided,
  ...wilsonInterval(accepted, decided),
});
