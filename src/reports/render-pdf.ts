import PdfKit from 'pdfkit';
import { createOutline } from './pdf-outline.ts';
import { label, line, prose, riskBadge, span, table } from './pdf-blocks.ts';
import { reserveContents } from './pdf-contents.ts';
import { findingBody } from './pdf-finding.ts';
import { prepareFonts } from './pdf-fonts.ts';
import { createPage, type Element, type Page, type Pdf } from './pdf-page.ts';
import { sheet, textWidth, type } from './pdf-style.ts';
import { toLine } from './printable.ts';
import type { ReportContent } from './report-content.ts';
import * as words from './report-words.ts';
import { countsByRisk, riskText } from './risk-words.ts';

/**
 * The report as a PDF that is read aloud in order: tagged, with language, title, bookmarks and a contents page of links; its fonts are
 * inside. The same content gives the same bytes.
 */
export async function renderPdf(content: ReportContent): Promise<Uint8Array> {
  const pdf = createDocument(content);
  const bytes = collect(pdf);
  const fonts = await prepareFonts(textsOf(content), (name, font) => pdf.registerFont(name, font));
  const page = createPage(pdf, fonts);
  const root = pdf.struct('Document');
  pdf.addStructure(root);

  writeCover(page, root, content);
  const fillContents = reserveContents(
    page,
    root,
    Object.keys(words.partTitles).length + words.sectionsWithFindings(content).length,
  );
  const outline = createOutline(page, root);
  page.newPage();
  writeFindings(page, root, outline, content);
  outline.part(words.partTitles.quiet);
  writeQuiet(page, root, content);
  outline.part(words.partTitles.notAnalysed);
  writeUnanalysed(page, root, content);
  outline.part(words.partTitles.models);
  writeModels(page, root, content);
  outline.part(words.partTitles.method);
  for (const text of words.methodParagraphs(content)) prose(page, root, text);

  fillContents(outline.entries);
  root.end();
  writeFooters(page, content);
  pdf.end();
  return bytes;
}

/** Each by itself, as it is printed: a mark that begins one is not composed with what stands before it. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [toLine(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

const createDocument = (content: ReportContent): Pdf =>
  new PdfKit({
    size: [sheet.width, sheet.height],
    margin: 0,
    pdfVersion: '1.7',
    tagged: true,
    lang: 'en',
    displayTitle: true,
    bufferPages: true,
    // Otherwise the built-in one would be there, unembedded.
    font: '',
    info: {
      Title: toLine(words.reportTitle(content)),
      Producer: `AI-Prism ${content.version}`,
      Creator: `AI-Prism ${content.version}`,
      CreationDate: content.generatedAt,
    },
  });

async function collect(pdf: Pdf): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of pdf) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function writeCover(page: Page, root: Element, content: ReportContent): void {
  const { risk } = content;
  const twoColumns = { widths: [1, 3] };
  page.y = 150;
  page.write(root, 'Title', [[span(words.reportTitle(content), type.title)]], { after: 14 });
  if (content.isSimulated) line(page, root, [span(words.simulatedNotice, type.strong)], { after: 10 });
  line(page, root, [
    span(`${words.labels.overall}: `, type.strong),
    risk === null ? span(riskText(content), type.strong) : riskBadge(risk),
  ]);
  prose(page, root, words.extentSentence(content), { after: 12 });
  table(page, root, words.coverFacts(content), twoColumns);
  label(page, root, words.labels.byRisk);
  table(page, root, countsByRisk(content), twoColumns);
  label(page, root, words.labels.byStatus);
  table(page, root, words.countsByStatus(content), twoColumns);
}

function writeFindings(
  page: Page,
  root: Element,
  outline: ReturnType<typeof createOutline>,
  content: ReportContent,
): void {
  outline.part(words.partTitles.findings);
  const sections = words.sectionsWithFindings(content);
  if (sections.length === 0) prose(page, root, words.noFindings);
  for (const section of sections) {
    outline.section(section.title);
    line(page, root, [span(words.sectionLine(section), type.small)]);
    prose(page, root, section.summary ?? '');
    for (const finding of section.findings) {
      outline.finding(words.findingTitle(finding));
      findingBody(page, root, finding);
    }
  }
}

function writeQuiet(page: Page, root: Element, content: ReportContent): void {
  const sections = words.quietSections(content);
  if (sections.length === 0) prose(page, root, words.labels.none);
  for (const { title, summary } of sections) {
    line(page, root, [span(title, type.strong), span(summary === null ? '' : `: ${summary}`)]);
  }
}

function writeUnanalysed(page: Page, root: Element, content: ReportContent): void {
  const sections = words.unanalysedSections(content);
  if (sections.length === 0) prose(page, root, words.everythingAnalysed);
  for (const section of sections) {
    line(page, root, [span(section.title, type.strong), span(`: ${words.reasonLine(section)}`)]);
  }
}

function writeModels(page: Page, root: Element, { models }: ReportContent): void {
  if (models.length === 0) return prose(page, root, words.noModels);
  table(page, root, words.modelRows(models), {
    widths: [26, 9, 13, 13, 13, 13, 13],
    columns: words.modelColumns,
    isNumeric: true,
    hasTotal: models.length > 1,
  });
  line(page, root, [span(words.modelsNote, type.small)]);
}

/** On every page but the first, and not part of what is read aloud. */
function writeFooters({ pdf, set, drawLine }: Page, content: ReportContent): void {
  const { count } = pdf.bufferedPageRange();
  const [name] = set([[span(words.reportTitle(content), type.small)]], textWidth - 80);
  for (let index = 1; index < count; index += 1) {
    pdf.switchToPage(index);
    pdf.markContent('Artifact', { type: 'Pagination' });
    const [number] = set([[span(`${index + 1} / ${count}`, type.small)]], 80);
    const y = sheet.height - sheet.bottom + 26;
    if (name) drawLine(name, sheet.left, y, name.width);
    if (number) drawLine(number, sheet.left + textWidth - number.width, y, number.width);
    pdf.endMarkedContent();
  }
}
