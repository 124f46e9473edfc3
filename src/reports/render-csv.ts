import { stringify } from 'csv-stringify/sync';
import type { Evidence } from '../review/evidence.ts';
import { decisionLine } from './decision-words.ts';
import type { ReportContent, ReportFinding, ReportSection } from './report-content.ts';
import { checkLine, reasonLine, totalCostUsd, unanalysedSections } from './report-words.ts';
import { markOf, riskText } from './risk-words.ts';

type Row = { readonly section: ReportSection; readonly finding: ReportFinding };
type Cell = string | number | null;

/** What stands in a column, by its heading. */
const findingColumns: Readonly<Record<string, (row: Row) => Cell>> = {
  number: ({ finding }) => finding.number,
  section: ({ section }) => section.title,
  page: ({ section, finding }) => finding.evidence.find(({ page }) => page !== null)?.page ?? section.pageStart,
  // A strength has none: rows are counted by this column.
  risk: ({ finding }) => (markOf(finding) === 'STRENGTH' ? null : finding.risk),
  kind: ({ finding }) => finding.kind,
  category: ({ finding }) => finding.category,
  title: ({ finding }) => finding.title,
  detail: ({ finding }) => finding.detail,
  recommendation: ({ finding }) => finding.recommendation,
  questions: ({ finding }) => lines(finding.questions),
  confidence: ({ finding }) => finding.confidence,
  source: ({ finding }) => finding.source,
  status: ({ finding }) => finding.status,
  decisions: ({ finding }) =>
    lines(
      finding.history.map((decision) =>
        [decisionLine(decision, toIso), ...(decision.note === null ? [] : [decision.note])].join(': '),
      ),
    ),
  evidence: ({ finding }) => quotes(finding.evidence),
  other_places: ({ finding }) =>
    lines(finding.otherPlaces.map(({ sectionTitle, evidence }) => `${sectionTitle}: ${quotes(evidence)}`)),
  checks: ({ finding }) => lines(finding.checks.map(checkLine)),
  found_at: ({ finding }) => toIso(finding.createdAt),
  finding_id: ({ finding }) => finding.id,
  section_id: ({ section }) => section.id,
};

/** The same in every row, so that a row says all by itself. */
const reportColumns: Readonly<Record<string, (content: ReportContent) => Cell>> = {
  document: (content) => content.document.filename,
  report_of: (content) => toIso(content.generatedAt),
  overall_risk: (content) => content.risk ?? riskText(content),
  sections: (content) => content.sections.length,
  sections_not_analysed: notAnalysed,
  confidence_threshold: (content) => content.threshold,
  left_out_below_threshold: (content) => content.belowThreshold,
  models: (content) => lines(content.models.map(({ name }) => name)),
  cost_usd: (content) => Number(totalCostUsd(content).toFixed(6)),
  models_simulated: (content) => (content.isSimulated ? 'yes' : 'no'),
};

/**
 * A row per finding, for spreadsheets: RFC 4180, in UTF-8 with the mark by which spreadsheets recognise it. A cell that a spreadsheet would
 * take for a formula begins with an apostrophe, and all text is in quotation marks, so that no separator within it begins a cell.
 *
 * Without findings there is one row, which has only what concerns the report: what was not analysed, for one.
 */
export function renderCsv(content: ReportContent): string {
  const ofFindings = content.sections.flatMap((section) =>
    section.findings.map((finding) => Object.values(findingColumns).map((column) => column({ section, finding }))),
  );
  const ofReport = Object.values(reportColumns).map((column) => column(content));
  const none = Object.values(findingColumns).map(() => null);
  const rows = (ofFindings.length > 0 ? ofFindings : [none]).map((cells) => [...cells, ...ofReport]);
  return stringify([Object.keys({ ...findingColumns, ...reportColumns }), ...rows], {
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    quoted_string: true,
    // The library knows all other beginnings of a formula.
    cast: { string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
  });
}

// Every row says it: a long list would make a short table a huge file. Other formats have all of it.
const mostNamed = 50;

function notAnalysed(content: ReportContent): string {
  const sections = unanalysedSections(content);
  const named = sections.slice(0, mostNamed).map((section) => `${section.title}: ${reasonLine(section)}`);
  const more = sections.length - named.length;
  return lines(more > 0 ? [...named, `and ${more} more`] : named);
}

const toIso = (time: Date): string => time.toISOString();

const lines = (parts: readonly string[]): string => parts.join('\n');

const quotes = (evidence: readonly Evidence[]): string =>
  lines(evidence.map(({ quote, verified }) => (verified ? `“${quote}”` : `“${quote}” (not found)`)));
