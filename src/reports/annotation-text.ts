import { cleanText } from '../documents/text-clean.ts';
import type { ReportContent, ReportDecision, ReportFinding } from './report-content.ts';

/** What somebody wrote beside the document. All of it is plain text, without control characters. */
export type Remark = {
  readonly author: string;
  readonly at: Date;
  readonly heading: string;
  /** Paragraphs. */
  readonly lines: readonly string[];
};

/** A remark with the answers to it, oldest first. */
export type Thread = Remark & { readonly replies: readonly Remark[]; readonly isRejected: boolean };

const productName = 'AI-Prism';

/** A finding as a remark: all that a reader decides by. `notes` say about its place what the reader has to know. */
export function describeFinding(
  finding: ReportFinding,
  content: Pick<ReportContent, 'isSimulated'>,
  notes: readonly string[],
): Thread {
  const { history, status } = finding;
  const lines = [
    summaryLine(finding),
    ...(content.isSimulated && finding.source === 'MODEL' ? ['Simulated: found by rules, not by a model.'] : []),
    finding.detail,
    ...(finding.recommendation === null ? [] : [`Recommendation: ${finding.recommendation}`]),
    ...finding.questions.map((question) => `Question: ${question}`),
    ...finding.checks.map(({ ref, title }) => `Check ${ref}: ${title}`),
    ...finding.otherPlaces.flatMap(({ sectionTitle, evidence }) => [
      `Also in “${sectionTitle}”:`,
      ...evidence.map(({ quote }) => `“${quote}”`),
    ]),
    ...(status !== 'PENDING' && history.length === 0 ? [`Decision: ${statusWords[status]}`] : []),
    ...notes,
  ];
  return {
    author: finding.source === 'MODEL' ? productName : `Reviewer (${productName})`,
    at: finding.createdAt,
    heading: tidy(`${finding.number}. ${finding.title}`),
    lines: toParagraphs(lines),
    replies: history.map(describeDecision),
    isRejected: status === 'REJECTED',
  };
}

/** What concerns the document as a whole: the outcome, and what the reader must not overlook. */
export function describeReport(content: ReportContent, notes: readonly string[]): Thread {
  const { sections, belowThreshold, threshold } = content;
  const findings = sections.flatMap((section) => section.findings);
  const missing = sections.filter(({ state }) => state !== 'COMPLETED');
  const lines = [
    ...(content.isSimulated
      ? ['Simulated: no model has read this document. What follows was found by rules over its text.']
      : []),
    `${countOf(findings.length, 'finding')} in ${countOf(sections.length, 'section')}, by the playbook “${content.playbook.name}”.`,
    content.risk === null ? 'No risk was found.' : `Highest risk: ${riskWords[content.risk]}`,
    ...(belowThreshold === 0
      ? []
      : [`${countOf(belowThreshold, 'finding')} with a confidence under ${percent(threshold)} left out.`]),
    ...(missing.length === 0
      ? []
      : [
          `Not analysed: ${missing
            .map(({ title, reason }) => `“${title}”${reason === null ? '' : ` (${reason})`}`)
            .join(', ')}`,
        ]),
    ...notes,
  ];
  return {
    author: productName,
    at: content.generatedAt,
    heading: tidy(`Review of ${content.document.filename}`),
    lines: toParagraphs(lines),
    replies: [],
    isRejected: false,
  };
}

const riskWords = { LOW: 'low', MEDIUM: 'medium', HIGH: 'high', CRITICAL: 'critical' } as const;
const statusWords = { PENDING: 'Set back to pending', ACCEPTED: 'Accepted', REJECTED: 'Rejected' } as const;
const kindWords = {
  RISK: 'Risk',
  GAP: 'Gap',
  QUESTION: 'Question',
  SUGGESTION: 'Suggestion',
  STRENGTH: 'Strength',
} as const;

/** `Risk: high · Liability · confidence 82 %`; of a strength the risk says nothing. */
function summaryLine({ kind, risk, category, confidence, source }: ReportFinding): string {
  const what =
    kind === 'STRENGTH' ? 'Strength' : `${kind === 'RISK' ? '' : `${kindWords[kind]}, `}risk: ${riskWords[risk]}`;
  const certainty = source === 'MODEL' ? `confidence ${percent(confidence)}` : 'added by a reviewer';
  return `${what.charAt(0).toUpperCase()}${what.slice(1)} · ${category} · ${certainty}`;
}

const describeDecision = ({ at, actor, status, note }: ReportDecision): Remark => ({
  author: tidy(actor) || 'Reviewer',
  at,
  heading: statusWords[status],
  lines: toParagraphs(note === null ? [] : [note]),
});

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const tidy = (text: string): string => cleanText(text).replace(/\s+/g, ' ').trim();
const toParagraphs = (lines: readonly string[]): string[] =>
  lines
    .flatMap((line) => line.split(/[\n\r]+/))
    .map(tidy)
    .filter((line) => line !== '');
