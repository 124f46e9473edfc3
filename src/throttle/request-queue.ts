import type { UsageLimits } from './throttle-limits.ts';
import { windowMs } from './throttle-limits.ts';

/*
 * Layer 1, request queue: at most N invocations in any 60 s and C at once.
 *
 * State        stamps    time of every admission of the last 60 s, oldest first (a list)
 *              running   live leases; who holds them until when is in the lease table of the whole admission
 * Transitions  admit     + stamp, + lease that ends at now + TTL
 *              renew     lease ends at now + TTL, unless it has ended
 *              settle    - lease; the stamp stays: the invocation was made
 *              time      stamps leave when they are more than 60 s old; a lease leaves at its end, whether or not its holder lives
 *
 * Guarantee    In any 60 s, however they are laid, at most N admissions; at any moment at most C live leases; for any number of
 *              workers, and whatever they do or fail to do. A dead holder's place is free again at most one TTL after its last renewal.
 * Not          What is limited is admissions. A holder that dawdles between admission and call can bunch its calls; one that goes on
 *              calling after its lease ended (`renew` said so) runs beside its successor. If Redis loses its data, the window starts
 *              empty.
 *
 * Times are floored to ms, so a stamp counts for more than 60,000 ms by the clock: 30 admissions at 0.999 ms and one at 60,000.0 ms
 * would otherwise be 31 within 59,999.001 ms.
 */
export type RequestQueue = { stampsMs: number[]; running: number };

export const emptyRequestQueue = (): RequestQueue => ({ stampsMs: [], running: 0 });

/** How long one limit will hold somebody up. */
export type LimitWait = {
  readonly cause: 'rate' | 'concurrency' | 'tokens';
  /** When it is worth asking again; the exact time where nothing but time can help. */
  readonly soonestMs: number;
  /** When the first of the line will pass, as far as known. */
  readonly firstMs: number;
  /** When the one with this rank in the line will pass. */
  readonly expectedMs: number;
};

export function forgetRequests(queue: RequestQueue, nowMs: number): void {
  const kept = queue.stampsMs.findIndex((stamp) => stamp >= nowMs - windowMs);
  queue.stampsMs.splice(0, kept === -1 ? queue.stampsMs.length : kept);
}

/** Whether there is a place beside those that are promised to others ahead. */
export const hasPlace = (queue: RequestQueue, limits: UsageLimits, ahead: number): boolean =>
  queue.stampsMs.length + ahead < limits.requestsPerMinute && queue.running + ahead < limits.concurrentRequests;

/** The limits that hold up the one with `rank` others before it. Only for limits that `hasPlace` refuses. */
export function placeWaits(
  queue: RequestQueue,
  limits: UsageLimits,
  at: { nowMs: number; ahead: number; rank: number; meanDurationMs: number },
): LimitWait[] {
  const waits: LimitWait[] = [];
  if (queue.stampsMs.length + at.ahead >= limits.requestsPerMinute) {
    const firstMs = rateWaitMs(queue, limits.requestsPerMinute, 0, at.nowMs);
    const expectedMs = rateWaitMs(queue, limits.requestsPerMinute, at.rank, at.nowMs);
    waits.push({ cause: 'rate', soonestMs: firstMs, firstMs, expectedMs });
  }
  if (queue.running + at.ahead >= limits.concurrentRequests) {
    // Nobody knows when a call ends. On average one of C does every mean / C; asking forty times as often leaves a place idle for 1 %.
    const betweenMs = Math.ceil((at.meanDurationMs || assumedDurationMs) / limits.concurrentRequests);
    const releases = queue.running - limits.concurrentRequests + 1;
    waits.push({
      cause: 'concurrency',
      soonestMs: Math.min(250, Math.max(10, Math.floor(betweenMs / 40))),
      firstMs: Math.max(0, releases) * betweenMs,
      expectedMs: Math.max(0, releases + at.rank) * betweenMs,
    });
  }
  return waits;
}

/** Until a first call has told how long calls take. */
const assumedDurationMs = 10_000;

/** Until enough stamps have left; those that waiters ahead will leave themselves come one window after their own turn. */
function rateWaitMs(queue: RequestQueue, limit: number, rank: number, nowMs: number): number {
  const stamps = queue.stampsMs.length;
  const lastToLeave = stamps - limit + rank;
  const windows = lastToLeave < stamps ? 0 : Math.floor((lastToLeave - stamps) / limit) + 1;
  const stamp = queue.stampsMs[lastToLeave - windows * limit];
  return windows * (windowMs + 1) + (stamp === undefined ? 0 : stamp + windowMs + 1 - nowMs);
}

/** For the fleet's use, or a model's own. */
export const forgetRequestsLua = `
local function forgetRequests(key, requests, oldest)
  -- Mostly one has to go: whoever reads more pays for it.
  local batch = 2
  while requests > 0 and oldest < now - WINDOW do
    local stamps = redis.call('LRANGE', key, 0, batch - 1)
    batch = math.min(batch * 4, 128)
    local old = 0
    while old < #stamps and tonumber(stamps[old + 1]) < now - WINDOW do old = old + 1 end
    if old > 0 then redis.call('LTRIM', key, old, -1) end
    -- An empty list under a count above 0: the server evicted the key. Believing the count would hang here for ever.
    requests = #stamps == 0 and 0 or requests - old
    oldest = tonumber(stamps[old + 1]) or 0
  end
  return requests, oldest
end
`;

export const placeWaitsLua = `
local function rateWait(use, limits, rank)
  local lastToLeave = use.requests - limits.requests + rank
  local windows = 0
  if lastToLeave >= use.requests then windows = math.floor((lastToLeave - use.requests) / limits.requests) + 1 end
  local index = lastToLeave - windows * limits.requests
  local stamp = index >= 0 and tonumber(redis.call('LINDEX', use.requestsKey, index))
  return windows * (WINDOW + 1) + (stamp and stamp + WINDOW + 1 - now or 0)
end

local function placeWaits(use, limits, ahead, rank, add)
  if use.requests + ahead >= limits.requests then
    local first = rateWait(use, limits, 0)
    add('rate', first, first, rateWait(use, limits, rank))
  end
  if use.running + ahead >= limits.running then
    local between = math.ceil((meanDuration == 0 and ${assumedDurationMs} or meanDuration) / limits.running)
    local releases = use.running - limits.running + 1
    add('concurrency', math.min(250, math.max(10, math.floor(between / 40))),
      math.max(0, releases) * between, math.max(0, releases + rank) * between)
  end
end
`;
