import { groupBy } from 'es-toolkit/array/groupBy';
import { Prisma, type Db, type Feedback } from '../../db.ts';
import { keyOf, viaDocument, within, type Found, type Scope } from './scope.ts';
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
 * Of models' findings that were made in the window and are decided; not of superseded analyses, nor of such that have no result yet. Every
 * finding counts here, also one that says the same as another: each was judged. Most decisions first. One statement.
 */
export async function readCalibration(db: Db, scope: Scope): Promise<Found<readonly Calibration[]>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${keyOf(scope)} AS "key", a."modelKey", f."category", f."risk"::text, count(*)::int AS "decided",
           (count(*) FILTER (WHERE f."status" = 'ACCEPTED'))::int AS "accepted"
    FROM "Feedback" f JOIN "Analysis" a ON a."id" = f."analysisId" AND a."tenantId" = f."tenantId"
         ${viaDocument(scope, Prisma.sql`f."documentId"`)}
    WHERE f."tenantId" = ${scope.tenantId} AND f."isCurrent" AND f."source" = 'MODEL' AND f."status" <> 'PENDING'
          AND a."modelKey" IS NOT NULL ${within(scope.window, Prisma.sql`f."createdAt"`)}
    GROUP BY 1, 2, 3, f."risk"
    ORDER BY "decided" DESC, 2, 3, f."risk" DESC`;
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
