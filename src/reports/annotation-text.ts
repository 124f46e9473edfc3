import { cleanText } from '../documents/text-clean.ts';
import { carriedLine, decidedAt, decisionLabels, statusLabels } from './decision-words.ts';
import { formatRatio } from './figures.ts';
import type { ReportContent, ReportDecision, ReportFinding } from './report-content.ts';
import {
  checkLine,
  extentSentence,
  kindLabels,
  methodParagraphs,
  modelsSentence,
  reportTitle,
  unanalysedSections,
} from './report-words.ts';
import { markLabels, markOf, riskText } from './risk-words.ts';

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
    ...finding.checks.map((check) => `Check: ${checkLine(check)}`),
    ...finding.otherPlaces.flatMap(({ sectionTitle, evidence }) => [
      `Also in “${sectionTitle}”:`,
      ...evidence.map(({ quote }) => `“${quote}”`),
    ]),
    ...(status !== 'PENDING' && history.length === 0 ? [`Decision: ${statusLabels[status]}`] : []),
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
  const missing = unanalysedSections(content).map(
    ({ title, reason }) => `“${title}”${reason === null ? '' : ` (${reason})`}`,
  );
  const lines = [
    ...(content.isSimulated
      ? ['Simulated: no model has read this document. What follows was found by rules over its text.']
      : []),
    extentSentence(content),
    `Overall: ${riskText(content)}`,
    ...(missing.length === 0 ? [] : [`Not analysed: ${missing.join(', ')}`]),
    ...notes,
    modelsSentence(content),
    ...methodParagraphs(content),
  ];
  return {
    author: productName,
    at: content.generatedAt,
    heading: tidy(reportTitle(content)),
    lines: toParagraphs(lines),
    replies: [],
    isRejected: false,
  };
}

/** `High risk · Gap · Liability · confidence 0.82` */
function summaryLine(finding: ReportFinding): string {
  const { kind, category, confidence, source } = finding;
  return [
    markLabels[markOf(finding)],
    ...(kind === 'RISK' || kind === 'STRENGTH' ? [] : [kindLabels[kind]]),
    category,
    source === 'MODEL' ? `confidence ${formatRatio(confidence)}` : 'added by a reviewer',
  ].join(' · ');
}

const describeDecision = (decision: ReportDecision): Remark => {
  const { at, actor, status, note, carriedOver } = decision;
  const carried = carriedOver === null ? [] : [`${carriedLine(at, carriedOver)}.`];
  return {
    author: tidy(actor) || 'Reviewer',
    at: decidedAt(decision),
    heading: decisionLabels[status],
    lines: toParagraphs([...carried, ...(note === null ? [] : [note])]),
  };
};

const tidy = (text: string): string => cleanText(text).replace(/\s+/g, ' ').trim();
const toParagraphs = (lines: readonly string[]): string[] =>
  lines
    .flatMap((line) => line.split(/[\n\r]+/))
    .map(tidy)
    .filter((line) => line !== '');
