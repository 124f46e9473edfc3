import type { AdmissionRequest } from './admission-port.ts';
import { windowMs } from './throttle-limits.ts';

/*
 * The line before layers 1 and 2: who goes first when places or tokens are short.
 *
 * State        waiter    order: chat before analysis, then by arrival; due: when it was told to ask again; what it needs: tokens, target
 * Transitions  refused by layer 1 or 2    joins, or keeps its place, with a new due time
 *              admitted, or refused by another layer    leaves
 *              not back 2 s after its due time          leaves: it is dead, cancelled, or late
 *
 * A waiter's share (one place, its tokens) is kept from those behind it while it is about to ask: from 250 ms before its due time. For a
 * chat, and for the first of the line when it has waited for a whole window, from 2 s before; and these ask every 2 s at least, unless it
 * is certain that nothing comes earlier. So a chat's share is kept at all times, and small requests cannot use up for ever what a
 * large one waits for.
 *
 * Guarantee    A waiting chat gets the next place that could serve it before any analysis. Nobody overtakes a waiter that is about to ask.
 *              The dead block nobody for more than 2 s after the time at which they would have asked.
 * Not          It is no queue: places are not handed out, waiters ask. A late one loses its place. Turns between tenants are the job
 *              queue's business.
 *
 * Thundering herd: the time to ask again grows with the rank in the line. The first comes when its place is free, one that has others
 * before it after half of the time that those will probably take, but no more than 30 s after the first: some may be dead, and a place must not
 * stand empty.
 */
export type Waiter = {
  readonly order: number;
  readonly joinedMs: number;
  readonly dueMs: number;
  readonly reserveTokens: number;
  readonly target: string;
};

export type WaitingLine = Map<string, Waiter>;

/** What those ahead need, in all and of one target. */
export type Claims = {
  readonly count: number;
  readonly tokens: number;
  ofTarget(target: string): { count: number; tokens: number };
};

const graceMs = 2_000;
const horizonMs = 250;
/** How long before its due time one that must not be overtaken keeps its share, and how often it asks at least. */
export const keeperHorizonMs = 2_000;
/** There is room, but it is kept for others who are about to ask. */
export const promisedPollMs = 50;
/** Those ahead may be dead: nobody asks later than this after the first of the line. */
export const longestStaggerMs = 30_000;
const mostClaims = 256;
/** Above every sequence number (ms since the epoch and counting), within what a double holds exactly. */
const bandWidth = 1e13;

export const orderOf = (priority: AdmissionRequest['priority'], seq: number): number =>
  (priority === 'chat' ? 0 : bandWidth) + seq;

export const isLate = (waiter: Waiter, nowMs: number): boolean => waiter.dueMs <= nowMs - graceMs;

export function forgetLate(line: WaitingLine, nowMs: number): void {
  for (const [holder, waiter] of line) if (isLate(waiter, nowMs)) line.delete(holder);
}

export function rankOf(line: WaitingLine, order: number): number {
  let ahead = 0;
  for (const waiter of line.values()) if (waiter.order < order) ahead += 1;
  return ahead;
}

/** Chats, and the first of the line when it has waited for a whole window, are not overtaken. */
export const isKeeper = (waiter: { order: number; joinedMs: number }, isFirst: boolean, nowMs: number): boolean =>
  waiter.order < bandWidth || (isFirst && waiter.joinedMs <= nowMs - windowMs);

export function claimsAhead(line: WaitingLine, order: number, nowMs: number): Claims {
  let near: [string, Waiter][] = [];
  let first = Infinity;
  for (const entry of line) {
    if (entry[1].dueMs <= nowMs + keeperHorizonMs) near.push(entry);
    if (entry[1].order < first) first = entry[1].order;
  }
  if (near.length > mostClaims)
    near = near.sort(([a, x], [b, y]) => x.dueMs - y.dueMs || (a < b ? -1 : 1)).slice(0, mostClaims);
  const claims: Waiter[] = [];
  for (const [, waiter] of near) {
    const isNow = waiter.dueMs <= nowMs + horizonMs || isKeeper(waiter, waiter.order === first, nowMs);
    if (isNow && waiter.order < order) claims.push(waiter);
  }
  return claims.length === 0 ? noClaims : sumOf(claims);
}

const sumOf = (waiters: readonly Waiter[]): Claims => ({
  count: waiters.length,
  tokens: waiters.reduce((sum, waiter) => sum + waiter.reserveTokens, 0),
  ofTarget: (target) => sumOf(waiters.filter((waiter) => waiter.target === target)),
});

const noClaims: Claims = sumOf([]);

/**
 * Sets `claims`, a list of {tokens, target} or nil when nobody waits, `mine`, this holder's order, `isWaiting`, `joined`, the time since when as
 * text, and `leaveLine`. Members of LINE (by order) and DUE (by due time) are holders; the rest of a waiter is the field
 * `claim:<holder>`: `<tokens> <joined> <target>`.
 */
export const claimsAheadLua = `
local mine, isWaiting, joined, claims, leaveLine = (priority == 'chat' and 0 or ${bandWidth}) + seq + 1, false
if waiting > 0 then
  claims = {}
  leaveLine = function(other)
    if redis.call('ZREM', LINE, other) == 0 then return end
    redis.call('ZREM', DUE, other)
    redis.call('HDEL', STATE, 'claim:' .. other)
    waiting = waiting - 1
  end
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', now - ${graceMs})) do leaveLine(other) end
  local order = redis.call('ZSCORE', LINE, holder)
  if order then
    mine, isWaiting = tonumber(order), true
    joined = string.match(redis.call('HGET', STATE, 'claim:' .. holder) or '', '^%d+ (%d+) ')
  end
  local near = redis.call('ZRANGEBYSCORE', DUE, '-inf', now + ${keeperHorizonMs}, 'WITHSCORES', 'LIMIT', 0, ${mostClaims})
  local holders, fields = {}, {}
  for i = 1, #near, 2 do holders[#holders + 1], fields[#fields + 1] = near[i], 'claim:' .. near[i] end
  if #holders > 0 then
    local orders, texts = redis.call('ZMSCORE', LINE, unpack(holders)), redis.call('HMGET', STATE, unpack(fields))
    local first = redis.call('ZRANGE', LINE, 0, 0)[1]
    for i, text in ipairs(texts) do
      local order = tonumber(orders[i])
      local tokens, since, target = string.match(text or '', '^(%d+) (%d+) (.*)$')
      if order and tokens and order < mine then
        local isKeeper = order < ${bandWidth} or (holders[i] == first and tonumber(since) <= now - WINDOW)
        if isKeeper or tonumber(near[2 * i]) <= now + ${horizonMs} then
          claims[#claims + 1] = { tokens = tonumber(tokens), target = target }
        end
      end
    end
  end
end
`;

/** How many of the claims, and of how many tokens, are for `target`; for any if it is nil. */
export const claimedLua = `
local function claimed(target)
  local count, tokens = 0, 0
  for _, claim in ipairs(claims or {}) do
    if not target or claim.target == target then count, tokens = count + 1, tokens + claim.tokens end
  end
  return count, tokens
end
`;

/** Whether this holder, with `rank` before it, is not overtaken. */
export const isKeeperLua = `mine < ${bandWidth} or (rank == 0 and tonumber(joined or now) <= now - WINDOW)`;

/** After the answer `wait` of layer 1 or 2. */
export const joinLineLua = `
if not isWaiting then
  seq = seq + 1
  waiting = waiting + 1
  redis.call('ZADD', LINE, mine, holder)
end
redis.call('ZADD', DUE, now + blocked.wait, holder)
redis.call('HSET', STATE, 'claim:' .. holder, string.format('%.0f %s %s', blocked.reserve, joined or string.format('%.0f', now), blocked.target))
`;

/** How many wait, of those that are not late. */
export const waitingCountLua = `count(DUE, now - ${graceMs})`;
