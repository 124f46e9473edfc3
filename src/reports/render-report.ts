import type { ReportContent } from './report-content.ts';
import type { ReportFormat } from './report-file.ts';

/**
 * A report's bytes. ANNOTATED works on the uploaded file at `originalPath`. Renderers are loaded when they are needed: together they take
 * more memory and time to start than most reports do.
 */
export async function renderReport(
  format: ReportFormat,
  content: ReportContent,
  originalPath: string | null,
): Promise<Uint8Array | string> {
  switch (format) {
    case 'JSON':
      return (await import('./render-json.ts')).renderJson(content);
    case 'CSV':
      return (await import('./render-csv.ts')).renderCsv(content);
    case 'HTML':
      return (await import('./render-html.ts')).renderHtml(content);
    case 'DOCX':
      return (await import('./render-docx.ts')).renderDocx(content);
    case 'PDF':
      return (await import('./render-pdf.ts')).renderPdf(content);
    case 'ANNOTATED':
      return annotate(content, originalPath ?? '');
  }
}

async function annotate(content: ReportContent, originalPath: string): Promise<Uint8Array> {
  return content.document.format === 'PDF'
    ? (await import('./annotate-pdf.ts')).annotatePdf(originalPath, content)
    : (await import('./annotate-docx.ts')).annotateDocx(originalPath, content);
}
