import { assertNever } from '../errors.ts';
import type { Lease } from '../throttle/admission-port.ts';
import { costUsd } from './cost.ts';
import { createEventMeter, type EventMeter } from './event-meter.ts';
import { outcomeOf, reasonOf, resultOf, usageOf, type AttemptEnd, type Verdict } from './attempt-verdict.ts';
import type { AttemptRecord, FallbackDeps, FallbackJob } from './fallback-types.ts';
import { keepLease } from './lease-keeper.ts';
import { MalformedOutputError, ModelFailure } from './model-failure.ts';
import { noUsage, type ModelSpec } from './model-types.ts';
import { untilAborted } from './until-aborted.ts';

/** A cancelled run does not wait longer than this for the admission and the observer; they go on behind it. */
const cancelGraceMs = 50;

/**
 * One call of one model under a lease that was taken for it:
 *
 *   announce ──> stream ──> consume ──> settle ──> report
 *
 * Whatever happens, in this order and exactly once: the request is closed, the lease is settled, the attempt is reported. Rejects with the
 * signal's reason when that aborts, and with what `announce`, the consumer or the observer threw.
 */
export async function runAttempt<T>(
  deps: FallbackDeps,
  job: FallbackJob<T>,
  call: { readonly model: ModelSpec; readonly lease: Lease; readonly announce: () => Promise<void> },
): Promise<AttemptEnd<T>> {
  const { model, lease } = call;
  const startedAt = deps.clock.now();
  const startedMs = deps.clock.monotonic();
  const meter = createEventMeter(deps.clock, model, job.request);
  const verdict = await reachVerdict(deps, job, call, meter);
  const usage = usageOf(verdict, meter);
  const record: AttemptRecord = {
    modelKey: model.key,
    region: lease.region,
    outcome: outcomeOf(verdict),
    startedAt,
    durationMs: Math.round(deps.clock.monotonic() - startedMs),
    firstTokenMs: roundOrNull(meter.firstTokenMs()),
    reason: reasonOf(verdict),
    usage: usage ?? noUsage,
    costUsd: costUsd(usage ?? noUsage, model),
  };
  const conclude = async () => {
    const settlement = { result: resultOf(verdict, meter), usage };
    await deps.admission.settle(lease, settlement).catch((error: unknown) => job.observer.settlementLost(error));
    await job.observer.attemptEnded(record);
  };
  if (verdict.end === 'cancelled') {
    await withinGrace(deps, conclude());
    throw verdict.error;
  }
  await conclude();
  switch (verdict.end) {
    case 'broken':
      throw verdict.error;
    case 'succeeded':
      return { ...verdict, costUsd: record.costUsd };
    case 'failed':
    case 'leaseLost':
      return verdict;
    default:
      return assertNever(verdict);
  }
}

async function reachVerdict<T>(
  deps: FallbackDeps,
  job: FallbackJob<T>,
  { model, lease, announce }: { model: ModelSpec; lease: Lease; announce: () => Promise<void> },
  meter: EventMeter,
): Promise<Verdict<T>> {
  const attempt = new AbortController();
  const cancel = () => attempt.abort(job.signal.reason);
  job.signal.addEventListener('abort', cancel, { once: true });
  let isLeaseLost = false;
  const onLost = () => {
    isLeaseLost = true;
    attempt.abort(new Error('The lease ended'));
  };
  const keeper = keepLease(deps.admission, lease, { clock: deps.clock, leaseTtlMs: deps.policy.leaseTtlMs, onLost });
  let events: ReturnType<EventMeter['watch']> | null = null;
  try {
    job.signal.throwIfAborted();
    await untilAborted(announce(), attempt.signal);
    events = meter.watch(deps.client.stream(model, lease.region, job.request, attempt.signal));
    const value = await untilAborted(job.consume(events, model), attempt.signal);
    const completed = meter.completed();
    if (completed) return { end: 'succeeded', value, stopReason: completed.stopReason, usage: completed.usage };
    return { end: 'broken', error: new Error('The consumer stopped reading before the end of the answer') };
  } catch (error) {
    if (job.signal.aborted) return { end: 'cancelled', error: job.signal.reason };
    const hasDelivered = meter.hasDelivered();
    if (isLeaseLost) return { end: 'leaseLost', hasDelivered };
    const streamError = meter.streamError()?.error;
    if (streamError instanceof ModelFailure) {
      return { end: 'failed', failure: streamError.failure, reason: streamError.message, hasDelivered };
    }
    if (error instanceof MalformedOutputError) {
      return {
        end: 'failed',
        failure: { kind: 'malformedOutput', repair: error.repair },
        reason: `${error.name}: ${error.message}`,
        hasDelivered,
      };
    }
    return { end: 'broken', error };
  } finally {
    keeper.stop();
    job.signal.removeEventListener('abort', cancel);
    attempt.abort();
    // A consumer that was left behind does not hold the request open.
    events?.return().catch(() => undefined);
  }
}

async function withinGrace(deps: FallbackDeps, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  await Promise.race([
    work.catch(() => undefined),
    deps.clock.sleep(cancelGraceMs, over.signal).catch(() => undefined),
  ]);
  over.abort();
}

const roundOrNull = (ms: number | null) => (ms === null ? null : Math.round(ms));
