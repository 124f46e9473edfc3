import { extname } from 'node:path';
import type { ReportContent } from './report-content.ts';

export type ReportFormat = 'DOCX' | 'PDF' | 'HTML' | 'JSON' | 'CSV' | 'ANNOTATED';

/** Those that take the least time and memory, for whoever asked for one that takes too much. */
export const lightFormats: readonly ReportFormat[] = ['JSON', 'CSV'];

/** Of an uploaded file: those that have room for comments on their words. */
export const annotatedFormats: readonly ReportContent['document']['format'][] = ['DOCX', 'PDF'];

const mediaTypes: Readonly<Record<string, string>> = {
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.pdf': 'application/pdf',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.csv': 'text/csv; charset=utf-8',
};

/** Under which name a report is offered; its ending is that of what it is. */
export function reportFilename(format: ReportFormat, document: { filename: string; format: string }): string {
  const base = document.filename.slice(0, document.filename.length - extname(document.filename).length) || 'document';
  return format === 'ANNOTATED'
    ? `${base} (annotated).${document.format.toLowerCase()}`
    : `${base} (review).${format.toLowerCase()}`;
}

/** Of a report by its name. */
export const mediaTypeOf = (filename: string): string => mediaTypes[extname(filename)] ?? 'application/octet-stream';
