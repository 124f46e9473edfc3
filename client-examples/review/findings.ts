import type { Finding, ReviewedDocument, ReviewedSection } from './api-types.ts';
import { count, seconds } from './progress.ts';
import { printable } from './screen.ts';

const risks = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;

/** The findings by section, then the totals. */
export function describeReview(document: ReviewedDocument, tookMs: number, dim: (text: string) => string): string[] {
  return [
    ...document.sections.flatMap((section) => describeSection(section, dim)),
    '',
    ...describeTotals(document, tookMs),
  ];
}

function describeSection(
  { title, latestAnalysis, feedback }: ReviewedSection,
  dim: (text: string) => string,
): string[] {
  const risk = latestAnalysis?.risk ? ` (risk ${latestAnalysis.risk})` : '';
  const lines = ['', `${printable(title)}${risk}`];
  if (latestAnalysis?.summary) lines.push(dim(`  ${printable(latestAnalysis.summary)}`));
  if (latestAnalysis?.status === 'FAILED')
    return [...lines, `  Not reviewed: ${printable(latestAnalysis.error?.message ?? '')}`];
  if (latestAnalysis?.status !== 'COMPLETED') return [...lines, '  Not reviewed.'];
  if (feedback.length === 0) return [...lines, '  No findings.'];
  return [...lines, ...feedback.flatMap(describeFinding)];
}

function describeFinding({ risk, title, confidence, meetsThreshold, recommendation, evidence }: Finding): string[] {
  const sure = `confidence ${confidence.toFixed(2)}${meetsThreshold ? '' : ', below the threshold'}`;
  return [
    `  ${risk.padEnd(8)} ${printable(title)} (${sure})`,
    ...evidence.map(
      ({ quote, verified }) => `           "${printable(quote)}"${verified ? '' : ' (not found in the document)'}`,
    ),
    ...(recommendation ? [`           ${printable(recommendation)}`] : []),
  ];
}

function describeTotals({ risk, sections }: ReviewedDocument, tookMs: number): string[] {
  const findings = sections.flatMap(({ feedback }) => feedback);
  const byRisk = risks.flatMap((risk) => {
    const number = findings.filter((finding) => finding.risk === risk).length;
    return number === 0 ? [] : [`${number} ${risk}`];
  });
  const analyses = sections.flatMap(({ latestAnalysis }) => latestAnalysis ?? []);
  const reviewed = analyses.filter(({ status }) => status === 'COMPLETED').length;
  const sum = (of: (usage: (typeof analyses)[number]['usage']) => number): number =>
    analyses.reduce((total, { usage }) => total + of(usage), 0);
  const tokens = (number: number): string => number.toLocaleString('en');
  const models = [...new Set(analyses.flatMap(({ modelUsed }) => modelUsed?.name ?? []))];
  return [
    `${reviewed} of ${count(sections.length, 'section')} reviewed in ${seconds(tookMs)}${risk ? `, risk of the document: ${risk}` : ''}`,
    `${count(findings.length, 'finding')}${byRisk.length > 0 ? `: ${byRisk.join(', ')}` : ''}`,
    `${tokens(sum((usage) => usage.inputTokens))} tokens read, ${tokens(sum((usage) => usage.outputTokens))} written by ${models.join(', ') || 'no model'}: ${sum((usage) => usage.costUsd).toFixed(4)} USD`,
  ];
}
