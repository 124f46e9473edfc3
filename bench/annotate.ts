import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPackageRoot } from '../src/package-root.ts';
import { makeContent } from './annotate/make-content.ts';
import { makeDocx } from './documents/make-docx.ts';
import { makePdf } from './documents/make-pdf.ts';
import { formatTable, type BenchmarkOptions, type Result } from './support/result.ts';
import { median } from './support/statistics.ts';

/*
 * What it costs to write the findings of a review into the uploaded file: 200 comments into a Word document of 430 pages, 100 highlights
 * into a PDF of 23. Each time in a fresh process, which reads the document again to know where its words stand.
 */

type Run = {
  /** Until the code is loaded. */
  readonly loadMs: number;
  readonly annotateMs: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
  readonly addedBytes: number;
};

type Subject = { readonly name: string; readonly path: string; readonly comments: number };

const root = findPackageRoot(import.meta.dirname);
const samples = join(root, '..', 'shared', 'samples');

export async function measureAnnotation({ runs, say }: BenchmarkOptions): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  try {
    const rows: string[][] = [];
    for (const subject of await subjects(folder)) {
      say(`annotating ${subject.name}`);
      rows.push(toRow(subject, await measure(subject, runs, folder)));
    }
    return { tables: [{ title: 'Annotating in a fresh process, medians', columns, rows }] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function subjects(folder: string): Promise<readonly Subject[]> {
  const real = { docx: join(samples, 'handbook-430-pages.docx'), pdf: join(samples, 'development-agreement.pdf') };
  if (existsSync(real.docx) && existsSync(real.pdf))
    return [
      { name: 'DOCX of 430 pages', path: real.docx, comments: 200 },
      { name: 'PDF of 23 pages', path: real.pdf, comments: 100 },
    ];
  const made = { docx: join(folder, 'generated.docx'), pdf: join(folder, 'generated.pdf') };
  await writeFile(made.docx, await makeDocx(1_250));
  await writeFile(made.pdf, makePdf(23));
  return [
    { name: 'DOCX of about 430 pages, generated', path: made.docx, comments: 200 },
    { name: 'PDF of 23 pages, generated', path: made.pdf, comments: 100 },
  ];
}

async function measure({ path, comments }: Subject, runs: number, folder: string): Promise<Run[]> {
  const contentPath = join(folder, 'content.json');
  await writeFile(contentPath, JSON.stringify(await makeContent(path, comments)));
  const script = join(root, 'bench', 'annotate', 'fresh.mjs');
  const measured: Run[] = [];
  // The run before the first brings the file and the code into the system's cache.
  for (let run = -1; run < runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [script, path, contentPath]);
    if (run >= 0) measured.push(JSON.parse(stdout) as Run);
  }
  return measured;
}

const columns = ['document', 'comments', 'loading', 'annotating', 'CPU in all', 'memory', 'added'];

function toRow({ name, comments }: Subject, runs: readonly Run[]): string[] {
  const of = (key: keyof Run): number => median(runs.map((run) => run[key]));
  const ms = (key: keyof Run): string => `${of(key).toFixed(0)} ms`;
  return [
    name,
    String(comments),
    ms('loadMs'),
    ms('annotateMs'),
    ms('cpuMs'),
    `${of('maxRssMb').toFixed(0)} MB`,
    `${(of('addedBytes') / 1000).toFixed(0)} kB`,
  ];
}

if (process.argv[1] === import.meta.filename) {
  const { tables } = await measureAnnotation({ runs: 7, say: (line) => console.error(line) });
  console.log(tables.map(formatTable).join('\n\n'));
}
