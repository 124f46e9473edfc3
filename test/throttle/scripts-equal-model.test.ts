import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leaseIdOf, toDecision } from '../../src/throttle/admission-answer.ts';
import { admit } from '../../src/throttle/admission-model.ts';
import type { AdmissionRequest, Lease } from '../../src/throttle/admission-port.ts';
import { createRedisAdmission } from '../../src/throttle/redis-admission.ts';
import { backOff, renew, reset, settle, snapshot } from '../../src/throttle/settlement-model.ts';
import type { ThrottleLimits } from '../../src/throttle/throttle-limits.ts';
import { targetOf } from '../../src/throttle/throttle-limits.ts';
import type { ThrottleState } from '../../src/throttle/throttle-state.ts';
import { emptyThrottleState } from '../../src/throttle/throttle-state.ts';
import { testRedis } from '../support/services.ts';
import type { AnyAdmission, ServerClock } from './support/admissions.ts';
import { candidateOf, createServerClock, limitsOf } from './support/admissions.ts';
import type { Step } from './support/histories.ts';
import { histories, places } from './support/histories.ts';
import { plainOf, readPlain } from './support/redis-state.ts';

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testRedis().url);
});
afterAll(async () => {
  await redis.quit();
});

const signal = new AbortController().signal;
const tight = { requestsPerMinute: 6, concurrentRequests: 3, tokensPerMinute: 5_000, failuresToOpen: 2 };

type Fleet = {
  readonly limits: ThrottleLimits;
  readonly clock: ServerClock;
  readonly state: ThrottleState;
  readonly scripts: AnyAdmission;
  readonly leases: Lease[];
  readonly ended: Lease[];
};

const requestOf = (step: Step & { type: 'admit' }): AdmissionRequest => ({
  holder: `worker-${step.worker}`,
  priority: step.priority,
  candidates: step.chain.map((index) =>
    candidateOf({
      ...places[index],
      reserveTokens: step.tokens,
      estimatedInputTokens: Math.floor(step.tokens / 3),
      outputBurndown: index === 1 ? 1.5 : 5,
    }),
  ),
});

const refOf = (lease: Lease): { holder: string; seq: number } => {
  const [seq, holder = ''] = lease.id.split(':');
  return { seq: Number(seq), holder };
};

const nobody: Lease = { id: leaseIdOf(1, 'nobody'), modelKey: 'one', region: 'east', isProbe: false };

const pickFrom = (leases: readonly Lease[], pick: number): Lease => leases[pick % leases.length] ?? nobody;

/** Answers of both, scripts first. */
async function run(step: Step, fleet: Fleet): Promise<[unknown, unknown]> {
  const { limits, clock, state, scripts, leases, ended } = fleet;
  const at = clock.now();
  switch (step.type) {
    case 'admit': {
      const request = requestOf(step);
      const decision = await scripts.admit(request, signal);
      if (decision.outcome === 'admitted') leases.push(decision.lease);
      return [decision, toDecision(admit(state, limits, request, at), request)];
    }
    case 'settle':
    case 'settleAgain': {
      const lease = pickFrom(step.type === 'settle' ? leases : ended, step.pick);
      if (step.type === 'settle') ended.push(...leases.splice(leases.indexOf(lease), 1));
      await scripts.settle(lease, step.settlement);
      settle(state, limits, refOf(lease), step.settlement, at);
      return [null, null];
    }
    case 'renew': {
      const lease = pickFrom(leases, step.pick);
      return [await scripts.renew(lease), renew(state, limits, refOf(lease), at)];
    }
    case 'backOff':
      await scripts.backOff(`worker-${step.worker}`, step.ms);
      backOff(state, limits, `worker-${step.worker}`, step.ms, at);
      return [null, null];
    case 'reset': {
      const { modelKey, region } = places[step.place] ?? places[0];
      await scripts.reset(modelKey, step.allRegions ? null : region);
      reset(state, limits, modelKey, step.allRegions ? null : region, at);
      return [null, null];
    }
    case 'advance':
    case 'clock':
      clock.advance(step.ms);
      return [await scripts.snapshot(), snapshot(state, limits, clock.now())];
  }
}

async function expectSame(limits: ThrottleLimits, steps: readonly Step[]): Promise<void> {
  const prefix = `test-${randomUUID()}`;
  const clock = createServerClock();
  const fleet: Fleet = {
    limits,
    clock,
    state: emptyThrottleState(),
    scripts: createRedisAdmission({ redis, prefix, limits, clock }),
    leases: [],
    ended: [],
  };
  for (const step of steps) {
    const [ofScripts, ofModel] = await run(step, fleet);
    expect(ofScripts).toEqual(ofModel);
    expect(await readPlain(redis, prefix, places.map(targetOf))).toEqual(plainOf(fleet.state));
  }
}

const clockSteps = [-3_600_000, -45_000, -1, 30_000];

const perModel = { one: { requestsPerMinute: 3, tokensPerMinute: 2_500 }, two: { concurrentRequests: 1 } };

/** Over random histories of many workers the scripts answer and leave behind exactly what the reference model does. */
test.each([
  { of: 'with every limit tight', limits: tight, numRuns: 60 },
  { of: 'with limits for single models as well', limits: { ...tight, perModel }, numRuns: 40 },
  {
    of: 'with a long line',
    limits: { requestsPerMinute: 2, concurrentRequests: 2, tokensPerMinute: 20_000 },
    numRuns: 30,
  },
])('the scripts equal the reference model $of', { timeout: 120_000 }, async ({ limits, numRuns }) => {
  const property = fc.asyncProperty(histories(clockSteps), (steps) => expectSame(limitsOf(limits), steps));
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns });
  expect(failed, `${JSON.stringify(counterexample)} ${String(errorInstance)}`).toBe(false);
});
