import type { Paragraph } from 'docx';
import { decisionLine } from './decision-words.ts';
import { bullets, heading, line, paragraph, prose, quotation, riskBadge, run } from './docx-blocks.ts';
import type { ReportDecision, ReportFinding } from './report-content.ts';
import { checkLine, evidenceNote, factsLine, findingTitle, labels } from './report-words.ts';
import { markOf } from './risk-words.ts';

/** A finding with all that is known of it, under a heading of its own. */
export const findingBlocks = (finding: ReportFinding): Paragraph[] => [
  heading(3, findingTitle(finding)),
  line('Facts', riskBadge(markOf(finding)), run(`  ${factsLine(finding)}`)),
  ...prose(finding.detail),
  ...labelled(labels.recommendation, finding.recommendation === null ? [] : prose(finding.recommendation)),
  ...labelled(labels.questions, bullets(finding.questions)),
  ...labelled(
    labels.evidence,
    finding.evidence.flatMap((each) => quotation(each.quote, evidenceNote(each))),
  ),
  ...labelled(
    labels.otherPlaces,
    finding.otherPlaces.flatMap(({ sectionTitle, evidence }) => [
      paragraph({ keepNext: evidence.length > 0 }, run(sectionTitle)),
      ...evidence.flatMap((each) => quotation(each.quote, evidenceNote(each))),
    ]),
  ),
  ...labelled(labels.checks, bullets(finding.checks.map(checkLine))),
  ...labelled(labels.history, finding.history.flatMap(decisionBlocks)),
];

const labelled = (label: string, blocks: readonly Paragraph[]): Paragraph[] =>
  blocks.length === 0 ? [] : [line('Label', run(label)), ...blocks];

const decisionBlocks = (decision: ReportDecision): Paragraph[] => [
  ...bullets([decisionLine(decision)]),
  ...(decision.note === null ? [] : prose(decision.note, { indent: { left: 400 } })),
];
