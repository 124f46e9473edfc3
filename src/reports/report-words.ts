import type { Evidence } from '../review/evidence.ts';
import { statusLabels } from './decision-words.ts';
import { counted, formatBytes, formatCount, formatRatio, formatTime, formatUsd } from './figures.ts';
import {
  allFindings,
  type ReportContent,
  type ReportFinding,
  type ReportModel,
  type ReportSection,
  type ReportSectionState,
} from './report-content.ts';
import { markLabels, strengthsOf } from './risk-words.ts';

/*
 * What reports for people say, and the figures in it: shared, so that DOCX, PDF, HTML and comments cannot tell different things. All of it
 * is plain text; a renderer escapes what its format asks for.
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

const statusOrder: readonly ReportFinding['status'][] = ['PENDING', 'ACCEPTED', 'REJECTED'];

export const kindLabels: Readonly<Record<ReportFinding['kind'], string>> = {
  RISK: 'Risk',
  GAP: 'Gap',
  QUESTION: 'Question',
  SUGGESTION: 'Suggestion',
  STRENGTH: 'Strength',
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

/** How many findings stand how; every state of a decision is there, with 0 too. */
export function countsByStatus(content: ReportContent): readonly Fact[] {
  const findings = allFindings(content);
  return statusOrder.map((status) => [
    statusLabels[status],
    formatCount(findings.filter((each) => each.status === status).length),
  ]);
}

/** The findings in one sentence, with what the threshold left out. Strengths are named, since they are not among the risks counted. */
export function extentSentence(content: ReportContent): string {
  const analysed = content.sections.filter((section) => section.state === 'COMPLETED').length;
  const strengths = strengthsOf(content).length;
  const found = [
    counted(allFindings(content).length, 'finding'),
    ...(strengths === 0 ? [] : [` (${counted(strengths, 'strength')} among them)`]),
    ` in ${counted(content.sections.length, 'section')}`,
    `, of which ${formatCount(analysed)} ${analysed === 1 ? 'was' : 'were'} analysed.`,
  ];
  return `${found.join('')} ${leftOutSentence(content)}`;
}

const leftOutSentence = ({ belowThreshold, threshold }: ReportContent): string =>
  belowThreshold === 0
    ? 'None was left out for low confidence.'
    : `${counted(belowThreshold, 'finding')} with less confidence than ${formatRatio(threshold)} ${belowThreshold === 1 ? 'was' : 'were'} left out.`;

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
    section.pageStart === null ? null : `from page ${formatCount(section.pageStart)}`,
    section.risk === null ? null : markLabels[section.risk].toLowerCase(),
    section.confidence === null ? null : `confidence ${formatRatio(section.confidence)}`,
    section.modelName === null ? null : `analysed by ${section.modelName}`,
  ].filter((part) => part !== null);
  return sentenceCase(parts.join(' · '));
}

/** Why a section was not analysed. */
export const reasonLine = (section: ReportSection): string =>
  `${stateLabels[section.state]}. ${section.reason ?? ''}`.trim();

export const findingTitle = (finding: ReportFinding): string => `${formatCount(finding.number)}. ${finding.title}`;

/** What its badge does not say of a finding: kind, category, confidence and decision, and that a reviewer found it. */
export function findingFacts(finding: ReportFinding): readonly Fact[] {
  return [
    ['Kind', kindLabels[finding.kind]],
    ['Category', finding.category],
    ['Confidence', formatRatio(finding.confidence)],
    ['Decision', statusLabels[finding.status]],
    ...(finding.source === 'REVIEWER' ? ([['Found by', 'a reviewer']] as const) : []),
  ];
}

/** Those facts in one line. */
export const factsLine = (finding: ReportFinding): string =>
  findingFacts(finding)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' · ');

/** A check of the playbook that a finding rests on. */
export const checkLine = ({ ref, title }: ReportFinding['checks'][number]): string => `${title} (${ref})`;

/** Behind a quotation: its page, or that it was not found. */
export function evidenceNote(evidence: Evidence): string {
  if (!evidence.verified) return 'Unverified: these words were not found in the section.';
  return evidence.page === null ? 'Found word for word.' : `Page ${formatCount(evidence.page)}.`;
}

export const modelColumns = ['Model', 'Calls', 'Input', 'Output', 'Cache read', 'Cache write', 'Cost in USD'] as const;

/** A row for each model, in tokens and dollars; and one of their sums when there are several. */
export function modelRows(models: readonly ReportModel[]): readonly (readonly string[])[] {
  const sum = (name: string, of: readonly ReportModel[]): readonly string[] => {
    const total = (value: (model: ReportModel) => number): number => of.reduce((all, model) => all + value(model), 0);
    return [
      name,
      formatCount(total((model) => model.calls)),
      formatCount(total((model) => model.inputTokens)),
      formatCount(total((model) => model.outputTokens)),
      formatCount(total((model) => model.cacheReadTokens)),
      formatCount(total((model) => model.cacheWriteTokens)),
      formatUsd(total((model) => model.costUsd)),
    ];
  };
  const rows = models.map((model) => sum(model.name, [model]));
  return models.length > 1 ? [...rows, sum('Together', models)] : rows;
}

export const modelsNote = 'Figures are tokens; calls that failed are counted.';

export const totalCostUsd = ({ models }: ReportContent): number =>
  models.reduce((sum, { costUsd }) => sum + costUsd, 0);

/** The models and their cost in one sentence. */
export function modelsSentence(content: ReportContent): string {
  if (content.models.length === 0) return noModels;
  const names = content.models.map(({ name, calls }) => `${name} (${counted(calls, 'call')})`);
  return `Models: ${names.join(', ')}. Cost: ${formatUsd(totalCostUsd(content))} USD.`;
}

/** How the review was done, a paragraph each. */
export function methodParagraphs(content: ReportContent): readonly string[] {
  const { playbook, threshold, version } = content;
  const description = playbook.description.trim();
  return [
    `The document was split into sections, and a language model read each by the playbook “${playbook.name}”. What models find is a help to a reader, not advice.`,
    ...(description === '' ? [] : [`What the playbook says of itself: ${description}`]),
    'A model has to quote the words that each finding rests on. Every quotation was looked up in its section: exactly, or with white space, quotation marks, dashes and invisible characters made alike. One that was not found is marked as unverified.',
    'Confidence of a finding, from 0 to 1, is the model’s own figure, times 1 where every quotation is verified and else 0.4 + 0.35 × verified quotations / quotations, times 0.9 where there is neither a recommendation nor a question. A finding none of whose quotations is found keeps at most 0.4. Confidence of a section is the model’s own figure of its summary, times the mean of 1 and the mean confidence of its findings.',
    `Findings with less confidence than ${formatRatio(threshold)} were left out. The overall risk is the highest among the findings here that nobody rejected and that are no strengths. The same finding in several places stands here once, with all its places and the highest risk among them.`,
    `Made by AI-Prism ${version}.`,
  ];
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
