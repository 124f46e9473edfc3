import { strFromU8, unzipSync } from 'fflate';
import papaparse from 'papaparse';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/reports/report-schema.ts';
import { contractDocx, contractMarkdown } from '../support/documents.ts';
import { minimalPdf } from '../support/minimal-pdf.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { fetchReport, generateReport, requestReport, statusesOf } from './reporting.ts';
import { analyzeAll, collect } from './reviewing.ts';

const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function openPdf(response: Response) {
  const pdf = await getDocument({ data: new Uint8Array(await response.arrayBuffer()), verbosity: 0 }).promise;
  const pages = await Promise.all(Array.from({ length: pdf.numPages }, (_, index) => pdf.getPage(index + 1)));
  const contents = await Promise.all(pages.map((page) => page.getTextContent()));
  const text = contents.flatMap(({ items }) => items.map((item) => ('str' in item ? item.str : ''))).join(' ');
  const annotations = (await Promise.all(pages.map((page) => page.getAnnotations()))).flat();
  return { text, annotations };
}

// A process is started for each report, which takes its time on a machine that is busy.
describe('a report of a reviewed document', { timeout: 90_000 }, () => {
  let prism: Prism;
  let session: string;
  let docx: string;
  let titles: string[];
  beforeAll(async () => {
    prism = await startPrism();
    session = await prism.createSession('Deal of the year');
    docx = await prism.uploadParsed(session, 'contract.docx', await contractDocx());
    await analyzeAll(prism, docx);
    await collect(prism.events('documentEvents', docx));
    const { document } = await prism.ask(
      'query($id: ID!) { document(id: $id) { feedback(filter: { meetsThreshold: true }) { nodes { id title } } } }',
      { id: docx },
    );
    titles = document.feedback.nodes.map(({ title }: { title: string }) => title);
    const [accepted, rejected] = document.feedback.nodes;
    const decide = `mutation($id: ID!, $status: FeedbackStatus!, $note: String) { decideFeedback(input: { ids: [$id], status: $status, note: $note }) { feedback { id } } }`;
    await prism.ask(decide, { id: accepted.id, status: 'ACCEPTED', note: 'Agreed with counsel.' });
    await prism.ask(decide, { id: rejected.id, status: 'REJECTED' });
  });
  afterAll(() => prism.close());

  it('is told from its request to its file, and the file comes under its name', async () => {
    const id = await requestReport(prism, docx, 'JSON');
    expect(await statusesOf(prism, id).then((statuses) => statuses.at(-1))).toBe('READY');
    expect(await statusesOf(prism, id)).toEqual(['READY']);
    const { report, node, document } = await prism.ask(
      `query($id: ID!, $document: ID!) {
        report(id: $id) { id status sizeBytes downloadUrl error { code } document { id filename } }
        node(id: $id) { ... on Report { format createdAt } }
        document(id: $document) { reports { id } session { activity(first: 1) { nodes { action subject detail } } } }
      }`,
      { id, document: docx },
    );
    expect(report).toMatchObject({ status: 'READY', error: null, document: { id: docx } });
    expect(node.format).toBe('JSON');
    expect(document.reports).toEqual([{ id }]);
    expect(document.session.activity.nodes).toEqual([{ action: 'report.requested', subject: id, detail: 'JSON' }]);
    const response = await fetch(report.downloadUrl);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-disposition')).toContain('filename="contract (review).json"');
    expect((await response.arrayBuffer()).byteLength).toBe(report.sizeBytes);
    expect(new URL(report.downloadUrl).search).not.toBe('');
  });

  it('says as JSON what the API says: findings, decisions, risk, and what was spent', async () => {
    const report = reportSchema.parse(await (await fetchReport(prism, docx, 'JSON')).json());
    const { document } = await prism.ask(
      `query($id: ID!) { document(id: $id) { risk sections { title latestAnalysis { usage { costUsd inputTokens } } }
        low: feedback(filter: { meetsThreshold: false }) { totalCount } } }`,
      { id: docx },
    );
    const findings = report.sections.flatMap((section) => section.findings);
    expect(findings.map(({ title }) => title).toSorted()).toEqual(titles.toSorted());
    expect(findings.map(({ number }) => number)).toEqual(findings.map((_, index) => index + 1));
    expect(findings.find(({ status }) => status === 'ACCEPTED')?.history).toMatchObject([
      { actor: 'local', status: 'ACCEPTED', note: 'Agreed with counsel.' },
    ]);
    expect(findings.some(({ status }) => status === 'REJECTED')).toBe(true);
    expect(report.belowThreshold).toBe(document.low.totalCount);
    expect(report.risk).toBe(document.risk);
    expect(report.isSimulated).toBe(true);
    expect(report.sessionTitle).toBe('Deal of the year');
    expect(report.sections.map(({ title }) => title)).toEqual(
      document.sections.map(({ title }: { title: string }) => title),
    );
    const usages = document.sections.map(({ latestAnalysis }: StreamedEvent) => latestAnalysis.usage);
    const spent = usages.reduce((sum: number, { costUsd }: { costUsd: number }) => sum + costUsd, 0);
    expect(report.models.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(spent, 6);
    expect(spent).toBeGreaterThan(0);
  });

  it('is a table as CSV, and a page as HTML', async () => {
    const csv = await fetchReport(prism, docx, 'CSV');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const { data } = papaparse.parse<{ title: string }>(await csv.text(), { header: true, skipEmptyLines: true });
    expect(data.map(({ title }) => title).toSorted()).toEqual(titles.toSorted());
    const html = await fetchReport(prism, docx, 'HTML');
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await html.text();
    for (const title of titles) expect(page).toContain(title);
  });

  it('is a Word document, and a PDF', async () => {
    const word = await fetchReport(prism, docx, 'DOCX');
    expect(word.headers.get('content-type')).toBe(docxType);
    const parts = unzipSync(new Uint8Array(await word.arrayBuffer()));
    const body = strFromU8(parts['word/document.xml'] ?? new Uint8Array());
    for (const title of titles) expect(body).toContain(title);
    const pdf = await fetchReport(prism, docx, 'PDF');
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    const { text } = await openPdf(pdf);
    for (const title of titles) expect(text.replaceAll(/\s+/g, ' ')).toContain(title.split(' ').slice(0, 3).join(' '));
  });

  it('is the uploaded Word document with a comment for each finding', async () => {
    const response = await fetchReport(prism, docx, 'ANNOTATED');
    expect(response.headers.get('content-type')).toBe(docxType);
    expect(response.headers.get('content-disposition')).toContain('filename="contract (annotated).docx"');
    const parts = unzipSync(new Uint8Array(await response.arrayBuffer()));
    const comments = strFromU8(parts['word/comments.xml'] ?? new Uint8Array());
    for (const title of titles) expect(comments).toContain(title);
    expect(strFromU8(parts['word/document.xml'] ?? new Uint8Array())).toContain('commentRangeStart');
  });

  it('is the uploaded PDF with a highlight for each finding', async () => {
    const id = await prism.uploadParsed(session, 'contract.pdf', await minimalPdf());
    await analyzeAll(prism, id);
    await collect(prism.events('documentEvents', id));
    const response = await fetchReport(prism, id, 'ANNOTATED');
    expect(response.headers.get('content-disposition')).toContain('filename="contract (annotated).pdf"');
    const { annotations, text } = await openPdf(response);
    expect(annotations.filter(({ subtype }) => subtype === 'Highlight').length).toBeGreaterThan(0);
    expect(text).toContain('liable without limitation');
  });

  it('of a document without any analysis says that nothing was analysed', async () => {
    const id = await prism.uploadParsed(session, 'fresh.md', contractMarkdown);
    const report = reportSchema.parse(await (await fetchReport(prism, id, 'JSON')).json());
    expect(report).toMatchObject({ risk: null, belowThreshold: 0, models: [] });
    expect(report.sections.map(({ state, reason }) => [state, reason])).toEqual(
      report.sections.map(() => ['NOT_STARTED', 'It was never sent to analysis.']),
    );
    expect(report.sections.length).toBe(3);
  });

  it('is made once for a key, however often it is asked for', async () => {
    const first = await requestReport(prism, docx, 'CSV', 'report-1');
    expect(await requestReport(prism, docx, 'CSV', 'report-1')).toBe(first);
    const other = await prism.query(generateReport, {
      input: { documentId: docx, format: 'HTML', idempotencyKey: 'report-1' },
    });
    expect(other.errors?.[0]?.extensions.code).toBe('CONFLICT');
    const rows = await prism.server.runtime.db.report.findMany({ where: { documentId: docx, format: 'CSV' } });
    expect(rows.map(({ id }) => id).filter((id) => id >= first)).toEqual([first]);
  });

  it('is refused with what to do instead', async () => {
    const refusal = async (documentId: string, format: string) =>
      (await prism.query(generateReport, { input: { documentId, format } })).errors?.[0];
    const text = await prism.uploadParsed(session, 'notes.md', '# Notes\n\nNothing much is said here.\n');
    const annotated = await refusal(text, 'ANNOTATED');
    expect(annotated?.extensions.code).toBe('BAD_USER_INPUT');
    expect(annotated?.message).toContain('DOCX and PDF can');
    expect((await refusal(docx.slice(0, -4) + '0000', 'PDF'))?.extensions.code).toBe('NOT_FOUND');
    expect((await refusal(session, 'PDF'))?.extensions.code).toBe('BAD_USER_INPUT');
    const { data } = await prism.upload(session, 'broken.pdf', '%PDF-1.7\nno more than this');
    await collect(prism.events('documentEvents', data.uploadDocument.document.id));
    expect((await refusal(data.uploadDocument.document.id, 'PDF'))?.extensions.code).toBe('CONFLICT');
    const unknown = docx.replace('doc_', 'rep_');
    expect(await prism.ask('query($id: ID!) { report(id: $id) { id } }', { id: unknown })).toEqual({ report: null });
    await expect(statusesOf(prism, unknown)).rejects.toThrow('There is no report');
  });
});
