import { Document, Footer, Packer, PageBreak, PageNumber, Paragraph, TableOfContents, TextRun, type Table } from 'docx';
import { unzipSync, zipSync } from 'fflate';
import { heading, line, paragraph, prose, riskBadge, run, table } from './docx-blocks.ts';
import { directContents } from './docx-contents.ts';
import { findingBlocks } from './docx-finding.ts';
import { faint, numbering, styles } from './docx-style.ts';
import { toLine } from './printable.ts';
import type { ReportContent } from './report-content.ts';
import * as words from './report-words.ts';
import { countsByRisk, riskText } from './risk-words.ts';

type Block = Paragraph | Table | TableOfContents;

/**
 * The report as a Word document: real headings, a table of contents that Word can update, no macros, nothing that is fetched from
 * elsewhere. The same content gives the same bytes.
 */
export async function renderDocx(content: ReportContent): Promise<Uint8Array> {
  const file = new Document({
    title: toLine(words.reportTitle(content)),
    creator: `AI-Prism ${content.version}`,
    lastModifiedBy: `AI-Prism ${content.version}`,
    styles,
    numbering,
    sections: [{ properties: { titlePage: true }, footers: { default: footer() }, children: blocks(content) }],
  });
  return withOwnEdits(await Packer.toBuffer(file), content.generatedAt);
}

const blocks = (content: ReportContent): Block[] => [
  ...cover(content),
  paragraph({ style: 'ContentsTitle', pageBreakBefore: true }, run(words.labels.contents)),
  // Only a word processor knows the pages. Links without numbers until its user updates the table: a field that is marked as out of date
  // makes Word greet the reader with a warning.
  new TableOfContents(words.labels.contents, {
    hyperlink: true,
    headingStyleRange: '1-2',
    beginDirty: false,
    tabLeader: 'none',
  }),
  new Paragraph({ children: [new PageBreak()] }),
  heading(1, words.partTitles.findings),
  ...findings(content),
  heading(1, words.partTitles.quiet),
  ...quiet(content),
  heading(1, words.partTitles.notAnalysed),
  ...notAnalysed(content),
  heading(1, words.partTitles.models),
  ...models(content),
  heading(1, words.partTitles.method),
  ...words.methodParagraphs(content).flatMap((text) => prose(text)),
];

function cover(content: ReportContent): Block[] {
  const { risk } = content;
  const twoColumns = { widths: [1, 3] };
  return [
    paragraph({ heading: 'Title' }, run(words.reportTitle(content))),
    ...(content.isSimulated ? [line('Notice', run(words.simulatedNotice))] : []),
    line('Notice', run(`${words.labels.overall}: `), risk === null ? run(riskText(content)) : riskBadge(risk)),
    ...prose(words.extentSentence(content)),
    table(words.coverFacts(content), twoColumns),
    line('Label', run(words.labels.byRisk)),
    table(countsByRisk(content), twoColumns),
    line('Label', run(words.labels.byStatus)),
    table(words.countsByStatus(content), twoColumns),
  ];
}

function findings(content: ReportContent): Block[] {
  const sections = words.sectionsWithFindings(content);
  if (sections.length === 0) return prose(words.noFindings);
  return sections.flatMap((section) => [
    heading(2, section.title),
    ...(words.sectionLine(section) === '' ? [] : [line('Facts', run(words.sectionLine(section)))]),
    ...prose(section.summary ?? ''),
    ...section.findings.flatMap(findingBlocks),
  ]);
}

const quiet = (content: ReportContent): Block[] => {
  const sections = words.quietSections(content);
  if (sections.length === 0) return prose(words.labels.none);
  return sections.map(({ title, summary }) =>
    paragraph({}, run(title, { bold: true }), run(summary === null ? '' : `: ${summary}`)),
  );
};

function notAnalysed(content: ReportContent): Block[] {
  const sections = words.unanalysedSections(content);
  if (sections.length === 0) return prose(words.everythingAnalysed);
  const rows = sections.map((section) => [section.title, words.reasonLine(section)]);
  return [table(rows, { widths: [2, 3], columns: [words.labels.section, words.labels.why] })];
}

function models({ models }: ReportContent): Block[] {
  if (models.length === 0) return prose(words.noModels);
  return [
    table(words.modelRows(models), {
      widths: [26, 9, 13, 13, 13, 13, 13],
      columns: words.modelColumns,
      isNumeric: true,
      hasTotal: models.length > 1,
    }),
    line('Facts', run(words.modelsNote)),
  ];
}

const footer = (): Footer =>
  new Footer({
    children: [
      new Paragraph({
        alignment: 'center',
        children: [
          new TextRun({ children: [PageNumber.CURRENT, ' / ', PageNumber.TOTAL_PAGES], size: 18, color: faint }),
        ],
      }),
    ],
  });

/**
 * The library writes the time of the call into the properties and into each entry of the archive, numbers bookmarks on from those of the
 * documents before, and does not say in which direction the table of contents reads.
 */
function withOwnEdits(bytes: Uint8Array, time: Date): Uint8Array {
  const parts = unzipSync(bytes);
  const change = (name: string, edit: (xml: string) => string): void => {
    const part = parts[name];
    if (!part) throw new Error(`The Word document has no ${name}.`);
    parts[name] = new TextEncoder().encode(edit(new TextDecoder().decode(part)));
  };
  change('docProps/core.xml', (xml) =>
    xml.replaceAll(/(<dcterms:(?:created|modified)[^>]*>)[^<]*/g, `$1${time.toISOString()}`),
  );
  const numbers = new Map<string, number>();
  const numberOf = (bookmark: string): number => {
    const number = numbers.get(bookmark) ?? numbers.size + 1;
    numbers.set(bookmark, number);
    return number;
  };
  // Only in tags and field codes: a finding's text may say the same.
  change('word/document.xml', (xml) =>
    directContents(xml).replaceAll(
      /<w:(?:hyperlink|bookmarkStart|bookmarkEnd|fldChar)\b[^>]*>|<w:instrText[^>]*>[^<]*/g,
      (tag) =>
        tag
          .replace(' w:dirty="true"', '')
          .replace(/_Toc\d+/, (name) => `_Toc${numberOf(name)}`)
          .replace(/ w:id="(\d+)"/, (_, id: string) => ` w:id="${numberOf(`_Toc${id}`)}"`),
    ),
  );
  // A date in local time, as archives hold it: the same everywhere.
  return zipSync(parts, { mtime: new Date(1980, 0, 1) });
}
