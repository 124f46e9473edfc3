import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocx } from '../../../src/documents/read-docx.ts';
import { annotateDocx } from '../../../src/reports/annotate-docx.ts';
import type { ReportContent } from '../../../src/reports/report-content.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { contentOf, type FindingDraft } from './annotated-content.ts';
import { assertWellFormed, readComments, unpack } from './read-comments.ts';

const read = (path: string) => readDocx({ path, filename: 'document.docx' }, () => {});

/**
 * Annotates a document and reads the result back. Whatever the findings: the XML is well-formed, and the text and headings that the
 * project reads are those of the original; otherwise it throws.
 */
export async function annotateBytes(
  bytes: Uint8Array,
  findings: readonly FindingDraft[],
  overrides: Partial<ReportContent> = {},
) {
  const folder = await createTempFolder();
  const [path, annotatedPath] = [join(folder, 'original.docx'), join(folder, 'annotated.docx')];
  await writeFile(path, bytes);
  const document = await read(path);
  const annotated = await annotateDocx(path, contentOf(document, findings, overrides));
  await writeFile(annotatedPath, annotated);
  const again = await read(annotatedPath);
  if (again.text !== document.text) throw new Error('The annotated document has another text.');
  if (JSON.stringify(again.headings) !== JSON.stringify(document.headings)) throw new Error('It has other headings.');
  const parts = unpack(annotated);
  assertWellFormed(parts);
  const comments = readComments(parts);
  // The first new one is about the document as a whole.
  return { annotated, annotatedPath, document, original: unpack(bytes), parts, comments };
}
