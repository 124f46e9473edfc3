import { readFile } from 'node:fs/promises';
import { extractText, getDocumentProxy } from 'unpdf';
import { report } from './report.mjs';

const pdf = await getDocumentProxy(new Uint8Array(await readFile(process.argv[2])));
const { text } = await extractText(pdf, { mergePages: true });
report({ characters: text.length, headings: null });
