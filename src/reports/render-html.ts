import { createHash } from 'node:crypto';
import { htmlFinding, heading, riskBadge } from './html-finding.ts';
import { reportStyle } from './html-style.ts';
import { broken, html, toText, trusted, type Html } from './html-template.ts';
import type { ReportContent, ReportSection } from './report-content.ts';
import * as words from './report-words.ts';
import { countsByRisk, riskText } from './risk-words.ts';

/**
 * One file for people: nothing is loaded, no script runs (its own policy forbids both), and what came from documents and reviewers is text
 * wherever it stands.
 */
export const renderHtml = (content: ReportContent): string =>
  toText(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${policy}" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="referrer" content="no-referrer" />
          <title>${words.reportTitle(content)}</title>
          ${styleElement}
        </head>
        <body>
          ${cover(content)} ${contents(content)}
          <main>
            ${part('findings', findings(content))} ${part('quiet', words.quietSections(content).map(quietSection))}
            ${part('notAnalysed', notAnalysed(content))} ${part('models', models(content))}
            ${part(
              'method',
              words.methodParagraphs(content).map((text) => html`<p dir="auto">${text}</p>`),
            )}
          </main>
        </body>
      </html> `,
  );

// Exactly what the policy has the hash of.
const styleElement = trusted(`<style>${reportStyle}</style>`);

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(reportStyle).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

type Part = keyof typeof words.partTitles;

/** Nothing where it would be empty. */
const part = (name: Part, body: readonly Html[]): Html | null =>
  body.length === 0 ? null : html`<section id="${name}">${heading(2, words.partTitles[name])}${body}</section>`;

const facts = (rows: readonly words.Fact[]): Html =>
  html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd dir="auto">${value}</dd>`,
    )}
  </dl>`;

const counts = (caption: string, rows: readonly words.Fact[]): Html =>
  html`<table>
    <caption>
      ${caption}
    </caption>
    <tbody>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;

const overall = (content: ReportContent): Html =>
  content.risk === null ? html`<span class="badge">${riskText(content)}</span>` : riskBadge(content.risk);

const cover = (content: ReportContent): Html =>
  html`<header class="cover">
    ${heading(1, words.reportTitle(content))}
    ${content.isSimulated ? html`<p class="notice" role="note">${words.simulatedNotice}</p>` : null}
    <p class="overall">${words.labels.overall}: ${overall(content)}</p>
    <p>${words.extentSentence(content)}</p>
    <div class="tables">
      ${counts(words.labels.byRisk, countsByRisk(content))}${counts(words.labels.byStatus, words.countsByStatus(content))}
    </div>
    ${facts(words.coverFacts(content))}
  </header>`;

const contents = (content: ReportContent): Html =>
  html`<nav aria-label="${words.labels.contents}">
    ${heading(2, words.labels.contents)}
    <ol>
      <li>
        <a href="#findings">${words.partTitles.findings}</a>
        <ul>
          ${words.sectionsWithFindings(content).map(
            (section) =>
              html`<li>
                <a href="#${section.id}" dir="auto">${section.title}</a>
                <span class="soft">(${section.findings.length})</span>
              </li>`,
          )}
        </ul>
      </li>
      ${words.quietSections(content).length === 0 ? null : html`<li><a href="#quiet">${words.partTitles.quiet}</a></li>`}
      <li><a href="#notAnalysed">${words.partTitles.notAnalysed}</a></li>
      <li><a href="#models">${words.partTitles.models}</a></li>
      <li><a href="#method">${words.partTitles.method}</a></li>
    </ol>
  </nav>`;

function findings(content: ReportContent): readonly Html[] {
  const sections = words.sectionsWithFindings(content);
  if (sections.length === 0) return [html`<p>${words.noFindings}</p>`];
  let depth = 0;
  return sections.map((section) => {
    // Headings of documents skip levels; those of the page do not.
    depth = Math.min(section.level, depth + 1, 3);
    return foundSection(section, depth + 2);
  });
}

const foundSection = (section: ReportSection, level: number): Html =>
  html`<section id="${section.id}">
    ${heading(level, section.title)}
    <p class="soft">${words.sectionLine(section)}</p>
    ${section.summary === null ? null : html`<p dir="auto">${broken(section.summary)}</p>`}
    ${section.findings.map((finding) => htmlFinding(finding, level + 1))}
  </section>`;

const quietSection = (section: ReportSection): Html =>
  html`<section id="${section.id}">
    ${heading(3, section.title)}
    <p class="soft">${words.sectionLine(section)}</p>
    ${section.summary === null ? null : html`<p dir="auto">${broken(section.summary)}</p>`}
  </section>`;

function notAnalysed(content: ReportContent): readonly Html[] {
  const sections = words.unanalysedSections(content);
  if (sections.length === 0) return [html`<p>${words.everythingAnalysed}</p>`];
  return [
    html`<ul>
      ${sections.map((section) => html`<li><strong dir="auto">${section.title}</strong>: <span dir="auto">${words.reasonLine(section)}</span></li>`)}
    </ul>`,
  ];
}

function models(content: ReportContent): readonly Html[] {
  if (content.models.length === 0) return [html`<p>${words.noModels}</p>`];
  return [
    html`<div class="scroll">
        <table>
          <thead>
            <tr>
              ${words.modelColumns.map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${words.modelRows(content.models).map(
              ([name = '', ...cells]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  ${cells.map((cell) => html`<td>${cell}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="soft">${words.modelsNote}</p>`,
  ];
}
