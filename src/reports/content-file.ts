import { readFile, writeFile } from 'node:fs/promises';
import type { ReportContent } from './report-content.ts';

/** A report's content on its way from the worker to the process that renders it. */
export const writeContent = (path: string, content: ReportContent): Promise<void> =>
  writeFile(path, JSON.stringify(content));

export const readContent = async (path: string): Promise<ReportContent> =>
  JSON.parse(await readFile(path, 'utf8'), revive) as ReportContent;

// Times are named so, and nothing else is; they come back as the dates they were.
const revive = (key: string, value: unknown): unknown =>
  typeof value === 'string' && (key === 'at' || key.endsWith('At')) ? new Date(value) : value;
