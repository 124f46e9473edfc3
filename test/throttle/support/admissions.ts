import { Redis } from 'ioredis';
import { createMemoryAdmission } from '../../../src/throttle/memory-admission.ts';
import type { Admission, AdmissionControl, AdmissionRequest, Candidate } from '../../../src/throttle/admission-port.ts';
import { createRedisAdmission } from '../../../src/throttle/redis-admission.ts';
import type { ThrottleLimits } from '../../../src/throttle/throttle-limits.ts';
import { defaultThrottleLimits } from '../../../src/throttle/throttle-limits.ts';
import { testRedis } from '../../support/services.ts';

export type AnyAdmission = Admission & AdmissionControl;

/** The Redis server's clock as a test moves it: `advance` is time going by, `jump` the clock being set. */
export type ServerClock = { now(): number; advance(ms: number): void; jump(ms: number): void };

export function createServerClock(startMs = Date.UTC(2026, 0, 1)): ServerClock {
  let nowMs = startMs;
  const move = (ms: number): void => {
    nowMs += ms;
  };
  return { now: () => nowMs, advance: move, jump: move };
}

export const limitsOf = (changed: Partial<ThrottleLimits> = {}): ThrottleLimits => ({
  ...defaultThrottleLimits,
  ...changed,
});

/** Both implementations of the port, for tests that hold for either. */
export const implementations = [
  { name: 'in memory', create: createInMemory },
  { name: 'in Redis', create: createInRedis },
] as const;

export type Created = { admission: AnyAdmission; close(): Promise<void> };

async function createInMemory(limits: ThrottleLimits, clock: { now(): number }): Promise<Created> {
  return { admission: createMemoryAdmission({ limits, clock }), close: async () => undefined };
}

async function createInRedis(limits: ThrottleLimits, clock: { now(): number }): Promise<Created> {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  return {
    admission: createRedisAdmission({ redis, prefix, limits, clock }),
    close: async () => void (await redis.quit()),
  };
}

export const candidateOf = (changed: Partial<Candidate> = {}): Candidate => ({
  modelKey: 'sonnet',
  region: 'us-east-2',
  reserveTokens: 1_000,
  estimatedInputTokens: 200,
  outputBurndown: 5,
  ...changed,
});

export const requestOf = (holder: string, changed: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  holder,
  priority: 'analysis',
  candidates: [candidateOf()],
  ...changed,
});
