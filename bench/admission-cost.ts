import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startEmbeddedRedis } from '../src/embedded/redis.ts';
import type { Admission } from '../src/throttle/admission-port.ts';
import { createRedisAdmission } from '../src/throttle/redis-admission.ts';
import { defaultThrottleLimits } from '../src/throttle/throttle-limits.ts';
import { createPeers } from './admission/peers.ts';

/*
 * What an admission costs: admit + settle, against two calls of a script that does nothing, on the same Redis, over the same connection,
 * in turns. Ratios, medians over several rounds, because absolute times depend on the machine.
 *
 *   npm run build && node dist/bench/admission-cost.js
 *
 * `same arguments`   the script that does nothing, handed all that the admission is handed: what is transport, not throttling
 * `quiet`            nothing waits and nothing is old: what a call pays that need not be throttled
 * `full`             30 invocations in the window all the time, so that every admission first forgets one (time is handed in,
 *                    2,001 ms a step)
 * and two limiters that many use, for layers 1 and 2 alone (bench/admission/peers.ts), when `npm ci --prefix bench` was run
 *
 * Without append-only file: what Redis writes to disk is its own affair, and a script that does nothing writes nothing.
 */
const rounds = 9;
const pairsPerRound = 1_500;

type Cost = { latencyMs: number[]; serverCpuMs: number; clientCpuMs: number };

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  const server = await startEmbeddedRedis({ dataDir: folder, binDir: join(folder, 'bin'), onLog: () => undefined });
  const redis = new Redis(server.url);
  await redis.config('SET', 'appendonly', 'no');
  try {
    await measureAll(redis);
  } finally {
    await redis.quit();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(redis: Redis): Promise<void> {
  const unlimited = {
    ...defaultThrottleLimits,
    requestsPerMinute: 1e9,
    concurrentRequests: 1e6,
    tokensPerMinute: 1e12,
  };
  const quiet = createRedisAdmission({ redis, prefix: 'quiet', limits: unlimited });
  let nowMs = Date.now();
  const full = createRedisAdmission({
    redis,
    prefix: 'full',
    limits: defaultThrottleLimits,
    clock: { now: () => nowMs },
  });

  const peers = await createPeers(redis);
  const contenders: Readonly<Record<string, () => Promise<void>>> = {
    'no-op script, twice': await noop(redis, ['key'], ['key']),
    'no-op, same arguments': await noop(redis, sentByAdmit, sentBySettle),
    'quiet admit + settle': admission(quiet, () => undefined),
    'full admit + settle': admission(full, () => (nowMs += 2_001)),
    ...Object.fromEntries(peers.map(({ name, pair }) => [name, pair])),
  };
  const results = new Map<string, Cost[]>();
  for (let round = -1; round < rounds; round++)
    for (const [name, pair] of Object.entries(contenders)) {
      await redis.del('quiet:{throttle}:requests', 'quiet:{throttle}:tokens', 'quiet:{throttle}:state');
      const cost = await measure(redis, pair);
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), cost]);
    }
  await Promise.all(peers.map((peer) => peer.close()));
  report(results);
}

type Words = readonly (string | number)[];

/** Two calls of a script that does nothing, with `first` and `second` as keys and arguments. */
async function noop(redis: Redis, first: Words, second: Words): Promise<() => Promise<void>> {
  const sha = String(await redis.script('LOAD', 'return 1'));
  return async () => {
    await redis.evalsha(sha, Math.min(8, first.length), ...first);
    await redis.evalsha(sha, Math.min(5, second.length), ...second);
  };
}

/** As many bytes in as many words as an admission and its settlement send. */
const sentByAdmit: Words = [
  ...['state', 'leases', 'models', 'tokens', 'requests', 'line', 'due', 'retries'].map(
    (name) => `quiet:{throttle}:${name}`,
  ),
  0,
  'job-12345',
  'analysis',
  '3900 1900 5 us-east-2/sonnet-4.5\n'.repeat(6),
];
const sentBySettle: Words = [
  ...['state', 'leases', 'models', 'tokens', 'tokens:us-east-2/sonnet-4.5'].map((name) => `quiet:{throttle}:${name}`),
  ...[0, 'job-12345', 1_795_405_281_941, 'succeeded', 0, '', 1_800, 350, 0, 0].map(String),
];

function admission(of: Admission, tick: () => void): () => Promise<void> {
  const candidates = ['sonnet-4.5', 'sonnet-4.0', 'sonnet-3.7'].flatMap((modelKey) =>
    ['us-east-2', 'us-west-2'].map((region) => ({
      modelKey,
      region,
      reserveTokens: 3_900,
      estimatedInputTokens: 1_900,
      outputBurndown: 5,
    })),
  );
  const { signal } = new AbortController();
  let holder = 0;
  return async () => {
    tick();
    holder += 1;
    const decision = await of.admit({ candidates, priority: 'analysis', holder: `job-${holder}` }, signal);
    if (decision.outcome !== 'admitted') throw new Error(`not admitted: ${JSON.stringify(decision)}`);
    await of.settle(decision.lease, {
      result: { result: 'succeeded' },
      usage: { inputTokens: 1_800, outputTokens: 350, cacheReadTokens: 0, cacheWriteTokens: 0 },
    });
  };
}

async function measure(redis: Redis, pair: () => Promise<void>): Promise<Cost> {
  const latencyMs: number[] = [];
  const serverBefore = await serverCpuMs(redis);
  const clientBefore = process.cpuUsage();
  for (let count = 0; count < pairsPerRound; count++) {
    const start = performance.now();
    await pair();
    latencyMs.push(performance.now() - start);
  }
  const client = process.cpuUsage(clientBefore);
  const serverMs = (await serverCpuMs(redis)) - serverBefore;
  return {
    latencyMs,
    serverCpuMs: serverMs / pairsPerRound,
    clientCpuMs: (client.user + client.system) / 1_000 / pairsPerRound,
  };
}

async function serverCpuMs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((field) =>
    Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]),
  );
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;

const measures: Readonly<Record<string, (cost: Cost) => number>> = {
  'latency p50': (cost) => quantile(cost.latencyMs, 0.5),
  'latency p99': (cost) => quantile(cost.latencyMs, 0.99),
  'CPU of both': (cost) => cost.serverCpuMs + cost.clientCpuMs,
  'server CPU': (cost) => cost.serverCpuMs,
  'client CPU': (cost) => cost.clientCpuMs,
};

function report(results: ReadonlyMap<string, readonly Cost[]>): void {
  const [[, baseline] = ['', []]] = results;
  console.log(
    `medians of ${rounds} rounds of ${pairsPerRound} pairs; µs per pair, and the ratio to the no-op of the same round`,
  );
  for (const [name, costs] of results) {
    const cells = Object.entries(measures).map(([measure, of]) => {
      const ratio = median(costs.map((cost, round) => of(cost) / of(baseline[round] ?? cost)));
      return `${measure} ${(median(costs.map(of)) * 1_000).toFixed(0).padStart(5)} (${ratio.toFixed(2)}x)`;
    });
    console.log(`${name.padEnd(22)} ${cells.join('   ')}`);
  }
}

await main();
