import { setTimeout as sleep } from 'node:timers/promises';
import { firstWordsTables, type Sample } from './support/first-words.ts';
import { startServers, type Servers, type System } from './support/installation.ts';
import { concurrency, measureLoad, parts, type Load } from './support/load.ts';
import { requireProc, residentMb } from './support/process-usage.ts';
import type { BenchmarkOptions, Result, Table } from './support/result.ts';
import { measureReviews, stages } from './support/review-words.ts';
import { overRuns } from './support/statistics.ts';

/*
 * The main job end to end, as a client sees it: how soon the first words of a review are there, how much goes through when no limit holds
 * it back, and what API and worker weigh at rest. Method and figures: README.md.
 */

/** Slow enough that an answer takes its time, fast enough that its first token is there at once. */
const quietTokensPerSecond = 2_000;
const loadTokensPerSecond = 1_000_000;
const restMs = 10_000;

const unlimited = {
  ANALYSIS_TASKS_PER_MINUTE: '1000000',
  MAX_REQUESTS_PER_MINUTE: '1000000',
  MAX_TOKENS_PER_MINUTE: '1000000000000',
  MAX_CONCURRENT_REQUESTS: '1000',
  WORKER_CONCURRENCY: String(concurrency),
};

type Memory = { readonly apiMb: number; readonly workerMb: number };
type Run = {
  readonly words: readonly Sample[];
  readonly load: Load;
  readonly memory: Readonly<Record<Moment, Memory>>;
};
type Moment = keyof typeof moments;

const moments = {
  started: '10 s after the start',
  quiet: '10 s after 110 sections, one at a time',
  loaded: '10 s after the load',
} as const;

export async function run({ runs, say }: BenchmarkOptions): Promise<Result> {
  requireProc();
  // The AWS SDK warns that its releases of 2027 will want Node 22; the version here is pinned.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const servers = await startServers();
  const done: Run[] = [];
  try {
    for (let number = 1; number <= runs; number += 1) {
      say(`run ${number} of ${runs}: first words, one section at a time`);
      const quiet = await withSystem(servers, quietTokensPerSecond, measureQuiet);
      say(`run ${number} of ${runs}: load, ${concurrency} documents at a time`);
      const loaded = await withSystem(servers, loadTokensPerSecond, async (system) => {
        const load = await measureLoad(servers, system);
        await sleep(restMs);
        return { load, memory: await memoryOf(system) };
      });
      const { started, after, words } = quiet;
      done.push({ words, load: loaded.load, memory: { started, quiet: after, loaded: loaded.memory } });
    }
  } finally {
    await servers.stop();
  }
  return {
    tables: [
      ...firstWordsTables(
        done.map(({ words }) => words),
        { title: 'First words', sent: 'analyzeSection', aim: '50, 150', stages },
      ),
      throughputTable(done),
      cpuTable(done),
      memoryTable(done),
    ],
  };
}

async function withSystem<T>(
  servers: Servers,
  tokensPerSecond: number,
  measure: (system: System) => Promise<T>,
): Promise<T> {
  const system = await servers.startSystem({ tokensPerSecond, settings: unlimited });
  try {
    return await measure(system);
  } finally {
    await system.stop();
  }
}

async function measureQuiet(system: System) {
  await sleep(restMs);
  const started = await memoryOf(system);
  const words = await measureReviews(system);
  await sleep(restMs);
  return { started, words, after: await memoryOf(system) };
}

const memoryOf = async (system: System): Promise<Memory> => ({
  apiMb: await residentMb(system.apiPid),
  workerMb: await residentMb(system.workerPid),
});

const ms = (value: number): string => value.toFixed(1);
const whole = (value: number): string => value.toFixed(0);

const throughputTable = (runs: readonly Run[]): Table => ({
  title: `Throughput with all rates lifted, ${concurrency} at once, ${runs[0]?.load.sections} sections a run`,
  columns: ['', 'documents/min', 'sections/min'],
  rows: [
    [
      'the whole system',
      overRuns(
        runs.map(({ load }) => load.documentsPerMinute),
        whole,
      ),
      overRuns(
        runs.map(({ load }) => load.sectionsPerMinute),
        whole,
      ),
    ],
    [
      'the simulator alone, asked with the AWS client',
      '',
      overRuns(
        runs.map(({ load }) => load.direct.sectionsPerMinute),
        whole,
      ),
    ],
    [
      'ratio',
      '',
      overRuns(
        runs.map(({ load }) => load.sectionsPerMinute / load.direct.sectionsPerMinute),
        (value) => value.toFixed(2),
      ),
    ],
  ],
});

const cpuTable = (runs: readonly Run[]): Table => ({
  title: 'CPU under that load, ms per section',
  columns: ['', 'the whole system', 'the simulator alone'],
  rows: parts.map((part) => [
    part,
    overRuns(
      runs.map(({ load }) => load.cpuMs[part]),
      ms,
    ),
    part === 'simulator' || part === 'client'
      ? overRuns(
          runs.map(({ load }) => load.direct.cpuMs[part]),
          ms,
        )
      : '',
  ]),
});

const memoryTable = (runs: readonly Run[]): Table => ({
  title: 'Memory at rest, resident MB of the process alone (aim: 150 each)',
  columns: ['', 'API', 'worker'],
  rows: Object.entries(moments).map(([moment, name]) => {
    const at = runs.map(({ memory }) => memory[moment as Moment]);
    return [
      name,
      overRuns(
        at.map(({ apiMb }) => apiMb),
        whole,
      ),
      overRuns(
        at.map(({ workerMb }) => workerMb),
        whole,
      ),
    ];
  }),
});
