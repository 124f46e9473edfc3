import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { createDb, type Db } from '../src/db.ts';
import { runWhenParentDies } from '../src/embedded/parent-guard.ts';
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { migrate } from '../src/migrate.ts';
import { findPackageRoot } from '../src/package-root.ts';
import { createStatistics, readAll, type Figures } from '../src/services/statistics/statistics.ts';
import { cpuSecondsOfTree, requireProc } from './support/process-usage.ts';
import type { BenchmarkOptions, Result } from './support/result.ts';
import { measuredTenant, seeded, seedFindings } from './support/seed-findings.ts';
import { median } from './support/statistics.ts';

/*
 * What a read of the statistics takes with 100,000 findings, on the Postgres that `npm start` brings up. Beside it, in the same round, a
 * bare count(*) of the same rows, of all tables at once: what no read of them can be faster than. Where other work keeps the machine busy,
 * the CPU time that Postgres spends says more than the time that passes.
 */

const aimMs = 50;
const roundsPerRun = 15;
const caller = { tenantId: measuredTenant, actor: 'bench' };
const month = { since: new Date('2026-02-01T00:00:00Z'), until: new Date('2026-03-01T00:00:00Z') };
const sessionId = `ses_m${'42'.padStart(25, '0')}`;

/** Needs Linux. */
export async function run({ runs, say }: BenchmarkOptions): Promise<Result> {
  requireProc();
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  const dismiss = runWhenParentDies('sleep 20; rm -rf -- "$1"', [folder]);
  const postgres = await startEmbeddedPostgres({ dataDir: folder, onLog: () => undefined });
  try {
    const prisma = join(findPackageRoot(), 'prisma');
    await migrate({
      databaseUrl: postgres.url,
      migrationsDir: join(prisma, 'migrations'),
      schemaPath: join(prisma, 'schema.prisma'),
      onLog: () => undefined,
    });
    say('seeding, half a minute');
    await seedFindings(postgres.url);
    const db = createDb({ url: postgres.url, poolSize: 10 });
    const costs = await measure(db, postgres.pid, runs * roundsPerRun, say);
    await db.$disconnect();
    return { tables: [toTable(costs)] };
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
    dismiss();
  }
}

type Cost = { readonly wallMs: number[]; cpuMs: number };
type Costs = ReadonlyMap<string, Cost>;
const bareCount = 'bare count(*) of the same rows';

async function measure(db: Db, pid: number, rounds: number, say: (line: string) => void): Promise<Costs> {
  const statistics = createStatistics({ db, clock: systemClock });
  const everything = (): Promise<Figures> => readAll(statistics.of(caller, {}));
  const names = Object.keys(await everything()) as (keyof Figures)[];
  const subjects: Readonly<Record<string, () => Promise<unknown>>> = {
    [bareCount]: () => countAll(db),
    'tenant, every figure': everything,
    'tenant, 28 of 100 days': () => readAll(statistics.of(caller, month)),
    'one session, every figure': () =>
      Promise.all(names.map((name) => statistics.ofSessions(caller, name, [sessionId]))),
    ...Object.fromEntries(names.map((name) => [`tenant, ${name} alone`, () => statistics.of(caller, {})[name]()])),
  };
  const costs = new Map(Object.keys(subjects).map((name): [string, Cost] => [name, { wallMs: [], cpuMs: 0 }]));
  say(`measuring, ${rounds} rounds`);
  // The rounds before the first fill the caches and open the connections.
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, read] of Object.entries(subjects)) {
      const cpuBefore = await cpuSecondsOfTree(pid);
      const startedMs = performance.now();
      await read();
      const wallMs = performance.now() - startedMs;
      const cost = costs.get(name);
      if (round < 0 || !cost) continue;
      cost.wallMs.push(wallMs);
      cost.cpuMs += ((await cpuSecondsOfTree(pid)) - cpuBefore) * 1_000;
    }
  }
  return costs;
}

async function countAll(db: Db): Promise<void> {
  const { tenantId } = caller;
  const where = { where: { tenantId } };
  await Promise.all([
    db.feedback.count({ where: { tenantId, isCurrent: true } }),
    db.analysis.count(where),
    db.modelAttempt.count(where),
    db.chatMessage.count(where),
    db.document.count(where),
    db.section.count(where),
  ]);
}

function toTable(costs: Costs): Result['tables'][number] {
  const bare = costs.get(bareCount)?.wallMs ?? [];
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const { sessions, documentsPerSession, sectionsPerDocument, findingsPerAnalysis } = seeded;
  const findings = sessions * documentsPerSession * sectionsPerDocument * findingsPerAnalysis;
  return {
    title: `Statistics over ${findings.toLocaleString('en')} findings. Aim for the median: below ${aimMs} ms`,
    columns: ['read', 'median', 'least', 'to the bare count', 'CPU of Postgres'],
    rows: [...costs].map(([name, { wallMs, cpuMs }]) => [
      name,
      ms(median(wallMs)),
      ms(Math.min(...wallMs)),
      `${median(wallMs.map((value, round) => value / (bare[round] ?? value))).toFixed(2)}×`,
      ms(cpuMs / wallMs.length),
    ]),
  };
}
