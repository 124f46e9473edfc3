import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeContent } from '../src/reports/content-file.ts';
import { renderReport } from '../src/reports/render-report.ts';
import type { ReportContent, ReportFinding } from '../src/reports/report-content.ts';
import { createReportRenderer } from '../src/reports/report-renderer.ts';
import { formatTable, type BenchmarkOptions, type Result, type Table } from './support/result.ts';
import { median, overRuns } from './support/statistics.ts';

/*
 * What a report of 300 findings costs, from the moment its content is known until its file is there: in a process that is started for it,
 * as for the first report, and in one that has rendered such reports before, as for the next. Memory and CPU are those of a new process.
 */

type Format = 'PDF' | 'DOCX';
type Reading = {
  readonly freshMs: number;
  /** The second and the fourth report of one process. */
  readonly secondMs: number;
  readonly fourthMs: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
  readonly bytes: number;
};

const findingCount = 300;
const aimMs = 1_000;

export async function measureReports({ runs, say }: BenchmarkOptions): Promise<Result> {
  const formats: readonly Format[] = ['PDF', 'DOCX'];
  const readings = new Map(formats.map((format): [Format, Reading[]] => [format, []]));
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  try {
    // The round before the first brings the libraries into the system's cache.
    for (let round = -1; round < runs; round += 1) {
      for (const format of formats) {
        say(`rendering ${format}`);
        const reading = { ...(await measureJobs(format, folder)), ...(await renderInFreshProcess(format)) };
        if (round >= 0) readings.get(format)?.push(reading);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { tables: [toTable(readings), aims(readings.get('PDF') ?? [])] };
}

/** As a worker has them made. */
async function measureJobs(
  format: Format,
  folder: string,
): Promise<Pick<Reading, 'freshMs' | 'secondMs' | 'fourthMs'>> {
  const renderer = createReportRenderer({ heapMb: 512, rssLimitMb: 1_024 });
  const content = manyFindings(findingCount);
  const contentPath = join(folder, 'content');
  const command = { format, contentPath, originalPath: null, outputPath: join(folder, 'report') };
  const job = async (): Promise<number> => {
    const startMs = performance.now();
    await writeContent(contentPath, content);
    const { outcome } = await renderer.render(command, new AbortController().signal);
    if (outcome !== 'rendered') throw new Error(`The ${format} report was not rendered.`);
    return performance.now() - startMs;
  };
  try {
    const [freshMs, secondMs] = [await job(), await job()];
    await job();
    return { freshMs, secondMs, fourthMs: await job() };
  } finally {
    renderer.close();
  }
}

async function renderInFreshProcess(format: Format): Promise<Pick<Reading, 'cpuMs' | 'maxRssMb' | 'bytes'>> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, 'render', format]);
  return JSON.parse(stdout) as Pick<Reading, 'cpuMs' | 'maxRssMb' | 'bytes'>;
}

async function renderHere(format: Format): Promise<Pick<Reading, 'cpuMs' | 'maxRssMb' | 'bytes'>> {
  const bytes = await renderReport(format, manyFindings(findingCount), null);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuMs: (userCPUTime + systemCPUTime) / 1_000, maxRssMb: maxRSS / 1024, bytes: bytes.length };
}

function toTable(readings: ReadonlyMap<Format, readonly Reading[]>): Table {
  const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
  const rows = Array.from(readings, ([format, each]) => {
    const times = (key: 'freshMs' | 'secondMs' | 'fourthMs' | 'cpuMs'): string =>
      overRuns(
        each.map((reading) => reading[key]),
        milliseconds,
      );
    return [
      format,
      times('freshMs'),
      times('secondMs'),
      times('fourthMs'),
      times('cpuMs'),
      `${median(each.map(({ maxRssMb }) => maxRssMb)).toFixed(0)} MB`,
      `${((each[0]?.bytes ?? 0) / 1_000).toFixed(0)} kB`,
    ];
  });
  return {
    title: `A report of ${findingCount} findings`,
    columns: ['format', 'in a new process', 'the second in it', 'the fourth', 'CPU of a new one', 'memory', 'size'],
    rows,
  };
}

function aims(pdf: readonly Reading[]): Table {
  const toRow = (what: string, times: readonly number[]): string[] => {
    const measured = median(times);
    const isReached = measured <= aimMs ? 'yes' : 'no';
    return [what, `at most ${aimMs} ms`, `${measured.toFixed(0)} ms`, isReached];
  };
  return {
    title: 'Aims',
    columns: ['what', 'aim', 'measured', 'reached'],
    rows: [
      toRow(
        `PDF of ${findingCount} findings in a new process`,
        pdf.map(({ freshMs }) => freshMs),
      ),
      toRow(
        'the fourth in it',
        pdf.map(({ fourthMs }) => fourthMs),
      ),
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
        ? [
            {
              at: time,
              actor: 'ana@example.com',
              status: 'PENDING',
              note: `Asked counsel about number ${index + 1}.`,
              carriedOver: null,
            },
          ]
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
