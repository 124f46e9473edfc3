import { parseLeaseId, toDecision } from './admission-answer.ts';
import { admit } from './admission-model.ts';
import type { Admission, AdmissionControl } from './admission-port.ts';
import { checkLimits, checkRequest, checkSettlement } from './check-request.ts';
import { backOff, renew, reset, settle, snapshot } from './settlement-model.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { emptyThrottleState } from './throttle-state.ts';

type MemoryAdmissionOptions = { readonly limits: ThrottleLimits; readonly clock: { now(): number } };

/** The reference model behind the port: the five layers for one process alone, in its memory. For simulations in virtual time. */
export function createMemoryAdmission({ limits, clock }: MemoryAdmissionOptions): Admission & AdmissionControl {
  checkLimits(limits);
  const state = emptyThrottleState();
  return {
    async admit(request, signal) {
      checkRequest(request);
      signal.throwIfAborted();
      return toDecision(admit(state, limits, request, clock.now()), request);
    },
    async renew(lease) {
      return renew(state, limits, parseLeaseId(lease.id), clock.now());
    },
    async settle(lease, settlement) {
      checkSettlement(settlement);
      settle(state, limits, parseLeaseId(lease.id), settlement, clock.now());
    },
    async backOff(holder, waitMs) {
      backOff(state, limits, holder, Math.max(0, Math.ceil(waitMs)), clock.now());
    },
    async reset(modelKey, region) {
      reset(state, limits, modelKey, region, clock.now());
    },
    async snapshot() {
      return snapshot(state, limits, clock.now());
    },
  };
}
