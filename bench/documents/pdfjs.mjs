// pdf.js alone: the text runs of every page, in the order of the file, put together to nothing.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { report } from './report.mjs';

const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
const pdf = await getDocument({
  data: new Uint8Array(await readFile(process.argv[2])),
  cMapUrl: `${folder}/cmaps/`,
  cMapPacked: true,
  standardFontDataUrl: `${folder}/standard_fonts/`,
  verbosity: VerbosityLevel.ERRORS,
}).promise;
let characters = 0;
for (let number = 1; number <= pdf.numPages; number++) {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  for (const { str } of items) characters += str?.length ?? 0;
  page.cleanup();
}
report({ characters, headings: null });
