// Annotates a document in a fresh process that does nothing else: node fresh.mjs DOCUMENT CONTENT, with a report's content as JSON.
import { readFile } from 'node:fs/promises';

const [path, contentPath] = process.argv.slice(2);
const dates = new Set(['generatedAt', 'uploadedAt', 'createdAt', 'at']);
const content = JSON.parse(await readFile(contentPath, 'utf8'), (key, value) =>
  dates.has(key) ? new Date(value) : value,
);
const startMs = performance.now();
const annotate =
  content.document.format === 'DOCX'
    ? (await import('../../dist/src/reports/annotate-docx.js')).annotateDocx
    : (await import('../../dist/src/reports/annotate-pdf.js')).annotatePdf;
const loadedMs = performance.now();
const bytes = await annotate(path, content);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({
    loadMs: loadedMs - startMs,
    annotateMs: performance.now() - loadedMs,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    maxRssMb: maxRSS / 1024,
    addedBytes: bytes.length - content.document.sizeBytes,
  }),
);
