import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import type { AdmissionDecision, AdmissionRequest } from '../../src/throttle/admission-port.ts';
import { createRedisAdmission } from '../../src/throttle/redis-admission.ts';
import type { ThrottleLimits } from '../../src/throttle/throttle-limits.ts';
import { testRedis } from '../support/services.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import type { AnyAdmission } from './support/admissions.ts';
import { candidateOf, limitsOf, requestOf } from './support/admissions.ts';
import { leaseOf, neutral, succeeded, throttled } from './support/fleet.ts';

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function connect(url = testRedis().url): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  closing.push(() => redis.disconnect());
  return redis;
}

/** On the server's own clock, as in production. */
function admissionOf(
  limits: Partial<ThrottleLimits> = {},
  prefix = testRedis().prefix,
  redis = connect(),
): AnyAdmission {
  return createRedisAdmission({ redis, prefix, limits: limitsOf(limits) });
}

const ask = (admission: AnyAdmission, request: AdmissionRequest): Promise<AdmissionDecision> =>
  admission.admit(request, new AbortController().signal);

test('eight connections that ask 400 times at once get 20 of 20 places a minute, and never a sixth at a time', async () => {
  const { prefix } = testRedis();
  const fleet = Array.from({ length: 8 }, () => admissionOf({ requestsPerMinute: 20 }, prefix));
  let running = 0;
  let most = 0;
  let admitted = 0;
  const holder = async (admission: AnyAdmission, name: string): Promise<void> => {
    for (let question = 0; question < 10; question++) {
      const decision = await ask(
        admission,
        requestOf(name, { candidates: [candidateOf({ reserveTokens: 10, estimatedInputTokens: 0 })] }),
      );
      if (decision.outcome !== 'admitted') continue;
      admitted += 1;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      await admission.settle(decision.lease, neutral);
    }
  };
  await Promise.all(
    fleet.flatMap((admission, worker) => [0, 1, 2, 3, 4].map((job) => holder(admission, `${worker}-${job}`))),
  );
  expect(most).toBeLessThanOrEqual(5);
  expect(admitted).toBe(20);
});

test('40 callers of 50,000 tokens each on eight connections: two fit into 120,000', async () => {
  const { prefix } = testRedis();
  const fleet = Array.from({ length: 8 }, () =>
    admissionOf({ requestsPerMinute: 1_000, concurrentRequests: 1_000 }, prefix),
  );
  const decisions = await Promise.all(
    fleet.flatMap((admission, worker) =>
      [0, 1, 2, 3, 4].map((job) =>
        ask(admission, requestOf(`${worker}-${job}`, { candidates: [candidateOf({ reserveTokens: 50_000 })] })),
      ),
    ),
  );
  expect(decisions.filter(({ outcome }) => outcome === 'admitted')).toHaveLength(2);
});

test('uses the Redis server’s time', async () => {
  const { prefix } = testRedis();
  const redis = connect();
  const admission = admissionOf({}, prefix, redis);
  await admission.settle(leaseOf(await ask(admission, requestOf('a'))), throttled());
  const [seconds] = await redis.time();
  const untilMs = (await admission.snapshot()).models[0]?.coolingUntilMs ?? NaN;
  expect(Math.abs(untilMs - (Number(seconds) * 1_000 + 60_000))).toBeLessThan(5_000);
});

test('goes on after the server has forgotten the scripts', async () => {
  // A server of its own: others would miss theirs.
  const binDir = join(findPackageRoot(import.meta.dirname), '.prism', 'bin');
  const server = await startEmbeddedRedis({ dataDir: await createTempFolder(), binDir, onLog: () => undefined });
  closing.push(() => server.stop());
  const redis = connect(server.url);
  const admission = admissionOf({}, testRedis().prefix, redis);
  const lease = leaseOf(await ask(admission, requestOf('a')));
  await redis.script('FLUSH');
  expect(await admission.renew(lease)).toBe(true);
  await redis.script('FLUSH');
  await admission.settle(lease, succeeded);
  expect((await admission.snapshot()).concurrentRequests.used).toBe(0);
});

test('Redis loses everything: it starts empty, and what holders of before say changes nothing', async () => {
  const redis = connect();
  const { prefix } = testRedis();
  let nowMs = Date.UTC(2026, 0, 1);
  const admission = createRedisAdmission({ redis, prefix, limits: limitsOf(), clock: { now: () => nowMs } });
  const before = leaseOf(await ask(admission, requestOf('job')));
  await redis.del(...(await redis.keys(`${prefix}:*`)));
  nowMs += 100;
  expect(await admission.renew(before)).toBe(false);
  const after = leaseOf(await ask(admission, requestOf('job')));
  expect(after.id).not.toBe(before.id);
  await admission.settle(before, throttled());
  expect(await admission.snapshot()).toMatchObject({ concurrentRequests: { used: 1 }, models: [] });
});

test.each(['state', 'leases', 'models', 'tokens', 'requests', 'line', 'due', 'retries'])(
  'the server evicts the key %s: admissions go on, and nothing is blocked for ever',
  async (name) => {
    const redis = connect();
    const { prefix } = testRedis();
    let nowMs = Date.UTC(2026, 0, 1);
    const limits = limitsOf({ requestsPerMinute: 2, concurrentRequests: 2, tokensPerMinute: 2_000 });
    const admission = createRedisAdmission({ redis, prefix, limits, clock: { now: () => nowMs } });
    await ask(admission, requestOf('a'));
    await admission.settle(leaseOf(await ask(admission, requestOf('b'))), throttled(1_000));
    await admission.backOff('c', 500);
    await ask(admission, requestOf('d', { candidates: [candidateOf({ modelKey: 'other' })] }));
    await redis.del(`${prefix}:{throttle}:${name}`);
    await ask(admission, requestOf('e', { candidates: [candidateOf({ modelKey: 'other' })] }));
    nowMs += 120_000;
    for (const holder of ['f', 'g']) leaseOf(await ask(admission, requestOf(holder)));
    expect(await ask(admission, requestOf('h'))).toMatchObject({ outcome: 'wait' });
    nowMs += 120_000;
    for (const holder of ['f', 'g']) leaseOf(await ask(admission, requestOf(holder)));
  },
);

test('an abort is heard at once while Redis does not answer, and what was admitted is given back', async () => {
  const proxy = await startHoldingProxy(testRedis().url);
  const { prefix } = testRedis();
  const admission = admissionOf({}, prefix, connect(proxy.url));
  await admission.snapshot();
  proxy.hold();
  const abort = new AbortController();
  const asked = admission.admit(requestOf('job'), abort.signal);
  abort.abort(new Error('cancelled'));
  await expect(asked).rejects.toThrow('cancelled');
  proxy.release();
  const other = admissionOf({}, prefix);
  await expect.poll(async () => (await other.snapshot()).requestsPerMinute.used).toBe(1);
  await expect.poll(async () => (await other.snapshot()).concurrentRequests.used).toBe(0);
  expect((await other.snapshot()).tokensPerMinute.used).toBe(0);
});

test('one that is aborted already does not ask', async () => {
  const admission = admissionOf();
  await expect(admission.admit(requestOf('job'), AbortSignal.abort(new Error('cancelled')))).rejects.toThrow(
    'cancelled',
  );
  expect((await admission.snapshot()).requestsPerMinute.used).toBe(0);
});

test('keys of one installation lie in one slot of a cluster, and two installations do not see each other', async () => {
  const redis = connect();
  const { prefix } = testRedis();
  const admission = admissionOf({ perModel: { sonnet: { requestsPerMinute: 9 } } }, prefix, redis);
  await admission.settle(leaseOf(await ask(admission, requestOf('a'))), throttled());
  await admission.backOff('b', 1_000);
  const keys = await redis.keys(`${prefix}:*`);
  expect(keys.length).toBeGreaterThanOrEqual(5);
  expect(keys.filter((key) => !key.startsWith(`${prefix}:{throttle}:`))).toEqual([]);
  const others = admissionOf({}, testRedis().prefix, redis);
  expect(await others.snapshot()).toMatchObject({ requestsPerMinute: { used: 0 }, retriesWaiting: 0, models: [] });
});

test.each(['a/b c', 'anthropic.claude-v2:1', `"]] .. error('x') --`, 'modèle-模型', '100%d'])(
  'takes the model key %s as it is',
  async (modelKey) => {
    const admission = admissionOf({ perModel: { [modelKey]: { concurrentRequests: 1 } } });
    const candidates = [candidateOf({ modelKey })];
    const lease = leaseOf(await ask(admission, requestOf('holder: with spaces', { candidates })));
    expect(lease).toMatchObject({ modelKey, region: 'us-east-2' });
    expect(await ask(admission, requestOf('b', { candidates }))).toMatchObject({ layer: 'REQUEST_QUEUE' });
    await admission.settle(lease, throttled());
    expect((await admission.snapshot()).models).toMatchObject([{ modelKey, region: 'us-east-2' }]);
    await admission.reset(modelKey, 'us-east-2');
    expect((await admission.snapshot()).models).toEqual([]);
  },
);

test('a snapshot changes nothing', async () => {
  const redis = connect();
  const { prefix } = testRedis();
  const admission = admissionOf({}, prefix, redis);
  await ask(admission, requestOf('a'));
  const dump = async () => Promise.all((await redis.keys(`${prefix}:*`)).sort().map((key) => redis.dump(key)));
  const before = await dump();
  await admission.snapshot();
  expect(await dump()).toEqual(before);
});

test('names a caller’s mistake instead of breaking the shared state', async () => {
  const admission = admissionOf();
  const wrong = [
    requestOf('', {}),
    requestOf('a', { candidates: [] }),
    requestOf('a', { candidates: [candidateOf({ region: 'us/east' })] }),
    requestOf('a', { candidates: [candidateOf({ modelKey: 'two\nlines' })] }),
    requestOf('a', { candidates: [candidateOf({ reserveTokens: NaN })] }),
    requestOf('a', { candidates: [candidateOf({ reserveTokens: 10, estimatedInputTokens: 20 })] }),
  ];
  for (const request of wrong) await expect(ask(admission, request)).rejects.toThrow();
  const lease = leaseOf(await ask(admission, requestOf('a')));
  await expect(admission.settle(lease, throttled(NaN))).rejects.toThrow(RangeError);
  expect(() => admissionOf({ requestsPerMinute: 0 })).toThrow(RangeError);
});

/** Passes bytes on to Redis, or holds them. */
async function startHoldingProxy(target: string): Promise<{ url: string; hold(): void; release(): void }> {
  const { hostname, port, password } = new URL(target);
  const { connect: open } = await import('node:net');
  let isHeld = false;
  const held: (() => void)[] = [];
  const server: Server = createServer((client) => {
    const upstream = open(Number(port), hostname);
    client.on('data', (bytes) => (isHeld ? held.push(() => upstream.write(bytes)) : upstream.write(bytes)));
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.unshift(() => void server.close());
  const address = server.address() as AddressInfo;
  return {
    url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${address.port}`,
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      for (const pass of held.splice(0)) pass();
    },
  };
}
