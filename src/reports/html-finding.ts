import type { Evidence } from '../review/evidence.ts';
import { decisionLine, statusLabels } from './decision-words.ts';
import { broken, html, trusted, type Html } from './html-template.ts';
import type { ReportFinding } from './report-content.ts';
import { checkLine, evidenceNote, findingFacts, findingTitle, labels } from './report-words.ts';
import { markLabels, markOf, type Mark } from './risk-words.ts';

export const riskBadge = (mark: Mark): Html =>
  html`<span class="badge ${mark.toLowerCase()}">${markLabels[mark]}</span>`;

/** A heading of the page's outline, 1 to 6. */
export function heading(level: number, text: string, className = ''): Html {
  const tag = trusted(`h${Math.min(level, 6)}`);
  return html`<${tag} class="${className}" dir="auto">${text}</${tag}>`;
}

/** One finding with all that is known of it; `level` is that of its heading. */
export const htmlFinding = (finding: ReportFinding, level: number): Html =>
  html` <article
    class="finding ${markOf(finding).toLowerCase()} ${finding.status.toLowerCase()}"
    id="finding-${finding.number}"
  >
    <p class="badges">
      ${riskBadge(markOf(finding))} <span class="badge status">${statusLabels[finding.status]}</span>
    </p>
    ${heading(level, findingTitle(finding), 'title')}
    <p dir="auto">${broken(finding.detail)}</p>
    ${labelled(labels.recommendation, finding.recommendation === null ? [] : [html`<p dir="auto">${broken(finding.recommendation)}</p>`])}
    ${labelled(labels.questions, list(finding.questions))} ${labelled(labels.evidence, finding.evidence.map(quotation))}
    ${labelled(
      labels.otherPlaces,
      finding.otherPlaces.map(
        ({ sectionTitle, evidence }) =>
          html`<p dir="auto">${sectionTitle}</p>
            ${evidence.map(quotation)}`,
      ),
    )}
    ${labelled(labels.checks, list(finding.checks.map(checkLine)))}
    ${labelled(labels.history, list(finding.history.map((entry) => [decisionLine(entry), entry.note].filter(Boolean).join('\n'))))}
    <dl>
      ${factsBesideBadges(finding).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd dir="auto">${value}</dd>`,
      )}
    </dl>
  </article>`;

/** What the badges say is not said again. */
const factsBesideBadges = (finding: ReportFinding) => findingFacts(finding).filter(([name]) => name !== 'Decision');

const labelled = (label: string, parts: readonly Html[]): Html | null =>
  parts.length === 0
    ? null
    : html`<p class="label">${label}</p>
        ${parts}`;

const list = (items: readonly string[]): readonly Html[] =>
  items.length === 0
    ? []
    : [
        html`<ul>
          ${items.map((item) => html`<li dir="auto">${broken(item)}</li>`)}
        </ul>`,
      ];

const quotation = (evidence: Evidence): Html =>
  html`<blockquote dir="auto">
    ${broken(evidence.quote)}
    <footer dir="ltr">${evidenceNote(evidence)}</footer>
  </blockquote>`;
