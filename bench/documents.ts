import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findPackageRoot } from '../src/package-root.ts';
import { ratioOver, runOnce, type Reading } from './documents/fresh-process.ts';
import { createJail } from './documents/in-jail.ts';
import { makeDocx } from './documents/make-docx.ts';
import { makePdf } from './documents/make-pdf.ts';
import { makeHtml, makeMarkdown } from './documents/make-text.ts';
import { requireProc } from './support/process-usage.ts';
import { formatTable, type BenchmarkOptions, type Result, type Table } from './support/result.ts';
import { median } from './support/statistics.ts';

/*
 * What it costs to read a document, next to the libraries that read the same formats.
 *
 *   fresh process  Node's start, loading the library, reading the file, ending. The contenders take turns, so that what else the machine
 *                  does meets all of them alike; a ratio is the median of the ratios of the rounds.
 *   in the jail    the product's own way: a warm child process reads the file, its sections come back over the process border. A new
 *                  child for each reading, and the same file a second time in it, as it is for most documents of a long-lived worker.
 */

const root = findPackageRoot(import.meta.dirname);
const samples = join(root, '..', 'shared', 'samples');

type Peer = 'mammoth' | 'officeparser' | 'unpdf' | 'pdfjs';
type Subject = { readonly name: string; readonly path: string; readonly peers: readonly Peer[] };
type Measured = Subject & {
  readonly sizeBytes: number;
  /** By reader, one for each round. */
  readonly fresh: ReadonlyMap<'own' | Peer, readonly Reading[]>;
  readonly first: readonly Reading[];
  readonly second: readonly Reading[];
};

/** Needs Linux, and the peers: `npm ci --prefix bench`. */
export async function measureDocuments({ runs, say }: BenchmarkOptions): Promise<Result> {
  requireProc();
  if (!existsSync(join(root, 'bench', 'node_modules')))
    throw new Error('The libraries to compare with are not installed. Run: npm ci --prefix bench');
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  try {
    const measured: Measured[] = [];
    for (const subject of await subjects(folder)) {
      say(`reading ${subject.name}`);
      measured.push(await measure(subject, runs, folder));
    }
    return { tables: [...measured.map(toTable), aims(measured)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function subjects(folder: string): Promise<readonly Subject[]> {
  const made = async (filename: string, bytes: Uint8Array | string): Promise<string> => {
    await writeFile(join(folder, filename), bytes);
    return join(folder, filename);
  };
  const handbook = join(samples, 'handbook-430-pages.docx');
  const agreement = join(samples, 'development-agreement.pdf');
  const docx: Omit<Subject, 'peers'> = existsSync(handbook)
    ? { name: 'DOCX of 430 pages', path: handbook }
    : { name: 'DOCX of about 430 pages, generated', path: await made('generated.docx', await makeDocx(1_250)) };
  const pdf: Omit<Subject, 'peers'> = existsSync(agreement)
    ? { name: 'PDF of 23 pages', path: agreement }
    : { name: 'PDF of 23 pages, generated', path: await made('23-pages.pdf', makePdf(23)) };
  const ofPdf: readonly Peer[] = ['pdfjs', 'unpdf', 'officeparser'];
  return [
    { ...docx, peers: ['mammoth', 'officeparser'] },
    { ...pdf, peers: ofPdf },
    { name: 'PDF of 350 pages, generated', path: await made('350-pages.pdf', makePdf(350)), peers: ofPdf },
    { name: 'HTML of 2 MB, generated', path: await made('large.html', makeHtml(2_000_000)), peers: ['officeparser'] },
    {
      name: 'Markdown of 0.4 MB, generated',
      path: await made('large.md', makeMarkdown(400_000)),
      peers: ['officeparser'],
    },
  ];
}

async function measure(subject: Subject, runs: number, folder: string): Promise<Measured> {
  const readers = ['own', ...subject.peers] as const;
  const fresh = new Map(readers.map((reader): [(typeof readers)[number], Reading[]] => [reader, []]));
  const [first, second]: [Reading[], Reading[]] = [[], []];
  // The round before the first brings the files and the libraries into the system's cache.
  for (let round = -1; round < runs; round += 1) {
    for (const reader of readers) {
      const reading = await runOnce(reader, subject.path);
      if (round >= 0) fresh.get(reader)?.push(reading);
    }
    const jail = await createJail(folder);
    try {
      const readings = [await jail.read(subject.path), await jail.read(subject.path)] as const;
      if (round >= 0) first.push(readings[0]);
      if (round >= 0) second.push(readings[1]);
    } finally {
      await jail.close();
    }
  }
  return { ...subject, sizeBytes: (await stat(subject.path)).size, fresh, first, second };
}

const columns = ['reader', 'time', 'CPU', 'memory', 'own is faster by', 'by CPU', 'characters', 'headings'];

function toTable({ name, path, sizeBytes, fresh, first, second }: Measured): Table {
  const own = fresh.get('own') ?? [];
  const row = (label: string, readings: readonly Reading[], ratios: readonly string[]): string[] => [
    label,
    milliseconds(median(readings.map(({ wallMs }) => wallMs))),
    milliseconds(median(readings.map(({ cpuMs }) => cpuMs))),
    `${median(readings.map(({ maxRssMb }) => maxRssMb)).toFixed(0)} MB`,
    ...ratios,
    readings[0]?.characters.toLocaleString('en') ?? '',
    readings[0]?.headings?.toLocaleString('en') ?? '–',
  ];
  const peers = [...fresh].filter(([reader]) => reader !== 'own');
  return {
    title: `${name} (${basename(path)}, ${(sizeBytes / 1_000_000).toFixed(2)} MB)`,
    columns,
    rows: [
      row('own, fresh process', own, ['', '']),
      ...peers.map(([reader, readings]) =>
        row(reader, readings, [times(ratioOver(readings, own, 'wallMs')), times(ratioOver(readings, own, 'cpuMs'))]),
      ),
      row('own, in the jail', first, ['', '']),
      row('own, in the jail again', second, ['', '']),
    ],
  };
}

const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** What was set out to be reached, and whether it was. */
function aims([docx, contract, book, html]: readonly Measured[]): Table {
  const inJail = (measured: Measured | undefined, what: 'wallMs' | 'maxRssMb') =>
    median(measured?.first.map((reading) => reading[what]) ?? []);
  const against = (measured: Measured | undefined, peer: Peer) =>
    ratioOver(measured?.fresh.get('own') ?? [], measured?.fresh.get(peer) ?? [], 'cpuMs');
  const most = (what: string, value: number, limit: number, format: (value: number) => string): string[] => [
    what,
    `at most ${format(limit)}`,
    format(value),
    value <= limit ? 'yes' : 'no',
  ];
  const mammoth = 1 / against(docx, 'mammoth');
  return {
    title: 'Aims',
    columns: ['what', 'aim', 'measured', 'reached'],
    rows: [
      most('DOCX in the jail', inJail(docx, 'wallMs'), 400, milliseconds),
      most('DOCX in the jail, memory', inJail(docx, 'maxRssMb'), 120, (mb) => `${mb.toFixed(0)} MB`),
      ['DOCX, faster than mammoth (CPU)', 'at least 4.00×', times(mammoth), mammoth >= 4 ? 'yes' : 'no'],
      most('PDF of 23 pages, of pdf.js (CPU)', against(contract, 'pdfjs'), 1.15, times),
      most('PDF of 350 pages, of pdf.js (CPU)', against(book, 'pdfjs'), 1.15, times),
      most('HTML in the jail', inJail(html, 'wallMs'), 200, milliseconds),
    ],
  };
}

if (process.argv[1] === import.meta.filename) {
  const { tables } = await measureDocuments({ runs: 7, say: (line) => console.error(line) });
  console.log(tables.map(formatTable).join('\n\n'));
}
