import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExtractedDocument } from '../../src/documents/document-types.ts';
import { readDocx } from '../../src/documents/read-docx.ts';
import { renderDocx } from '../../src/reports/render-docx.ts';
import { renderPdf } from '../../src/reports/render-pdf.ts';
import { outlineOf, readPdfBytes } from '../documents/pdf-reader.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { sampleContent } from './support/sample-content.ts';

/** What a golden file holds of a report that is no text itself: its outline, then its text, as an upload of it would be read. */
const golden = (document: ExtractedDocument): string =>
  `${outlineOf(document).join('\n')}\n\n---\n\n${document.text.trimEnd()}\n`;

test('a Word report has the text and the headings of its golden file', async () => {
  const path = join(await createTempFolder(), 'report.docx');
  await writeFile(path, await renderDocx(sampleContent));
  const document = await readDocx({ path, filename: 'report.docx' }, () => undefined);
  await expect(golden(document)).toMatchFileSnapshot('golden/sample.docx.txt');
});

test('a PDF report has the text and the outline of its golden file', async () => {
  const document = await readPdfBytes(await renderPdf(sampleContent));
  await expect(golden(document)).toMatchFileSnapshot('golden/sample.pdf.txt');
});
