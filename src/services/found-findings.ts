import type { Analysis, DbTransaction, Feedback } from '../db.ts';
import { newId } from '../ids.ts';
import type { Evidence } from '../review/evidence.ts';
import type { FindingLine } from '../review/finding.ts';
import { quoteKeys } from '../review/same-finding.ts';
import { carryDecision, findPredecessor } from './carried-decisions.ts';
import { findDuplicate, leaveMixedGroups } from './finding-groups.ts';

export type FoundFinding = {
  readonly finding: FindingLine;
  readonly evidence: readonly Evidence[];
  readonly confidence: number;
  /** The model that found it. */
  readonly modelKey: string;
  /** Of its section, from 0. */
  readonly part: number;
};

/**
 * Stores what a model has found. It joins the group of what says the same in the document, and follows the finding of the analysis before
 * that it is; the decision on that one, or else on its group, holds for it, too. Where the two decisions differ it does not join. The
 * document's findings are locked: two sections that say the same at once must find each other.
 */
export async function storeFinding(
  transaction: DbTransaction,
  analysis: Pick<Analysis, 'id' | 'tenantId' | 'documentId' | 'sectionId' | 'previousId'>,
  { finding, evidence, confidence, modelKey, part }: FoundFinding,
  at: Date,
): Promise<Feedback> {
  const { tenantId, documentId, sectionId } = analysis;
  const id = newId('Feedback');
  const { title, detail } = finding;
  const keys = quoteKeys(documentId, evidence);
  const duplicate = await findDuplicate(transaction, {
    documentId,
    analysisId: analysis.id,
    part,
    title,
    detail,
    quoteKeys: keys,
  });
  const previousId = await findPredecessor(transaction, analysis, {
    id,
    kind: finding.kind,
    title,
    detail,
    evidence: [...evidence],
  });
  const stored = await transaction.feedback.create({
    data: {
      id,
      groupId: duplicate?.groupId ?? id,
      previousId,
      part,
      quoteKeys: keys,
      tenantId,
      documentId,
      sectionId,
      analysisId: analysis.id,
      source: 'MODEL',
      modelKey,
      kind: finding.kind,
      category: finding.category,
      risk: finding.risk,
      title,
      detail,
      recommendation: finding.recommendation ?? null,
      questions: finding.questions,
      confidence,
      evidence: [...evidence],
      checks: finding.checks,
    },
  });
  const same = [previousId, duplicate?.id].filter((other) => typeof other === 'string');
  if (same.length === 0) return stored;
  const status = await carryDecision(transaction, same, stored, at);
  if (duplicate && duplicate.status !== status) await leaveMixedGroups(transaction, [id]);
  return transaction.feedback.findUniqueOrThrow({ where: { id } });
}
