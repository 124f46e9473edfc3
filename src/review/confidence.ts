import type { Evidence } from './evidence.ts';

/**
 * Confidence of a finding, 0 to 1, two decimals: the model's own figure, times how much of its evidence was found word for word, times
 * how complete it is.
 *
 *   confidence = self × found × complete
 *   found      = 1 when every quotation is found, else 0.4 + 0.35 × found quotations / quotations
 *   complete   = 1 with a recommendation or a question, else 0.9
 *
 * So a finding with a single quotation that is not there stays below 0.75 and never reaches the default threshold of 0.80, whatever the
 * model says of itself and however much else it quotes.
 */
export function findingConfidence(finding: {
  selfReported: number;
  evidence: readonly Evidence[];
  recommendation: string | null;
  questions: readonly string[];
}): number {
  const verified = finding.evidence.filter((evidence) => evidence.verified).length;
  const quotations = finding.evidence.length;
  const isFound = quotations > 0 && verified === quotations;
  const found = isFound ? 1 : 0.4 + 0.35 * (verified / Math.max(1, quotations));
  const isComplete = finding.recommendation !== null || finding.questions.length > 0;
  return round(finding.selfReported * found * (isComplete ? 1 : 0.9));
}

/** Confidence of a whole analysis: the summary's own figure, times the mean of 1 and the mean confidence of its findings. */
export function analysisConfidence(selfReported: number, findings: readonly number[]): number {
  if (findings.length === 0) return round(selfReported);
  const mean = findings.reduce((sum, confidence) => sum + confidence, 0) / findings.length;
  return round((selfReported * (1 + mean)) / 2);
}

// A hair above, so that 0.575, which binary fractions write as 0.57499…, goes up as on paper.
const round = (value: number): number => Math.round(value * 100 + 1e-9) / 100;
