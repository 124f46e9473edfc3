import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPdf } from '../../../src/documents/read-pdf.ts';
import { annotatePdf } from '../../../src/reports/annotate-pdf.ts';
import type { ReportContent } from '../../../src/reports/report-content.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { contentOf, type FindingDraft } from './annotated-content.ts';
import { readAnnotations } from './read-highlights.ts';

const read = (path: string) => readPdf({ path, filename: 'document.pdf' }, () => {});

/** Annotates a PDF and reads the result back. Whatever the findings, its text stays the same; otherwise it throws. */
export async function annotatePdfBytes(
  bytes: Uint8Array,
  findings: readonly FindingDraft[],
  overrides: Partial<ReportContent> = {},
) {
  const folder = await createTempFolder();
  const [path, annotatedPath] = [join(folder, 'original.pdf'), join(folder, 'annotated.pdf')];
  await writeFile(path, bytes);
  const document = await read(path);
  const annotated = await annotatePdf(path, contentOf(document, findings, overrides));
  await writeFile(annotatedPath, annotated);
  const again = await read(annotatedPath);
  if (JSON.stringify(again) !== JSON.stringify(document)) throw new Error('The annotated PDF has another text.');
  const annotations = await readAnnotations(annotated);
  const isAppended = Buffer.compare(annotated.subarray(0, bytes.length), bytes) === 0;
  return { annotated, annotatedPath, document, annotations, isAppended };
}
