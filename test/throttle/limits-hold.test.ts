import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AdmissionRequest, Lease, ThrottleSnapshot } from '../../src/throttle/admission-port.ts';
import { targetOf } from '../../src/throttle/throttle-limits.ts';
import { chargeOf } from '../../src/throttle/token-budget.ts';
import type { AnyAdmission, Created } from './support/admissions.ts';
import { candidateOf, createServerClock, implementations, limitsOf } from './support/admissions.ts';
import type { Step } from './support/histories.ts';
import { histories, places } from './support/histories.ts';

/*
 * What must hold over every history of a fleet, observed from outside, by the time that really goes by: the server's clock may be set back
 * meanwhile. Leases that a history never settles are crashes, so every point of a call is a crash point.
 */
const limits = limitsOf({ requestsPerMinute: 6, concurrentRequests: 3, tokensPerMinute: 5_000, failuresToOpen: 2 });

type Held = { readonly lease: Lease; readonly reserveTokens: number; readonly admission: Admitted; endsMs: number };
type Admitted = { readonly atMs: number; tokens: number };

type Watch = {
  nowMs: number;
  isClockSet: boolean;
  readonly held: Map<string, Held>;
  readonly admissions: Admitted[];
  readonly debts: { atMs: number; tokens: number }[];
  snapshot: ThrottleSnapshot;
};

const signal = new AbortController().signal;

const requestOf = (step: Step & { type: 'admit' }): AdmissionRequest => ({
  holder: `worker-${step.worker}`,
  priority: step.priority,
  candidates: step.chain.map((index) =>
    candidateOf({ ...places[index], reserveTokens: step.tokens, estimatedInputTokens: 0 }),
  ),
});

const inWindow = <T extends { atMs: number }>(all: readonly T[], nowMs: number): T[] =>
  all.filter(({ atMs }) => atMs >= nowMs - 60_000);
const sum = (all: readonly { tokens: number }[]): number => all.reduce((total, { tokens }) => total + tokens, 0);

async function admit(admission: AnyAdmission, step: Step & { type: 'admit' }, watch: Watch): Promise<void> {
  const request = requestOf(step);
  const decision = await admission.admit(request, signal);
  if (decision.outcome !== 'admitted' || watch.held.get(decision.lease.id)) return;
  const { lease } = decision;
  const admitted = { atMs: watch.nowMs, tokens: Math.max(1, step.tokens) };
  watch.admissions.push(admitted);

  expectGuardedOnlyByOneProbe(lease, watch);
  watch.held.set(lease.id, {
    lease,
    reserveTokens: admitted.tokens,
    admission: admitted,
    endsMs: watch.nowMs + limits.leaseTtlMs,
  });
  expect(inWindow(watch.admissions, watch.nowMs).length).toBeLessThanOrEqual(limits.requestsPerMinute);
  expect(live(watch).length).toBeLessThanOrEqual(limits.concurrentRequests);
  expect(sum(inWindow([...watch.admissions, ...watch.debts], watch.nowMs))).toBeLessThanOrEqual(limits.tokensPerMinute);
}

const live = ({ held, nowMs }: Watch): Held[] => [...held.values()].filter(({ endsMs }) => endsMs > nowMs);

/** A model or region that cools or is not closed lets one call through at a time, and that one is a probe. */
function expectGuardedOnlyByOneProbe(lease: Lease, watch: Watch): void {
  const model = watch.snapshot.models.find((one) => targetOf(one) === targetOf(lease));
  const region = watch.snapshot.regions.find((one) => one.region === lease.region);
  expect(model?.isRetired ?? false).toBe(false);
  expect([model?.breaker, region?.breaker]).not.toContain('OPEN');
  const isModelGuarded = model !== undefined && (model.coolingUntilMs !== null || model.breaker === 'HALF_OPEN');
  const isRegionGuarded = region?.breaker === 'HALF_OPEN';
  expect(lease.isProbe).toBe(isModelGuarded || isRegionGuarded);
  const others = live(watch).filter((one) => one.lease.isProbe);
  if (isModelGuarded) expect(others.filter((one) => targetOf(one.lease) === targetOf(lease))).toEqual([]);
}

async function settle(admission: AnyAdmission, step: Step & { type: 'settle' }, watch: Watch): Promise<void> {
  const held = [...watch.held.values()][step.pick % Math.max(1, watch.held.size)];
  if (!held) return;
  watch.held.delete(held.lease.id);
  await admission.settle(held.lease, step.settlement);
  const isInTime = held.endsMs > watch.nowMs;
  // To a server whose clock was set back a lease that has ended may be alive: then it takes the settlement.
  if (!isInTime && !watch.isClockSet) return;
  const charge = chargeOf(step.settlement.usage, 5);
  held.admission.tokens = Math.min(held.reserveTokens, charge);
  if (isInTime && charge > held.reserveTokens)
    watch.debts.push({ atMs: watch.nowMs, tokens: charge - held.reserveTokens });
}

function expectMonotone(before: ThrottleSnapshot, after: ThrottleSnapshot): void {
  for (const old of before.models) {
    const now = after.models.find((one) => targetOf(one) === targetOf(old));
    if (old.coolingUntilMs !== null && now?.coolingUntilMs)
      expect(now.coolingUntilMs).toBeGreaterThanOrEqual(old.coolingUntilMs);
  }
}

async function runHistory(create: (typeof implementations)[number]['create'], steps: readonly Step[]): Promise<void> {
  const clock = createServerClock();
  const created: Created = await create(limits, clock);
  const { admission } = created;
  const watch: Watch = {
    nowMs: 0,
    isClockSet: false,
    held: new Map(),
    admissions: [],
    debts: [],
    snapshot: await admission.snapshot(),
  };
  for (const step of steps) {
    if (step.type === 'admit') await admit(admission, step, watch);
    if (step.type === 'settle') await settle(admission, step, watch);
    if (step.type === 'renew') {
      const held = live(watch)[step.pick % Math.max(1, live(watch).length)];
      if (held) {
        expect(await admission.renew(held.lease)).toBe(true);
        held.endsMs = watch.nowMs + limits.leaseTtlMs;
      }
    }
    if (step.type === 'clock') watch.isClockSet = true;
    if (step.type === 'clock') clock.jump(step.ms);
    if (step.type === 'advance') {
      clock.advance(step.ms);
      watch.nowMs += step.ms;
    }
    const snapshot = await admission.snapshot();
    if (!watch.isClockSet) expectMonotone(watch.snapshot, snapshot);
    watch.snapshot = snapshot;
  }
  // A clock that was set back is noticed by the next that changes something; the time until then is lost.
  await admission.renew({ id: '1:nobody', modelKey: 'one', region: 'east', isProbe: false });
  clock.advance(100_000);
  expect(await admission.snapshot()).toMatchObject({
    requestsPerMinute: { used: 0 },
    concurrentRequests: { used: 0 },
    tokensPerMinute: { used: 0 },
    waiting: 0,
  });
  await admission.admit(
    {
      holder: 'after',
      priority: 'analysis',
      candidates: [candidateOf({ modelKey: 'fresh', region: 'fresh', reserveTokens: 5_000 })],
    },
    signal,
  );
  expect((await admission.snapshot()).concurrentRequests.used).toBe(1);
  await created.close();
}

test.each([
  { ...implementations[0], numRuns: 400 },
  { ...implementations[1], numRuns: 25 },
])(
  '$name: limits are exact, probes single, cooldowns monotone, and no crash leaks anything',
  { timeout: 120_000 },
  async ({ create, numRuns }) => {
    const backwards = [-3_600_000, -45_000, -1_000, -1];
    const property = fc.asyncProperty(histories(backwards), (steps) => runHistory(create, steps));
    const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns });
    expect(failed, `${JSON.stringify(counterexample)} ${String(errorInstance)}`).toBe(false);
  },
);
