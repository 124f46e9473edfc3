import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable, type BenchmarkOptions, type Result } from './support/result.ts';

/*
 * npm run bench: all benchmarks, or those that are named. Each brings up what it needs, and leaves nothing behind, however it ends.
 *
 *   npm run bench -- review --runs 5
 */

type Benchmark = {
  readonly what: string;
  /** Those without it are programs of their own, which print what they found. */
  readonly load?: () => Promise<{ run(options: BenchmarkOptions): Promise<Result> }>;
};

const benchmarks: Readonly<Record<string, Benchmark>> = {
  review: {
    what: 'a review end to end: first words, throughput, memory',
    load: () => import('./review.ts'),
  },
  realtime: {
    what: 'events to many watchers, beside other GraphQL servers',
    load: () => import('./realtime.ts'),
  },
  documents: {
    what: 'reading documents, beside other libraries',
    load: async () => ({ run: (await import('./documents.ts')).measureDocuments }),
  },
  annotate: {
    what: 'writing the findings of a review into the uploaded file',
    load: async () => ({ run: (await import('./annotate.ts')).measureAnnotation }),
  },
  reports: {
    what: 'a report of 300 findings as PDF and as Word document',
    load: async () => ({ run: (await import('./reports.ts')).measureReports }),
  },
  'admission-cost': { what: 'what the throttle costs per call of a model' },
  'fleet-simulation': { what: 'the throttle with a fleet of workers, in virtual time' },
};

async function main(): Promise<void> {
  const { chosen, runs } = readArguments();
  for (const name of chosen) {
    console.log(`\n## ${name}: ${benchmarks[name]?.what}\n\n${machine()}`);
    try {
      await runOne(name, runs);
    } catch (error) {
      // The others can be measured all the same.
      console.error(error);
      process.exitCode = 1;
    }
  }
}

function readArguments(): { chosen: readonly string[]; runs: number } {
  const options = { runs: { type: 'string', default: '3' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) fail('--runs must be a whole number from 1 on.');
  const unknown = positionals.find((name) => !(name in benchmarks));
  if (unknown !== undefined) fail(`There is no benchmark "${unknown}". There are:\n${list()}`);
  return { chosen: positionals.length > 0 ? positionals : Object.keys(benchmarks), runs };
}

async function runOne(name: string, runs: number): Promise<void> {
  const module = await benchmarks[name]?.load?.();
  if (!module) return runProgram(name);
  const { tables } = await module.run({ runs, say: (line) => console.error(line) });
  for (const table of tables) console.log(`\n${formatTable(table)}`);
}

async function runProgram(name: string): Promise<void> {
  const program = spawn(process.execPath, [join(import.meta.dirname, `${name}.js`)], { stdio: 'inherit' });
  const [code, signal] = (await once(program, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? `code ${code}`}.`);
}

/** What the figures depend on; a load of more than 0 says that other work was running. */
function machine(): string {
  const [load = 0] = loadavg();
  const memoryGb = (totalmem() / 1024 ** 3).toFixed(0);
  return `${availableParallelism()} cores, ${memoryGb} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}; load before the start ${load.toFixed(1)}`;
}

const list = (): string =>
  Object.entries(benchmarks)
    .map(([name, { what }]) => `  ${name.padEnd(18)} ${what}`)
    .join('\n');

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

await main();
