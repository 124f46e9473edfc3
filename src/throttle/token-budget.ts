import type { TokenUsage } from '../models/model-types.ts';
import type { LimitWait } from './request-queue.ts';
import type { UsageLimits } from './throttle-limits.ts';
import { windowMs } from './throttle-limits.ts';

/*
 * Layer 2, token budget: at most T tokens, reserved or charged, in any 60 s.
 *
 * State        entries   (id, time, tokens) of the last 60 s, and their total
 * Transitions  admit     + entry (now, reservation), if total + reservation <= T
 *              settle    charge = input + cache writes + burndown x output; cache reads are free
 *                        charge <= reservation: the entry shrinks to the charge; it keeps the time of its admission
 *                        charge >  reservation: the entry stays, and the excess becomes an entry of its own at the time of settling: the debt
 *              time      entries leave when they are more than 60 s old, settled or not
 *
 * Guarantee    At every admission, total <= T. In any 60 s, what was admitted and what was owed together are at most T + the debts
 *              stamped in that window; debt blocks admissions until it has left. A lease that ends unsettled leaves its whole reservation
 *              charged until 60 s after its admission, and nothing after that: no crash leaks tokens.
 * Not          A call that runs for longer than the window is charged in the window in which it started, as Bedrock reserves it; only
 *              its debt falls where it ends. What a call uses after its lease ended is not known, so it is not charged.
 *
 * A request that reserves more than T can never pass, here or at Bedrock: it is refused at once (SKIPPED_TOO_LARGE), not left waiting.
 */
export type TokenBudget = { entries: TokenEntry[]; total: number };
type TokenEntry = { readonly id: string; readonly atMs: number; tokens: number };

export const emptyTokenBudget = (): TokenBudget => ({ entries: [], total: 0 });

export function forgetTokens(budget: TokenBudget, nowMs: number): void {
  const found = budget.entries.findIndex((entry) => entry.atMs >= nowMs - windowMs);
  for (const entry of budget.entries.splice(0, found === -1 ? budget.entries.length : found))
    budget.total -= entry.tokens;
}

export const hasTokens = (
  budget: TokenBudget,
  limits: UsageLimits,
  aheadTokens: number,
  reserveTokens: number,
): boolean => budget.total + aheadTokens + reserveTokens <= limits.tokensPerMinute;

export function reserveTokens(budget: TokenBudget, entry: TokenEntry): void {
  budget.entries.push(entry);
  budget.total += entry.tokens;
}

/** Quota tokens of a usage, rounded up. */
export const chargeOf = (usage: TokenUsage | null, outputBurndown: number): number =>
  usage === null ? 0 : Math.ceil(usage.inputTokens + usage.cacheWriteTokens + outputBurndown * usage.outputTokens);

/** `id` is the lease's; the debt gets an id of its own beside it. */
export function settleTokens(
  budget: TokenBudget,
  lease: { readonly id: string; readonly reserveTokens: number },
  chargeTokens: number,
  nowMs: number,
): void {
  const entry = budget.entries.find(({ id }) => id === lease.id);
  if (entry) {
    const kept = Math.min(lease.reserveTokens, chargeTokens);
    budget.total += kept - entry.tokens;
    entry.tokens = kept;
    if (kept === 0) budget.entries.splice(budget.entries.indexOf(entry), 1);
  }
  const debtTokens = chargeTokens - lease.reserveTokens;
  if (debtTokens > 0) reserveTokens(budget, { id: `${lease.id}d`, atMs: nowMs, tokens: debtTokens });
}

/** Null when nothing holds it up. Those ahead in the line are taken to need as much each. */
export function tokenWait(
  budget: TokenBudget,
  limits: UsageLimits,
  at: { nowMs: number; aheadTokens: number; rank: number; reserveTokens: number; running: number },
): LimitWait | null {
  if (hasTokens(budget, limits, at.aheadTokens, at.reserveTokens)) return null;
  const untilFreeMs = (rank: number): number =>
    freeWaitMs(budget, limits, budget.total + (rank + 1) * at.reserveTokens - limits.tokensPerMinute, at.nowMs);
  const firstMs = untilFreeMs(0);
  // A running call may settle below its reservation at any moment; without one, only time helps.
  const pollMs = Math.min(1_000, Math.max(50, Math.floor(firstMs / 20)));
  const soonestMs = at.running > 0 ? Math.min(firstMs, pollMs) : firstMs;
  return { cause: 'tokens', soonestMs, firstMs, expectedMs: untilFreeMs(at.rank) };
}

function freeWaitMs(budget: TokenBudget, limits: UsageLimits, needTokens: number, nowMs: number): number {
  if (needTokens <= 0) return 0;
  let freed = 0;
  let waitMs = 0;
  for (const entry of budget.entries) {
    freed += entry.tokens;
    waitMs = entry.atMs + windowMs + 1 - nowMs;
    if (freed >= needTokens) return waitMs;
  }
  return waitMs + Math.ceil((needTokens - freed) / limits.tokensPerMinute) * (windowMs + 1);
}

/** A member of the sorted set is `<id>:<tokens>`, its score the time. For the fleet's use, or a model's own. */
export const forgetTokensLua = `
local function forgetTokens(key, tokens, oldest)
  local batch = 2
  while tokens > 0 and oldest < now - WINDOW do
    local entries = redis.call('ZRANGE', key, 0, batch - 1, 'WITHSCORES')
    batch = math.min(batch * 4, 128)
    local old = 0
    while old < #entries / 2 and tonumber(entries[2 * old + 2]) < now - WINDOW do
      tokens = tokens - string.match(entries[2 * old + 1], '%d+$')
      old = old + 1
    end
    if old > 0 then redis.call('ZREMRANGEBYRANK', key, 0, old - 1) end
    -- As for the list of requests: without the key there is nothing to believe.
    if #entries == 0 then tokens = 0 end
    oldest = tonumber(entries[2 * old + 2]) or 0
  end
  return tokens, oldest
end
`;

export const tokenWaitLua = `
local function freeWaits(use, limits, firstNeed, need)
  local freed, wait, first, from = 0, 0, firstNeed <= 0 and 0 or nil, 0
  if need <= 0 then return 0, 0 end
  while true do
    local entries = redis.call('ZRANGE', use.tokensKey, from, from + 31, 'WITHSCORES')
    for i = 1, #entries, 2 do
      freed = freed + string.match(entries[i], '%d+$')
      wait = entries[i + 1] + WINDOW + 1 - now
      if not first and freed >= firstNeed then first = wait end
      if freed >= need then return first, wait end
    end
    if #entries < 64 then break end
    from = from + 32
  end
  local function beyond(tokens) return wait + math.ceil((tokens - freed) / limits.tokens) * (WINDOW + 1) end
  return first or beyond(firstNeed), beyond(need)
end

local function tokenWait(use, limits, aheadTokens, rank, reserve, add)
  if use.tokens + aheadTokens + reserve <= limits.tokens then return end
  local firstNeed = use.tokens + reserve - limits.tokens
  local first, expected = freeWaits(use, limits, firstNeed, firstNeed + rank * reserve)
  local soonest = first
  if use.running > 0 then soonest = math.min(first, 1000, math.max(50, math.floor(first / 20))) end
  add('tokens', soonest, first, expected)
end
`;

/** Takes the lease unpacked, and `leaseId`, its seq as text. Answers the new total and the time of its oldest entry. */
export const settleTokensLua = `
local function settleTokens(key, tokens, oldest)
  local kept = math.min(leaseReserve, charge)
  if kept < leaseReserve and redis.call('ZREM', key, leaseId .. ':' .. leaseReserve) == 1 then
    if kept > 0 then redis.call('ZADD', key, leaseAt, leaseId .. ':' .. kept) end
    tokens = tokens + kept - leaseReserve
  end
  local debt = charge - leaseReserve
  if debt > 0 then
    redis.call('ZADD', key, now, leaseId .. 'd:' .. debt)
    if tokens == 0 then oldest = now end
    tokens = tokens + debt
  end
  return tokens, oldest
end
`;
