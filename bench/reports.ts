import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ReportContent, ReportFinding } from '../src/reports/report-content.ts';
import { formatTable, type BenchmarkOptions, type Result, type Table } from './support/result.ts';
import { median, overRuns } from './support/statistics.ts';

/*
 * What a report of 300 findings costs, in a process that does nothing else. Two times: that of rendering, loading the renderer and its
 * libraries included; and that of the whole process, with Node's start.
 */

type Format = 'pdf' | 'docx';
type Reading = {
  readonly renderMs: number;
  readonly processMs: number;
  readonly maxRssMb: number;
  readonly bytes: number;
};

const findingCount = 300;
const aimMs = 1_000;

export async function measureReports({ runs, say }: BenchmarkOptions): Promise<Result> {
  const formats: readonly Format[] = ['pdf', 'docx'];
  const readings = new Map(formats.map((format): [Format, Reading[]] => [format, []]));
  // The round before the first brings the libraries into the system's cache.
  for (let round = -1; round < runs; round += 1) {
    for (const format of formats) {
      say(`rendering ${format}`);
      const reading = await renderInFreshProcess(format);
      if (round >= 0) readings.get(format)?.push(reading);
    }
  }
  return { tables: [toTable(readings), aims(readings.get('pdf') ?? [])] };
}

async function renderInFreshProcess(format: Format): Promise<Reading> {
  const startMs = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, 'render', format]);
  return { ...(JSON.parse(stdout) as Omit<Reading, 'processMs'>), processMs: performance.now() - startMs };
}

async function renderHere(format: Format): Promise<Omit<Reading, 'processMs'>> {
  const content = manyFindings(findingCount);
  const startMs = performance.now();
  const bytes =
    format === 'pdf'
      ? await (await import('../src/reports/render-pdf.ts')).renderPdf(content)
      : await (await import('../src/reports/render-docx.ts')).renderDocx(content);
  return {
    renderMs: performance.now() - startMs,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    bytes: bytes.length,
  };
}

function toTable(readings: ReadonlyMap<Format, readonly Reading[]>): Table {
  const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
  const rows = Array.from(readings, ([format, each]) => [
    format.toUpperCase(),
    overRuns(
      each.map(({ renderMs }) => renderMs),
      milliseconds,
    ),
    overRuns(
      each.map(({ processMs }) => processMs),
      milliseconds,
    ),
    `${median(each.map(({ maxRssMb }) => maxRssMb)).toFixed(0)} MB`,
    `${((each[0]?.bytes ?? 0) / 1_000).toFixed(0)} kB`,
  ]);
  return {
    title: `A report of ${findingCount} findings`,
    columns: ['format', 'rendering', 'whole process', 'memory', 'size'],
    rows,
  };
}

function aims(pdf: readonly Reading[]): Table {
  const measured = median(pdf.map(({ renderMs }) => renderMs));
  return {
    title: 'Aims',
    columns: ['what', 'aim', 'measured', 'reached'],
    rows: [
      [
        `PDF of ${findingCount} findings`,
        `at most ${aimMs} ms`,
        `${measured.toFixed(0)} ms`,
        measured <= aimMs ? 'yes' : 'no',
      ],
    ],
  };
}

/** A review of 50 sections, its findings as long as those of real reviews and all of them different. */
function manyFindings(count: number): ReportContent {
  const sectionCount = 50;
  const time = new Date(Date.UTC(2026, 0, 1));
  const finding = (index: number): ReportFinding => ({
    id: `fbk_${index}`,
    number: index + 1,
    source: 'MODEL',
    kind: index % 3 === 0 ? 'GAP' : 'RISK',
    category: 'liability',
    risk: (['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const)[index % 4] ?? 'LOW',
    title: `Obligation ${index + 1} has no limit in time or amount`,
    detail:
      `Clause ${index + 1} obliges the customer to pay whatever the supplier’s affiliates in Łódź or Zürich invoice. Neither a ceiling of ${index * 1_000} EUR nor a period of ${index + 2} days is agreed, and the customer cannot contest what it is billed for. `.repeat(
        2,
      ),
    recommendation: `Limit obligation ${index + 1} to the fees of ${(index % 12) + 1} months and let it end with the agreement.`,
    questions: [`Who accepts invoice ${index + 1}, and within how many days?`],
    confidence: 0.8 + (index % 20) / 100,
    status: 'PENDING',
    evidence: [
      {
        quote: `The Customer shall pay any amount invoiced under clause ${index + 1}`,
        startOffset: index,
        endOffset: index + 60,
        page: index % 90,
        verified: true,
      },
    ],
    checks: [{ ref: 'contract.liability', title: 'Liability is limited on both sides' }],
    otherPlaces: [],
    history:
      index % 5 === 0
        ? [{ at: time, actor: 'ana@example.com', status: 'PENDING', note: `Asked counsel about number ${index + 1}.` }]
        : [],
    createdAt: time,
  });
  const findings = Array.from({ length: count }, (_, index) => finding(index));
  const perSection = count / sectionCount;
  return {
    generatedAt: time,
    version: '0.0.0',
    isSimulated: false,
    sessionTitle: 'Benchmark',
    document: {
      id: 'doc_1',
      filename: 'agreement.pdf',
      format: 'PDF',
      sizeBytes: 1_000_000,
      sha256: '0'.repeat(64),
      pageCount: 90,
      wordCount: 40_000,
      uploadedAt: time,
    },
    playbook: { name: 'Contract review', description: 'What a contract must say.' },
    threshold: 0.8,
    belowThreshold: 0,
    risk: 'CRITICAL',
    sections: Array.from({ length: sectionCount }, (_, index) => ({
      id: `sec_${index}`,
      title: `${index + 1} Duties of the parties, part ${index + 1}`,
      level: 1,
      pageStart: index + 1,
      state: 'COMPLETED',
      reason: null,
      summary: 'The customer owes much and is owed little.',
      risk: 'HIGH',
      confidence: 0.9,
      modelName: 'Claude Sonnet 4.5',
      findings: findings.slice(index * perSection, (index + 1) * perSection),
    })),
    models: [],
  };
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === 'render') console.log(JSON.stringify(await renderHere(process.argv[3] as Format)));
  else console.log((await measureReports({ runs: 7, say: () => {} })).tables.map(formatTable).join('\n\n'));
}
