import type { ThrottleSnapshot } from '../throttle/admission-port.ts';

/** How busy the whole fleet is. "Ago" counts back from now. */
export type FleetLoad = {
  readonly snapshot: Pick<
    ThrottleSnapshot,
    'requestsPerMinute' | 'concurrentRequests' | 'tokensPerMinute' | 'meanDurationMs' | 'meanChargeTokens'
  >;
  /** Jobs that the workers which are there can run at once. */
  readonly slots: number;
  /** Analyses that may still start before `resetMs` have passed, and in every minute from then on. */
  readonly starts: { readonly left: number; readonly resetMs: number; readonly perMinute: number };
  /** Until any model may be called: 0 when one may be called now, Infinity when nobody knows. */
  readonly pausedMs: number;
  /** What a call reserves beside its input: its longest answer. */
  readonly maxTokens: number;
  /** The analyses that workers have now. */
  readonly running: readonly { readonly startedAgoMs: number; readonly isOwn: boolean }[];
  /** Calls of models that have ended within the last minutes. */
  readonly calls: readonly { readonly startedAgoMs: number; readonly hasSucceeded: boolean }[];
};

const windowMs = 60_000;
/** Of what a review is charged; the rest is its answer, which counts five times. */
const inputShare = 1 / 3;
/** As many calls that needed no second one are taken for granted, until there are more to go by. */
const priorCalls = 5;
/** A backlog that is longer goes on at the pace of its beginning. */
const mostSteps = 5_000;

/**
 * How long it will probably take until a document's last analysis has ended, in ms. `toStart` is how many jobs of the whole fleet no worker
 * has yet and start before that one does, itself included; 0 when workers have all of the document's own. Null before the first call has
 * told how long one takes, and while there is no worker or no model that can be called.
 *
 * Every job passes two gates, one after the other, and then takes d, the mean duration of the calls before it:
 *
 *   taken up   t(i) = max( t(i-1), end of job i - S, its minute's beginning )            S  jobs that the workers can run at once
 *   called     c(i) = max( c(i-1), t(i), end of job i - C, r(i) + 60 s, k(i) + 60 s )    C  calls at once
 *   ends       c(i) + d
 *
 *   its minute     the queue lets so many analyses start per minute
 *   r(i)           the request that has to be a minute old: the R-th before this one, R requests per minute; an analysis takes q of them,
 *                  as those of the last minutes did: fallbacks and retries
 *   k(i)           the call that has to be a minute old: the K-th before this one, K calls that the token budget T has room for. A call holds
 *                  its reservation w (longest answer, and a third of its charge as input) while it runs, and its mean charge g for the rest
 *                  of the minute: K = 1 + (T - w) / (a w + (1 - a) g) with a = d / 60 s
 *
 * What the last minute has seen stands before the first job. What is asked for later, waits after failures and changes of d are not
 * foreseen.
 */
export function estimateRemainingMs(load: FleetLoad, toStart: number): number | null {
  const { snapshot, running, starts, pausedMs } = load;
  const durationMs = snapshot.meanDurationMs;
  if (durationMs === null || pausedMs === Infinity || load.slots === 0) return null;
  const inOrder = [...running].sort((a, b) => b.startedAgoMs - a.startedAgoMs);
  const inFlight = Math.min(running.length, snapshot.concurrentRequests.used);
  const waiting = running.length - inFlight;
  const endsMs = endsOf(inOrder.slice(0, inFlight), waiting > 0, durationMs);
  // Behind those that workers have and that wait for their call come those that wait in the queue.
  const lastOwn = inOrder.findLastIndex(({ isOwn }) => isOwn);
  const wanted = toStart > 0 ? waiting + toStart : lastOwn + 1 - inFlight;
  if (wanted <= 0) return endsMs[lastOwn] ?? 0;

  const gates = callGates(load, endsMs, durationMs);
  const steps = Math.min(wanted, mostSteps);
  let takenUpMs = 0;
  let calledMs = pausedMs;
  for (let step = 0; step < steps; step += 1) {
    const queued = step - waiting;
    if (queued >= 0) {
      const minute =
        queued < starts.left ? 0 : starts.resetMs + Math.floor((queued - starts.left) / starts.perMinute) * windowMs;
      takenUpMs = Math.max(takenUpMs, minute, endsMs[inFlight + step - load.slots] ?? 0);
    }
    const placeMs = endsMs[inFlight + step - snapshot.concurrentRequests.limit] ?? 0;
    calledMs = Math.max(calledMs, takenUpMs, placeMs, ...gates.map((gate) => gate.opensMs(step)));
    for (const gate of gates) gate.passesMs(calledMs);
    endsMs.push(calledMs + durationMs);
  }
  return calledMs * (wanted / steps) + durationMs;
}

/** When the calls in flight will probably end, first to last. */
function endsOf(running: FleetLoad['running'], hasWaiters: boolean, durationMs: number): number[] {
  const ends = running.map(({ startedAgoMs }, index) => {
    // Where jobs wait for their call, it says little how long ago one was taken up; calls then end one after the other.
    if (hasWaiters) return ((index + 1) * durationMs) / (running.length + 1);
    return startedAgoMs < durationMs ? durationMs - startedAgoMs : durationMs / 2;
  });
  return ends.sort((a, b) => a - b);
}

function callGates({ snapshot, calls, maxTokens }: FleetLoad, endsMs: readonly number[], durationMs: number) {
  const { requestsPerMinute, tokensPerMinute, meanChargeTokens } = snapshot;
  const succeeded = calls.filter(({ hasSucceeded }) => hasSucceeded);
  const requestsPerCall = (calls.length + priorCalls) / (succeeded.length + priorCalls);
  const charge = Math.max(1, meanChargeTokens ?? 0);
  const reserve = Math.min(tokensPerMinute.limit, maxTokens + charge * inputShare);
  const share = Math.min(1, durationMs / windowMs);
  const byTokens = 1 + (tokensPerMinute.limit - reserve) / (share * reserve + (1 - share) * charge);
  const inFlightMs = endsMs.map((endMs) => endMs - durationMs);
  const past = (of: FleetLoad['calls']): number[] =>
    [...of.map(({ startedAgoMs }) => -startedAgoMs), ...inFlightMs].filter((atMs) => atMs > -windowMs);
  return [
    createGate(past(calls), requestsPerMinute.limit, Math.max(1, requestsPerCall)),
    createGate(past(succeeded), byTokens, 1),
  ];
}

/** Lets `limit` through in any 60 s; one that passes counts `weight` times. Neither is a whole number. */
function createGate(pastMs: readonly number[], limit: number, weight: number) {
  const passedMs = [...pastMs].sort((a, b) => a - b);
  const past = passedMs.length;
  /** The time at a place between two; before all time in front of the first. */
  const at = (place: number): number => {
    const below = passedMs[Math.floor(place)];
    const above = passedMs[Math.ceil(place)];
    if (below === undefined || above === undefined) return -Infinity;
    return below + (above - below) * (place - Math.floor(place));
  };
  return {
    opensMs(step: number): number {
      const place = past + step * weight - Math.max(weight, limit);
      return windowMs + at(place <= past ? place : past + (place - past) / weight);
    },
    passesMs: (atMs: number): void => void passedMs.push(atMs),
  };
}
