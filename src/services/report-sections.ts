import { groupBy } from 'es-toolkit/array/groupBy';
import type { Analysis, Feedback, FeedbackRevision, Section } from '../db.ts';
import type { Problem } from '../errors.ts';
import type { ReportDecision, ReportFinding, ReportSection } from '../reports/report-content.ts';
import { riskLevels, type RiskLevel } from '../review/finding.ts';
import { evidenceOf } from './feedback.ts';

/** A section as a report needs it: without its text. */
type SectionRow = Pick<Section, 'id' | 'title' | 'level' | 'pageStart'> & {
  readonly currentAnalysis: Pick<Analysis, 'status' | 'summary' | 'risk' | 'confidence' | 'modelKey' | 'error'> | null;
};

type Known = {
  readonly historyOf: (feedbackId: string) => readonly FeedbackRevision[];
  /** When a decision that was carried over was made; undefined when that is not known. */
  readonly decidedAt: (revisionId: string) => Date | undefined;
  readonly checkTitle: (ref: string) => string;
  readonly modelName: (key: string) => string;
};

export const isUnderWay = ({ currentAnalysis }: SectionRow): boolean =>
  currentAnalysis?.status === 'QUEUED' || currentAnalysis?.status === 'RUNNING';

const isStrength = ({ kind }: Pick<Feedback, 'kind'>): boolean => kind === 'STRENGTH';

/** Among the findings that are not rejected and no strengths; null where there are none. */
export const overallRisk = (sections: readonly ReportSection[]): RiskLevel | null =>
  highestRisk(
    sections.flatMap(({ findings }) =>
      findings.filter((finding) => finding.status !== 'REJECTED' && !isStrength(finding)),
    ),
  );

const highestRisk = (findings: readonly Pick<Feedback, 'risk'>[]): RiskLevel | null =>
  riskLevels[Math.max(-1, ...findings.map(({ risk }) => riskLevels.indexOf(risk)))] ?? null;

/**
 * Sections in the order given, with their findings in reading order, numbered through. Findings that say the same and were decided alike are
 * one, at the first of their places and with the highest of their risks; a strength is not the same as a risk.
 */
export function reportedSections(
  sections: readonly SectionRow[],
  findings: readonly Feedback[],
  known: Known,
): ReportSection[] {
  const titles = new Map(sections.map(({ id, title }) => [id, title]));
  const bySection = groupBy(findings, ({ sectionId }) => sectionId);
  const inOrder = sections.flatMap(({ id }) => (bySection[id] ?? []).toSorted(byPlace));
  const alike = Object.values(
    groupBy(inOrder, (finding) => `${finding.groupId} ${finding.status} ${isStrength(finding)}`),
  );
  const firsts = new Map(alike.flatMap((group) => (group[0] ? [[group[0].id, group.slice(1)] as const] : [])));
  const shown = groupBy(
    inOrder.filter(({ id }) => firsts.has(id)),
    ({ sectionId }) => sectionId,
  );
  let number = 0;
  return sections.map((section) => {
    const found = shown[section.id] ?? [];
    return {
      ...reportedState(section, known),
      findings: found.map((finding) => {
        number += 1;
        const others = firsts.get(finding.id) ?? [];
        const otherPlaces = others.map((other) => ({
          sectionTitle: titles.get(other.sectionId) ?? '',
          evidence: evidenceOf(other),
        }));
        const risk = highestRisk([finding, ...others]) ?? finding.risk;
        return { ...reportedFinding(finding, number, known), risk, otherPlaces };
      }),
    };
  });
}

function byPlace(a: Feedback, b: Feedback): number {
  return placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1);
}

/** Of its first quotation that was found; behind all others where none was. */
function placeOf(finding: Feedback): number {
  const offsets = evidenceOf(finding).flatMap(({ startOffset }) => startOffset ?? []);
  return offsets.length === 0 ? Number.MAX_SAFE_INTEGER : Math.min(...offsets);
}

function reportedState(
  { currentAnalysis, ...section }: SectionRow,
  { modelName }: Known,
): Omit<ReportSection, 'findings'> {
  const { id, title, level, pageStart } = section;
  const state = currentAnalysis?.status ?? 'NOT_STARTED';
  const modelKey = currentAnalysis?.modelKey ?? null;
  return {
    id,
    title,
    level,
    pageStart,
    state,
    reason: reasonOf(state, currentAnalysis?.error as Problem | null | undefined),
    summary: currentAnalysis?.summary ?? null,
    risk: currentAnalysis?.risk ?? null,
    confidence: currentAnalysis?.confidence ?? null,
    modelName: modelKey === null ? null : modelName(modelKey),
  };
}

function reasonOf(state: ReportSection['state'], problem: Problem | null | undefined): string | null {
  switch (state) {
    case 'COMPLETED':
      return null;
    case 'FAILED':
      return problem?.message ?? 'Its analysis failed.';
    case 'CANCELLED':
      return 'Its analysis was cancelled before it was done.';
    case 'QUEUED':
      return 'Its analysis was still waiting for its turn.';
    case 'RUNNING':
      return 'Its analysis was still running.';
    case 'NOT_STARTED':
      return 'It was never sent to analysis.';
  }
}

function reportedFinding(finding: Feedback, number: number, known: Known): Omit<ReportFinding, 'otherPlaces'> {
  const { id, source, kind, category, risk, title, detail, recommendation, questions, confidence } = finding;
  return {
    id,
    number,
    source,
    kind,
    category,
    risk,
    title,
    detail,
    recommendation,
    questions,
    confidence,
    status: finding.status,
    evidence: evidenceOf(finding),
    checks: finding.checks.map((ref) => ({ ref, title: known.checkTitle(ref) })),
    history: known.historyOf(finding.id).map((revision) => reportedDecision(revision, finding, known)),
    createdAt: finding.createdAt,
  };
}

function reportedDecision(
  { id, at, actor, status, note, carriedFromId }: FeedbackRevision,
  { previousId }: Feedback,
  { decidedAt }: Known,
): ReportDecision {
  if (carriedFromId === null) return { at, actor, status, note, carriedOver: null };
  const from = carriedFromId === previousId ? 'EARLIER_ANALYSIS' : 'OTHER_PLACE';
  return { at, actor, status, note, carriedOver: { from, decidedAt: decidedAt(id) ?? null } };
}
