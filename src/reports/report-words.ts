import type { Evidence } from '../review/evidence.ts';
import type { RiskLevel } from '../review/finding.ts';
import type {
  ReportContent,
  ReportDecision,
  ReportFinding,
  ReportModel,
  ReportSection,
  ReportSectionState,
} from './report-content.ts';

/*
 * What reports for people say, and the figures in it: shared, so that DOCX, PDF and HTML cannot tell different things. All of it is plain
 * text; a renderer escapes what its format asks for. Dates are UTC and written so that no locale of a machine changes them.
 */

/** The parts of a report, in their order. */
export const partTitles = {
  findings: 'Findings',
  quiet: 'Sections without findings',
  notAnalysed: 'What was not analysed',
  models: 'Models and cost',
  method: 'Method',
} as const;

/** What stands before a stretch of a report. */
export const labels = {
  contents: 'Contents',
  overall: 'Overall',
  byRisk: 'Findings by risk',
  byStatus: 'Findings by decision',
  recommendation: 'Recommendation',
  questions: 'Questions',
  evidence: 'Evidence',
  otherPlaces: 'Also found in',
  checks: 'Checks of the playbook',
  history: 'Decisions',
  section: 'Section',
  why: 'Why',
  none: 'None.',
} as const;

/** From the highest down, as reports list them. */
const riskOrder: readonly RiskLevel[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];
const statusOrder: readonly ReportFinding['status'][] = ['PENDING', 'ACCEPTED', 'REJECTED'];

export const riskLabels: Readonly<Record<RiskLevel, string>> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
};

const kindLabels: Readonly<Record<ReportFinding['kind'], string>> = {
  RISK: 'Risk',
  GAP: 'Gap',
  QUESTION: 'Question',
  SUGGESTION: 'Suggestion',
  STRENGTH: 'Strength',
};

export const statusLabels: Readonly<Record<ReportFinding['status'], string>> = {
  PENDING: 'Not decided',
  ACCEPTED: 'Accepted',
  REJECTED: 'Rejected',
};

const stateLabels: Readonly<Record<ReportSectionState, string>> = {
  COMPLETED: 'Analysed',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
  QUEUED: 'Waiting',
  RUNNING: 'Running',
  NOT_STARTED: 'Not started',
};

const formatLabels: Readonly<Record<ReportContent['document']['format'], string>> = {
  DOCX: 'Word document',
  PDF: 'PDF',
  HTML: 'HTML',
  MARKDOWN: 'Markdown',
  TEXT: 'plain text',
};

/** A name, and what stands behind it. */
export type Fact = readonly [name: string, value: string];

export const reportTitle = (content: ReportContent): string => `Review of ${content.document.filename}`;

export const riskText = (risk: RiskLevel | null): string =>
  risk === null ? 'No risk found' : `${riskLabels[risk]} risk`;

export const simulatedNotice =
  'Models were simulated: what stands here comes from a simulator, not from a language model, and says nothing about the document.';

/** What the cover says of the document and of the report. */
export function coverFacts(content: ReportContent): readonly Fact[] {
  const { document } = content;
  const extent = [
    document.pageCount === null ? null : counted(document.pageCount, 'page'),
    document.wordCount === null ? null : counted(document.wordCount, 'word'),
  ].filter((part) => part !== null);
  return [
    ['Document', document.filename],
    ['Session', content.sessionTitle],
    ['Reviewed with', content.playbook.name],
    ['Report of', formatTime(content.generatedAt)],
    ['Uploaded', formatTime(document.uploadedAt)],
    ['File', [formatLabels[document.format], formatBytes(document.sizeBytes), ...extent].join(', ')],
    ['SHA-256', document.sha256],
  ];
}

const allFindings = (content: ReportContent): readonly ReportFinding[] =>
  content.sections.flatMap((section) => section.findings);

/** How many findings have each risk, the highest first; every risk is there, with 0 too. */
export function countsByRisk(content: ReportContent): readonly Fact[] {
  const findings = allFindings(content);
  return riskOrder.map((risk) => [riskLabels[risk], format(findings.filter((each) => each.risk === risk).length)]);
}

/** How many findings stand how; every state of a decision is there, with 0 too. */
export function countsByStatus(content: ReportContent): readonly Fact[] {
  const findings = allFindings(content);
  return statusOrder.map((status) => [
    statusLabels[status],
    format(findings.filter((each) => each.status === status).length),
  ]);
}

/** The findings in one sentence, with what the threshold left out. */
export function extentSentence(content: ReportContent): string {
  const analysed = content.sections.filter((section) => section.state === 'COMPLETED').length;
  const found = `${counted(allFindings(content).length, 'finding')} in ${counted(content.sections.length, 'section')}, of which ${format(analysed)} ${analysed === 1 ? 'was' : 'were'} analysed.`;
  const { belowThreshold } = content;
  if (belowThreshold === 0) return `${found} None was left out for low confidence.`;
  return `${found} ${counted(belowThreshold, 'finding')} with less confidence than ${formatRatio(content.threshold)} ${belowThreshold === 1 ? 'was' : 'were'} left out.`;
}

export const sectionsWithFindings = (content: ReportContent): readonly ReportSection[] =>
  content.sections.filter((section) => section.findings.length > 0);

export const quietSections = (content: ReportContent): readonly ReportSection[] =>
  content.sections.filter((section) => section.findings.length === 0 && section.state === 'COMPLETED');

export const unanalysedSections = (content: ReportContent): readonly ReportSection[] =>
  content.sections.filter((section) => section.state !== 'COMPLETED');

export const noFindings = 'There are no findings to report.';
export const everythingAnalysed = 'Every section was analysed.';
export const noModels = 'No model was called.';

/** Where a section stands, how it was judged and by which model. */
export function sectionLine(section: ReportSection): string {
  const parts = [
    section.pageStart === null ? null : `from page ${format(section.pageStart)}`,
    section.risk === null ? null : riskText(section.risk).toLowerCase(),
    section.confidence === null ? null : `confidence ${formatRatio(section.confidence)}`,
    section.modelName === null ? null : `analysed by ${section.modelName}`,
  ].filter((part) => part !== null);
  return sentenceCase(parts.join(' · '));
}

/** Why a section was not analysed. */
export const reasonLine = (section: ReportSection): string =>
  `${stateLabels[section.state]}. ${section.reason ?? ''}`.trim();

export const findingTitle = (finding: ReportFinding): string => `${format(finding.number)}. ${finding.title}`;

/** Risk, kind, category, confidence and decision of a finding, and that a reviewer found it. */
export function findingFacts(finding: ReportFinding): readonly Fact[] {
  return [
    ['Risk', riskLabels[finding.risk]],
    ['Kind', kindLabels[finding.kind]],
    ['Category', finding.category],
    ['Confidence', formatRatio(finding.confidence)],
    ['Decision', statusLabels[finding.status]],
    ...(finding.source === 'REVIEWER' ? ([['Found by', 'a reviewer']] as const) : []),
  ];
}

/** Behind a quotation: its page, or that it was not found. */
export function evidenceNote(evidence: Evidence): string {
  if (!evidence.verified) return 'Unverified: these words were not found in the section.';
  return evidence.page === null ? 'Found word for word.' : `Page ${format(evidence.page)}.`;
}

/** One entry of a finding's history, without the note. */
export const decisionLine = ({ at, actor, status }: ReportDecision): string =>
  `${formatTime(at)}: ${statusLabels[status]} by ${actor}`;

export const modelColumns = ['Model', 'Calls', 'Input', 'Output', 'Cache read', 'Cache write', 'Cost in USD'] as const;

/** A row for each model, in tokens and dollars; and one of their sums when there are several. */
export function modelRows(models: readonly ReportModel[]): readonly (readonly string[])[] {
  const sum = (name: string, of: readonly ReportModel[]): readonly string[] => {
    const total = (value: (model: ReportModel) => number): number => of.reduce((all, model) => all + value(model), 0);
    return [
      name,
      format(total((model) => model.calls)),
      format(total((model) => model.inputTokens)),
      format(total((model) => model.outputTokens)),
      format(total((model) => model.cacheReadTokens)),
      format(total((model) => model.cacheWriteTokens)),
      total((model) => model.costUsd).toFixed(4),
    ];
  };
  const rows = models.map((model) => sum(model.name, [model]));
  return models.length > 1 ? [...rows, sum('Together', models)] : rows;
}

export const modelsNote = 'Figures are tokens, and count calls that failed as well: they were paid for.';

/** How the review was done, a paragraph each. */
export function methodParagraphs(content: ReportContent): readonly string[] {
  const { playbook, threshold, version } = content;
  return [
    `The document was split into sections, and a language model read each by the playbook “${playbook.name}”: ${playbook.description} What models find is a help to a reader, not advice.`,
    'A model has to quote the words that each finding rests on. Every quotation was looked up in its section: exactly, or with white space, quotation marks, dashes and invisible characters made alike. One that was not found is marked as unverified.',
    'Confidence of a finding, from 0 to 1, is the model’s own figure, times 0.4 + 0.6 × verified quotations / quotations, times 0.9 where there is neither a recommendation nor a question. A finding none of whose quotations is found keeps at most 0.4. Confidence of a section is the model’s own figure of its summary, times the mean of 1 and the mean confidence of its findings.',
    `Findings with less confidence than ${formatRatio(threshold)} were left out. The overall risk is the highest among the findings here that nobody rejected. The same finding in several places stands here once, with all its places.`,
    `Made by AI-Prism ${version}.`,
  ];
}

/** `2026-11-26 12:30 UTC` */
const formatTime = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Two decimals, as confidence is written everywhere. */
const formatRatio = (ratio: number): string => ratio.toFixed(2);

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const format = (value: number): string => value.toLocaleString('en-US');
const counted = (count: number, noun: string): string => `${format(count)} ${noun}${count === 1 ? '' : 's'}`;
const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
