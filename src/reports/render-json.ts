import type { ReportContent } from './report-content.ts';
import { reportSchemaId } from './report-schema.ts';
import { methodParagraphs } from './report-words.ts';

/** For programs: all that a report says, in the form of docs/report.schema.json. */
export const renderJson = (content: ReportContent): string =>
  `${JSON.stringify({ $schema: reportSchemaId, ...content, method: methodParagraphs(content) }, null, 2)}\n`;
