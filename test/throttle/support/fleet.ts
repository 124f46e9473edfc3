import { afterEach, describe, expect } from 'vitest';
import type { AdmissionDecision, AdmissionRequest, Lease, Settlement } from '../../../src/throttle/admission-port.ts';
import type { ThrottleLimits } from '../../../src/throttle/throttle-limits.ts';
import type { AnyAdmission, Created, ServerClock } from './admissions.ts';
import { createServerClock, implementations, limitsOf, requestOf } from './admissions.ts';

export type Fleet = {
  readonly admission: AnyAdmission;
  readonly clock: ServerClock;
  ask(holder: string, changed?: Partial<AdmissionRequest>): Promise<AdmissionDecision>;
  /** For those that are sure to be admitted. */
  start(holder: string, changed?: Partial<AdmissionRequest>): Promise<Lease>;
};

export const succeeded: Settlement = { result: { result: 'succeeded' }, usage: null };
export const neutral: Settlement = { result: { result: 'neutral' }, usage: null };
export const throttled = (cooldownMs = 60_000): Settlement => ({
  result: { result: 'throttled', cooldownMs },
  usage: null,
});
export const failed = (scope: 'model' | 'region' = 'model'): Settlement => ({
  result: { result: 'failed', scope },
  usage: null,
});

/** The tests of `body` on the reference model and on Redis. */
export function describeBoth(
  name: string,
  body: (createFleet: (limits?: Partial<ThrottleLimits>) => Promise<Fleet>) => void,
): void {
  describe.each(implementations)(`${name} $name`, ({ create }) => {
    const created: Created[] = [];
    afterEach(async () => {
      await Promise.all(created.splice(0).map((one) => one.close()));
    });
    body(async (limits) => {
      const clock = createServerClock();
      const one = await create(limitsOf(limits), clock);
      created.push(one);
      const { admission } = one;
      const ask: Fleet['ask'] = (holder, changed) =>
        admission.admit(requestOf(holder, changed), new AbortController().signal);
      const start: Fleet['start'] = async (holder, changed) => leaseOf(await ask(holder, changed));
      return { admission, clock, ask, start };
    });
  });
}

export function leaseOf(decision: AdmissionDecision): Lease {
  expect(decision).toMatchObject({ outcome: 'admitted' });
  if (decision.outcome !== 'admitted') throw new Error('not admitted');
  return decision.lease;
}
