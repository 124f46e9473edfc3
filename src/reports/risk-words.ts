import type { RiskLevel } from '../review/finding.ts';
import { formatCount } from './figures.ts';
import { allFindings, type ReportContent, type ReportFinding } from './report-content.ts';

/** What the badge of a finding says: its risk, or that it is a strength, of which the risk says nothing. */
export type Mark = RiskLevel | 'STRENGTH';

const riskLabels: Readonly<Record<RiskLevel, string>> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
};

export const markLabels: Readonly<Record<Mark, string>> = {
  CRITICAL: 'Critical risk',
  HIGH: 'High risk',
  MEDIUM: 'Medium risk',
  LOW: 'Low risk',
  STRENGTH: 'Strength',
};

type Marked = Pick<ReportFinding, 'kind' | 'risk'>;

const isStrength = ({ kind }: Marked): boolean => kind === 'STRENGTH';
export const markOf = (finding: Marked): Mark => (isStrength(finding) ? 'STRENGTH' : finding.risk);

export const strengthsOf = (content: ReportContent): readonly ReportFinding[] =>
  allFindings(content).filter(isStrength);

const risksOf = (content: ReportContent): readonly ReportFinding[] =>
  allFindings(content).filter((finding) => !isStrength(finding));

/** From the highest down, as reports list them. */
const riskOrder: readonly RiskLevel[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

/** How many findings have each risk, the highest first; every risk is there, with 0 too. Strengths are none. */
export function countsByRisk(content: ReportContent): readonly (readonly [name: string, value: string])[] {
  const risks = risksOf(content);
  return riskOrder.map((level) => [riskLabels[level], formatCount(risks.filter(({ risk }) => risk === level).length)]);
}

/** The overall risk. Where there is none, how far that can be relied on: nobody may take what was not read for harmless. */
export function riskText(content: ReportContent): string {
  if (content.risk !== null) return markLabels[content.risk];
  const { sections } = content;
  const analysed = sections.filter(({ state }) => state === 'COMPLETED').length;
  // What is not open any more was rejected.
  const hasRejected = risksOf(content).length > 0;
  if (analysed === 0) return hasRejected ? 'No open risk' : 'Not assessed';
  const found = hasRejected ? 'No open risk' : 'No risk found';
  return analysed < sections.length ? `${found} in what was analysed` : found;
}
