import { fileURLToPath } from 'node:url';
import { measureAppends } from './realtime/append-cost.ts';
import { startContender, type Contender, type ContenderKey, type RunningContender } from './realtime/contenders.ts';
import { measureDelivery, shapes, type Delivery, type Shape, type ShapeKey } from './realtime/delivery.ts';
import { measureIdleSubscriptions } from './realtime/idle-subscriptions.ts';
import { createLab, type Lab } from './realtime/lab.ts';
import { planOf, wholePlan, type Plan } from './realtime/plan.ts';
import { startServices, type Services } from './realtime/services.ts';
import type { Source } from './realtime/senders.ts';
import { measureStalledReaders, type Stalled } from './realtime/stalled-readers.ts';
import { createSubjects } from './realtime/subjects.ts';
import { appendTable, deliveryTable, idleTable, missedAims, stalledTable } from './realtime/tables.ts';
import { requireProc } from './support/process-usage.ts';
import { formatTable, type BenchmarkOptions, type Result, type Table } from './support/result.ts';

/*
 * Bringing events to those who watch, beside a bare socket and three GraphQL servers as they come, on the same Redis, with the same client
 * and the same payload. Method and figures: realtime/README.md.
 *
 *   node dist/bench/realtime.js [--quick] [--runs 3] [--only shared-100,own-1000,stalled,idle,append] [--servers bare,prism]
 *                               [--short-ids] [--profile <folder>] [--check]
 */

export async function run({ runs, say }: BenchmarkOptions): Promise<Result> {
  const tables: Table[] = [];
  await measureAll({ ...wholePlan, runs }, { say, show: (table) => void tables.push(table) });
  return { tables };
}

type Audience = {
  /** What is being done, for a person who waits. */
  readonly say: (line: string) => void;
  /** Each table as soon as it is complete. */
  readonly show: (table: Table) => void;
};

/** Answers a line for each aim that is missed in CPU; times depend on the machine. */
async function measureAll(plan: Plan, audience: Audience): Promise<readonly string[]> {
  requireProc();
  audience.say('starting Redis and Postgres');
  const services = await startServices();
  const lab = createLab({ redisUrl: services.redisUrl, hasShortIds: plan.hasShortIds });
  try {
    const subjectCount = Math.max(1_000, plan.idle.sockets * plan.idle.subscriptionsPerSocket);
    const subjects = await createSubjects(services.databaseUrl, subjectCount);
    const bench: Bench = { plan, services, lab, subjects, ...audience };
    const missed = await deliveries(bench);
    await stalled(bench);
    await idle(bench);
    await appends(bench);
    return missed;
  } finally {
    await lab.stop();
    await services.stop();
  }
}

type Bench = Audience & {
  readonly plan: Plan;
  readonly services: Services;
  readonly lab: Lab;
  readonly subjects: readonly Source[];
};

/** All servers run all the time, and take turns at each load. */
async function deliveries(bench: Bench): Promise<readonly string[]> {
  const { plan, say, show, lab, subjects } = bench;
  const chosen = shapes.filter(({ key }) => plan.parts.includes(key));
  if (chosen.length === 0) return [];
  const measured = new Map<ShapeKey, Map<ContenderKey, Delivery[]>>();
  await withServers(bench, plan.servers, async (servers) => {
    for (let pass = 1; pass <= plan.runs; pass += 1)
      for (const shape of chosen)
        for (const server of servers) {
          say(`pass ${pass} of ${plan.runs}: ${shape.title.toLowerCase()}: ${server.name}`);
          const delivery = await measureDelivery(lab, server, { shape, subjects, ms: plan.windowMs });
          add(
            getOrAdd(measured, shape.key, () => new Map()),
            server.key,
            delivery,
          );
        }
  });
  const of = (shape: Shape) => measured.get(shape.key) ?? new Map<ContenderKey, Delivery[]>();
  for (const shape of chosen) show(deliveryTable(shape, plan.servers, of(shape)));
  return chosen.flatMap((shape) => missedAims(shape, of(shape)));
}

async function stalled(bench: Bench): Promise<void> {
  const { plan, say, show, lab, subjects } = bench;
  if (!plan.parts.includes('stalled')) return;
  const measured = new Map<ContenderKey, Stalled[]>();
  const times = { beforeMs: plan.stalledBeforeMs, stalledMs: plan.stalledMs };
  for (const contender of plan.servers) {
    say(`stalled readers: ${contender.name}`);
    const measure = async ([server]: readonly RunningContender[]): Promise<void> => {
      if (server) add(measured, server.key, await measureStalledReaders(lab, server, { subjects, ...times }));
    };
    // That one dies of it is a result.
    await withServers(bench, [contender], measure, () => undefined);
  }
  show(stalledTable(plan.servers, measured, plan.stalledMs));
}

async function idle(bench: Bench): Promise<void> {
  const { plan, say, show, lab, subjects } = bench;
  if (!plan.parts.includes('idle')) return;
  const measured = new Map<ContenderKey, number[]>();
  for (const contender of plan.servers) {
    say(`idle subscriptions: ${contender.name}`);
    await withServers(bench, [contender], async ([server]) => {
      if (server)
        add(measured, server.key, await measureIdleSubscriptions(lab, server, { subjects, layout: plan.idle }));
    });
  }
  show(idleTable(plan.servers, measured, plan.idle));
}

async function appends({ plan, say, show, services, subjects }: Bench): Promise<void> {
  const [source] = subjects;
  if (!plan.parts.includes('append') || !source) return;
  say('appending');
  show(appendTable(await measureAppends(services.redisUrl, source, plan.append)));
}

async function withServers(
  { plan, services }: Bench,
  which: readonly Contender[],
  use: (servers: readonly RunningContender[]) => Promise<void>,
  // Figures that were taken amid errors are none: they are shown.
  onTrouble: (line: string) => void = (line) => console.error(line.slice(0, 300)),
): Promise<void> {
  const servers: RunningContender[] = [];
  try {
    for (const contender of which)
      servers.push(await startContender(contender, services, { profileDir: plan.profileDir, onTrouble }));
    await use(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

const add = <K, V>(map: Map<K, V[]>, key: K, value: V): void => void getOrAdd(map, key, () => []).push(value);

async function main(): Promise<void> {
  const { plan, isCheck } = planOf(process.argv.slice(2));
  const audience: Audience = {
    say: (line) => console.error(line),
    show: (table) => console.log(`\n${formatTable(table)}`),
  };
  const missed = await measureAll(plan, audience);
  if (!isCheck || missed.length === 0) return;
  console.error(`\nMissed:\n${missed.join('\n')}`);
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
