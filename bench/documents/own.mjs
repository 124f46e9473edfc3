// The project's reader outside of its jail: a fresh process that does nothing else.
import { parseDocument } from '../../dist/src/documents/parse-document.js';
import { report } from './report.mjs';

const path = process.argv[2];
let headings = 0;
const { sections } = await parseDocument({ path, filename: path }, ({ sectionsFound }) => (headings = sectionsFound));
report({ characters: sections.at(-1).endOffset, headings });
