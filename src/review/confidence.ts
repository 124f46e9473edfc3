import type { Evidence } from './evidence.ts';

/**
 * Confidence of a finding, 0 to 1, two decimals: the model's own figure, times how much of its evidence was found word for word, times
 * how complete it is.
 *
 *   confidence = self × (0.4 + 0.6 × verified / quotations) × (0.9 + 0.1 × has a recommendation or a question)
 *
 * So a finding none of whose quotations is found keeps at most 0.4 and never reaches the default threshold of 0.80, whatever the model
 * says of itself.
 */
export function findingConfidence(finding: {
  selfReported: number;
  evidence: readonly Evidence[];
  recommendation: string | null;
  questions: readonly string[];
}): number {
  const verified = finding.evidence.filter((evidence) => evidence.verified).length;
  const verification = finding.evidence.length === 0 ? 0 : verified / finding.evidence.length;
  const isActionable = finding.recommendation !== null || finding.questions.length > 0;
  const value = finding.selfReported * (0.4 + 0.6 * verification) * (isActionable ? 1 : 0.9);
  return round(value);
}

/** Confidence of a whole analysis: the summary's own figure, times the mean of 1 and the mean confidence of its findings. */
export function analysisConfidence(selfReported: number, findings: readonly number[]): number {
  if (findings.length === 0) return round(selfReported);
  const mean = findings.reduce((sum, confidence) => sum + confidence, 0) / findings.length;
  return round((selfReported * (1 + mean)) / 2);
}

const round = (value: number): number => Math.round(value * 100) / 100;
