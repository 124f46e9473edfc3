import type { Candidate, InvocationResult, Lease } from '../src/throttle/admission-port.ts';
import { createMemoryAdmission } from '../src/throttle/memory-admission.ts';
import { estimateRemainingMs } from '../src/throttle/remaining-estimate.ts';
import type { ThrottleLimits } from '../src/throttle/throttle-limits.ts';
import { defaultThrottleLimits, windowMs } from '../src/throttle/throttle-limits.ts';
import type { World } from './virtual-time.ts';
import { createWorld } from './virtual-time.ts';

/*
 * A fleet of workers on one admission, in virtual time: 10,000 jobs a scenario, seeded, so that every run prints the same.
 *
 *   npm run build && node dist/bench/fleet-simulation.js
 *
 *   utilisation  invocations per time, of what an oracle makes of the same jobs: one queue, first come first served, that lets each job through
 *                in the very millisecond in which the limits have room for it, in a fleet without faults
 *   overshoot    by how much any 60 s held more invocations or tokens (debts apart) than allowed, and any moment more calls
 *   wait         from a job's first question to its admission
 *   Jain         fairness between the workers' slots, 1 = all got the same number of admissions
 *   estimate     error of the remaining time as foreseen at a quarter, half and three quarters of the jobs, of what it really took
 */
type Scenario = {
  readonly name: string;
  readonly workers: number;
  readonly limits?: Partial<ThrottleLimits>;
  readonly job: JobShape;
  readonly faults: Faults;
};
type JobShape = {
  readonly meanMs: number;
  readonly inputTokens: number;
  readonly maxTokens: number;
  readonly outputTokens: number;
};
type Faults = {
  readonly throttled: number;
  readonly failed: number;
  readonly crashed: number;
  readonly hasOutage: boolean;
};

type Job = {
  readonly id: number;
  readonly isChat: boolean;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

const jobCount = 10_000;
const slotsPerWorker = 4;
const burndown = 5;
const none: Faults = { throttled: 0, failed: 0, crashed: 0, hasOutage: false };
const short: JobShape = { meanMs: 6_000, inputTokens: 1_200, maxTokens: 1_500, outputTokens: 300 };
const wordy: JobShape = { meanMs: 8_000, inputTokens: 4_000, maxTokens: 8_192, outputTokens: 1_300 };
const slow: JobShape = { meanMs: 22_000, inputTokens: 1_200, maxTokens: 1_500, outputTokens: 300 };

const scenarios: readonly Scenario[] = [
  ...[1, 50].map((workers) => ({ name: 'requests short', workers, job: short, faults: none })),
  ...[1, 10].map((workers) => ({ name: 'tokens short', workers, job: wordy, faults: none })),
  ...[10].map((workers) => ({ name: 'places short', workers, job: slow, faults: none })),
  ...[5, 50].map((workers) => ({
    name: 'requests short, faults',
    workers,
    job: short,
    faults: { throttled: 0.02, failed: 0.02, crashed: 0.01, hasOutage: true },
  })),
];

const chain: readonly { modelKey: string; region: string }[] = ['sonnet-4.5', 'sonnet-4.6'].flatMap((modelKey) =>
  ['us-east-2', 'us-west-2'].map((region) => ({ modelKey, region })),
);
/** Of the first region, in ms from the start. */
const outage = { fromMs: 3_600_000, untilMs: 5_400_000 };

function makeJobs(shape: JobShape, random: () => number): Job[] {
  const spread = (mean: number): number => Math.max(1, Math.round(mean * (0.4 + random() * 1.2)));
  return Array.from({ length: jobCount }, (_, id) => ({
    id,
    isChat: random() < 0.1,
    durationMs: spread(shape.meanMs),
    inputTokens: spread(shape.inputTokens),
    outputTokens: Math.min(shape.maxTokens, spread(shape.outputTokens)),
  }));
}

const chargeOf = (job: Job): number => job.inputTokens + burndown * job.outputTokens;
const reserveOf = (job: Job, shape: JobShape): number => job.inputTokens + shape.maxTokens;

/** When an all-knowing queue would have let the last job through. */
function oracleMs(jobs: readonly Job[], shape: JobShape, limits: ThrottleLimits): number {
  const entries: { atMs: number; tokens: number; counts: number }[] = [];
  const running: { job: Job; entry: { tokens: number }; endMs: number }[] = [];
  let nowMs = 0;
  const settleUntil = (untilMs: number): void => {
    running.sort((a, b) => a.endMs - b.endMs);
    for (let next = running[0]; next && next.endMs <= untilMs; next = running[0]) {
      running.shift();
      const { job, entry, endMs } = next;
      const debt = chargeOf(job) - entry.tokens;
      entry.tokens = Math.min(entry.tokens, chargeOf(job));
      if (debt > 0) entries.push({ atMs: endMs, tokens: debt, counts: 0 });
    }
  };
  for (const job of jobs) {
    for (;;) {
      settleUntil(nowMs);
      entries.splice(0, Infinity, ...entries.filter((entry) => entry.atMs >= nowMs - windowMs));
      const requests = entries.reduce((sum, entry) => sum + entry.counts, 0);
      const tokens = entries.reduce((sum, entry) => sum + entry.tokens, 0);
      const fits =
        requests < limits.requestsPerMinute &&
        running.length < limits.concurrentRequests &&
        tokens + reserveOf(job, shape) <= limits.tokensPerMinute;
      if (fits) break;
      const changes = [...entries.map((entry) => entry.atMs + windowMs + 1), ...running.map(({ endMs }) => endMs)];
      nowMs = Math.min(...changes.filter((at) => at > nowMs));
    }
    const entry = { atMs: nowMs, tokens: reserveOf(job, shape), counts: 1 };
    entries.push(entry);
    running.push({ job, entry, endMs: nowMs + job.durationMs });
  }
  return nowMs;
}

type Invocation = {
  readonly atMs: number;
  readonly slot: number;
  readonly waitMs: number;
  readonly isChat: boolean;
  endMs: number;
  /** The reservation, until it settles for less. */
  tokens: number;
};

type Log = {
  readonly admissions: Invocation[];
  readonly estimates: { atMs: number; estimateMs: number }[];
  asks: number;
  done: number;
  lastStartMs: number;
  lastEndMs: number;
};

async function simulate(scenario: Scenario): Promise<string> {
  const world = createWorld(7);
  const limits: ThrottleLimits = { ...defaultThrottleLimits, ...scenario.limits };
  const jobs = makeJobs(scenario.job, world.random);
  const log: Log = { admissions: [], estimates: [], asks: 0, done: 0, lastStartMs: 0, lastEndMs: 0 };
  const admission = createMemoryAdmission({ limits, clock: world });
  const queue = [...jobs];
  const fleet = Array.from({ length: scenario.workers * slotsPerWorker }, (_, slot) => async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      await runJob(world, admission, scenario, job, slot, log);
      log.done += 1;
      if ([0.25, 0.5, 0.75].includes(log.done / jobCount)) {
        const estimateMs = estimateRemainingMs(await admission.snapshot(), jobCount - log.done) ?? 0;
        log.estimates.push({ atMs: world.now(), estimateMs });
      }
    }
  });
  await world.run(fleet);
  return report(scenario, limits, jobs, log);
}

async function runJob(
  world: World,
  admission: ReturnType<typeof createMemoryAdmission>,
  scenario: Scenario,
  job: Job,
  slot: number,
  log: Log,
): Promise<void> {
  const { signal } = new AbortController();
  const everyCandidate = chain.map((place): Candidate => candidateOf(place, job, scenario.job));
  let candidates = everyCandidate;
  let attempt = 1;
  let askedMs = world.now();
  for (;;) {
    log.asks += 1;
    // A round trip, and the time that a worker takes to wake up.
    await world.sleep(1 + Math.floor(world.random() * 3));
    const decision = await admission.admit(
      { candidates, priority: job.isChat ? 'chat' : 'analysis', holder: `${job.id}:${attempt}` },
      signal,
    );
    if (decision.outcome === 'unavailable') throw new Error(decision.reason);
    if (decision.outcome === 'wait') {
      await world.sleep(decision.waitMs);
      continue;
    }
    const atMs = world.now();
    const invocation = {
      atMs,
      slot,
      waitMs: atMs - askedMs,
      isChat: job.isChat,
      endMs: atMs,
      tokens: reserveOf(job, scenario.job),
    };
    log.admissions.push(invocation);
    log.lastStartMs = atMs;
    const { lease } = decision;
    const result = await invoke(world, scenario.faults, job, lease, () => admission.renew(lease));
    invocation.endMs = world.now();
    if (result === 'crashed') {
      // Nobody settles. The job is found stalled and taken up again, by somebody else.
      await world.sleep(4_000);
      attempt += 1;
      candidates = everyCandidate;
    } else {
      await admission.settle(lease, { result, usage: result.result === 'succeeded' ? usageOf(job) : null });
      invocation.tokens = result.result === 'succeeded' ? Math.min(invocation.tokens, chargeOf(job)) : 0;
      log.lastEndMs = world.now();
      if (result.result === 'succeeded') return;
      candidates = candidates.filter((place) => place.modelKey !== lease.modelKey || place.region !== lease.region);
      if (candidates.length === 0) {
        await admission.backOff(`${job.id}:${attempt}`, 5_000);
        candidates = everyCandidate;
      }
    }
    askedMs = world.now();
  }
}

const candidateOf = (place: (typeof chain)[number], job: Job, shape: JobShape): Candidate => ({
  ...place,
  reserveTokens: reserveOf(job, shape),
  estimatedInputTokens: job.inputTokens,
  outputBurndown: burndown,
});

const usageOf = (job: Job) => ({
  inputTokens: job.inputTokens,
  outputTokens: job.outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
});

async function invoke(
  world: World,
  faults: Faults,
  job: Job,
  lease: Lease,
  renew: () => Promise<boolean>,
): Promise<InvocationResult | 'crashed'> {
  const isOut =
    faults.hasOutage && lease.region === 'us-east-2' && world.now() > outage.fromMs && world.now() < outage.untilMs;
  if (isOut) {
    await world.sleep(1_000);
    return { result: 'failed', scope: 'region' };
  }
  const fate = world.random();
  if (fate < faults.throttled) {
    await world.sleep(50);
    return { result: 'throttled', cooldownMs: 60_000 };
  }
  if (fate < faults.throttled + faults.failed) {
    await world.sleep(500);
    return { result: 'failed', scope: 'model' };
  }
  const crashesAtMs =
    fate < faults.throttled + faults.failed + faults.crashed ? job.durationMs * world.random() : Infinity;
  for (let leftMs = Math.min(job.durationMs, crashesAtMs); leftMs > 0; leftMs -= 10_000) {
    await world.sleep(Math.min(leftMs, 10_000));
    if (leftMs > 10_000) await renew();
  }
  return crashesAtMs < job.durationMs ? 'crashed' : { result: 'succeeded' };
}

/** The largest sum over any closed 60 s. */
function mostInWindow(events: readonly { atMs: number; amount: number }[]): number {
  let most = 0;
  let sum = 0;
  let from = 0;
  for (const [index, event] of events.entries()) {
    sum += event.amount;
    for (; (events[from]?.atMs ?? 0) < event.atMs - windowMs; from++) sum -= events[from]?.amount ?? 0;
    if (events[index + 1]?.atMs !== event.atMs) most = Math.max(most, sum);
  }
  return most;
}

function mostAtOnce(invocations: readonly { atMs: number; endMs: number }[]): number {
  const changes = invocations.flatMap(({ atMs, endMs }) => [[atMs, 1] as const, [endMs, -1] as const]);
  let running = 0;
  return Math.max(...changes.sort(([a, x], [b, y]) => a - b || x - y).map(([, change]) => (running += change)));
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)}s`;

function report({ name, workers, job }: Scenario, limits: ThrottleLimits, jobs: readonly Job[], log: Log): string {
  const utilisation = (oracleMs(jobs, job, limits) * log.admissions.length) / jobs.length / log.lastStartMs;
  const overshoots = [
    [mostInWindow(log.admissions.map(({ atMs }) => ({ atMs, amount: 1 }))) - limits.requestsPerMinute, 'requests'],
    [
      mostInWindow(log.admissions.map(({ atMs, tokens }) => ({ atMs, amount: tokens }))) - limits.tokensPerMinute,
      'tokens',
    ],
    [mostAtOnce(log.admissions) - limits.concurrentRequests, 'places'],
  ] as const;
  const waits = (isChat: boolean): string => {
    const sorted = log.admissions
      .filter((one) => one.isChat === isChat)
      .map((one) => one.waitMs)
      .sort((a, b) => a - b);
    return `${seconds(quantile(sorted, 0.5))}/${seconds(quantile(sorted, 0.95))}/${seconds(quantile(sorted, 0.99))}`;
  };
  const perSlot = Array.from({ length: workers * slotsPerWorker }, () => 0);
  for (const { slot } of log.admissions) perSlot[slot] = (perSlot[slot] ?? 0) + 1;
  const total = perSlot.reduce((sum, count) => sum + count, 0);
  const jain = total ** 2 / (perSlot.length * perSlot.reduce((sum, count) => sum + count ** 2, 0));
  const errors = log.estimates.map(({ atMs, estimateMs }) => Math.abs(estimateMs / (log.lastEndMs - atMs) - 1));
  return [
    name.padEnd(23),
    `${String(workers).padStart(2)} workers`,
    `utilisation ${(utilisation * 100).toFixed(1)} %`,
    `overshoot ${overshoots.map(([by, of]) => `${Math.max(0, by)} ${of}`).join(', ')}`,
    `wait p50/95/99 chat ${waits(true)} analysis ${waits(false)}`,
    `Jain ${jain.toFixed(3)}`,
    `estimate off by ${(Math.max(...errors) * 100).toFixed(0)} % at most`,
    `${(log.asks / log.admissions.length).toFixed(1)} asks each`,
  ].join('  ');
}

const started = performance.now();
for (const scenario of scenarios) console.log(await simulate(scenario));
console.log(`${scenarios.length * jobCount} jobs in ${seconds(performance.now() - started)} of real time`);
