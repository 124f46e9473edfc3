import { decisionLine } from './decision-words.ts';
import { bullets, label, line, prose, quotation, riskBadge, span } from './pdf-blocks.ts';
import type { Element, Page } from './pdf-page.ts';
import { type } from './pdf-style.ts';
import type { ReportFinding } from './report-content.ts';
import { checkLine, evidenceNote, factsLine, labels } from './report-words.ts';
import { markOf } from './risk-words.ts';

/** All that is known of a finding, below its heading. */
export function findingBody(page: Page, parent: Element, finding: ReportFinding): void {
  const { recommendation, questions, evidence, otherPlaces, checks, history } = finding;
  line(page, parent, [riskBadge(markOf(finding)), span(`  ${factsLine(finding)}`, type.small)], { keep: 28 });
  prose(page, parent, finding.detail);
  if (recommendation !== null) {
    label(page, parent, labels.recommendation);
    prose(page, parent, recommendation);
  }
  if (questions.length > 0) label(page, parent, labels.questions);
  bullets(
    page,
    parent,
    questions.map((text) => ({ text })),
  );
  if (evidence.length > 0) label(page, parent, labels.evidence);
  for (const each of evidence) quotation(page, parent, each.quote, evidenceNote(each));
  if (otherPlaces.length > 0) label(page, parent, labels.otherPlaces);
  for (const place of otherPlaces) {
    line(page, parent, [span(place.sectionTitle)], { keep: 28, after: 2 });
    for (const each of place.evidence) quotation(page, parent, each.quote, evidenceNote(each));
  }
  if (checks.length > 0) label(page, parent, labels.checks);
  bullets(
    page,
    parent,
    checks.map((check) => ({ text: checkLine(check) })),
  );
  if (history.length > 0) label(page, parent, labels.history);
  bullets(
    page,
    parent,
    history.map((decision) => ({ text: decisionLine(decision), note: decision.note })),
  );
}
