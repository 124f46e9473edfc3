import { Prisma, type Feedback } from '../db.ts';
import type { Caller } from './caller.ts';

export type FeedbackFilter = {
  readonly status?: readonly Feedback['status'][] | null | undefined;
  readonly risk?: readonly Feedback['risk'][] | null | undefined;
  readonly kind?: readonly Feedback['kind'][] | null | undefined;
  readonly source?: readonly Feedback['source'][] | null | undefined;
  readonly minConfidence?: number | null | undefined;
  readonly meetsThreshold?: boolean | null | undefined;
};

type ParentColumn = 'sectionId' | 'analysisId' | 'documentId';

/** By their ids, or one by an expression for its id. */
export type Parents =
  | { readonly by: ParentColumn; readonly ids: readonly string[] }
  | { readonly by: ParentColumn; readonly id: Prisma.Sql };

/**
 * Of "Feedback" f: reviewers' own findings, and those of the analysis that its section shows. Findings that were superseded, or that a
 * re-run has found so far, are not among them. Triggers keep the column.
 */
export const isCurrent = Prisma.sql`f."isCurrent"`;

/** Condition on "Feedback" f for the caller's findings of some parents that match the filter; of an analysis all, else the current ones. */
export function matching(
  caller: Caller,
  parents: Parents,
  filter: FeedbackFilter,
  confidenceThreshold: number,
): Prisma.Sql {
  const { status, risk, kind, source, minConfidence, meetsThreshold } = filter;
  const conditions = [
    Prisma.sql`f."tenantId" = ${caller.tenantId}`,
    Prisma.sql`${Prisma.raw(`f."${parents.by}"`)} = ${'ids' in parents ? Prisma.sql`ANY(${[...parents.ids]})` : parents.id}`,
  ];
  if (parents.by !== 'analysisId') conditions.push(isCurrent);
  if (status) conditions.push(Prisma.sql`f."status"::text = ANY(${[...status]})`);
  if (risk) conditions.push(Prisma.sql`f."risk"::text = ANY(${[...risk]})`);
  if (kind) conditions.push(Prisma.sql`f."kind"::text = ANY(${[...kind]})`);
  if (source) conditions.push(Prisma.sql`f."source"::text = ANY(${[...source]})`);
  if (typeof minConfidence === 'number') conditions.push(Prisma.sql`f."confidence" >= ${minConfidence}`);
  if (meetsThreshold === true) conditions.push(Prisma.sql`f."confidence" >= ${confidenceThreshold}`);
  if (meetsThreshold === false) conditions.push(Prisma.sql`f."confidence" < ${confidenceThreshold}`);
  return Prisma.join(conditions, ' AND ');
}
