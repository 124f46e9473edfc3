import { breakerGateLua } from './circuit-breaker.ts';
import { cooldownGateLua } from './model-cooldown.ts';
import { forgetRequestsLua, placeWaitsLua } from './request-queue.ts';
import { backoffWaitLua } from './retry-backoff.ts';
import { beginLua, limitsLua, packLeaseLua, saveLua, unpackLeaseLua } from './script-frame.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { forgetTokensLua, tokenWaitLua } from './token-budget.ts';
import { correctEstimateLua } from './token-estimate.ts';
import {
  claimedLua,
  claimsAheadLua,
  isKeeperLua,
  joinLineLua,
  keeperHorizonMs,
  longestStaggerMs,
  promisedPollMs,
} from './waiting-line.ts';

/*
 * The five layers joined into one script: one round trip, atomic. admission-model.ts says the same in TypeScript. Nothing is written
 * before it is certain that the request is admitted, apart from time, what time ends, and the line.
 *
 * ARGV  3 priority, 4 a line per candidate: `<reserved> <the estimated part of it> <burndown> <region>/<model key>`
 * KEYS  9...: for every candidate whose model has limits of its own, its requests and its tokens
 * Reply `admitted <seq> <1 if probe> <skips> <target>`, `wait <cause> <ms> <expected ms> <skips> <target>` or `unavailable <skips>`
 */
export const admitScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${beginLua}
if packedLease then
  ${unpackLeaseLua('packedLease')}
  ${saveLua()}
  return string.format('admitted %.0f %d  %s', leaseSeq, leaseProbe, leaseTarget)
end
local priority, skips, blocked, ownKey = ARGV[3], '', false, 9
${backoffWaitLua}
${claimsAheadLua}
if backoff > 0 then blocked = { cause = 'backoff', target = '', wait = backoff, expected = backoff } end

local candidates = backoff > 0 and '' or ARGV[4]
for reserve, estimate, burndown, target, region, model in string.gmatch(candidates, '(%d+) (%d+) (%S+) (([^/]*)/([^\\n]*))\\n') do
  reserve = tonumber(reserve)
  local ownLimits, mark, itsBlocked, isProbe, gates, own = OWN[model], false, false, false, false, false
  local most = ownLimits and math.min(ownLimits.tokens, MAX_TOKENS) or MAX_TOKENS
  local known = redis.call('HMGET', MODELS, 'breaker:' .. region, 'breaker:' .. target, 'cooldown:' .. target, 'estimate:' .. model)
  if reserve > most then
    mark = 'L'
  elseif known[1] or known[2] or known[3] then
    ${gatesLua()}
  end
  reserve = math.max(1, math.min(most, reserve - estimate + ${correctEstimateLua('estimate', 'known[4]')}))
  if ownLimits then
    if not mark then
      ${ownLimitsLua()}
    end
    ownKey = ownKey + 2
  end

  if mark then
    skips = skips .. mark
    if itsBlocked and (not blocked or itsBlocked.wait < blocked.wait) then blocked = itsBlocked end
  else
    ${fleetLimitsLua()}
    if not blocked then
      ${takeLua()}
      return string.format('admitted %.0f %s %s %s', seq, isProbe and '1' or '0', skips, target)
    end
    break
  end
end

${refuseLua()}
`;

/** Layers 3 and 4: sets `gates`, `isProbe`, and `mark` with `itsBlocked` when the model is not available. */
const gatesLua = (): string => `
${cooldownGateLua}
${breakerGateLua}
local untilMs, cause = 0, false
gates = {}
for i = 1, 3 do
  if known[i] then
    local gate, itsUntil = (i == 3 and cooldownGate or breakerGate)(known[i])
    gates[i] = gate
    if gate == 'retired' then mark = 'R' end
    if gate == 'probe' then isProbe = true end
    if gate == 'shut' and itsUntil > untilMs then untilMs, cause = itsUntil, i == 3 and 'cooldown' or 'circuit' end
  end
end
if cause and not mark then
  mark = cause == 'cooldown' and 'C' or 'O'
  itsBlocked = { cause = cause, target = target, wait = untilMs - now, expected = untilMs - now }
end
`;

/** What holds up a request that `use` has no room for; `limitWait(...)`. */
const limitWaitLua = `
${placeWaitsLua}
${tokenWaitLua}
local function limitWait(use, limits, ahead, aheadTokens)
  local rank = waiting > 0 and redis.call('ZCOUNT', LINE, '-inf', string.format('(%.0f', mine)) or 0
  local soonest, first, expected, cause, certain = 0, 0, -1, false, 0
  local function add(itsCause, itsSoonest, itsFirst, itsExpected)
    if itsCause == 'rate' then certain = itsFirst end
    soonest, first = math.max(soonest, itsSoonest), math.max(first, itsFirst)
    if itsExpected > expected then expected, cause = itsExpected, itsCause end
  end
  placeWaits(use, limits, ahead, rank, add)
  tokenWait(use, limits, aheadTokens, rank, reserve, add)
  if soonest == 0 then soonest = ${promisedPollMs} end
  local wait = soonest + math.min(${longestStaggerMs}, math.floor((expected - first) / 2))
  if ${isKeeperLua} then wait = math.min(wait, math.max(certain, ${keeperHorizonMs})) end
  return { cause = cause, target = target, wait = wait, expected = math.max(expected, wait), reserve = reserve }
end
`;

/** Layers 1 and 2 for a model with limits of its own: reads its use into `own`, sets `mark` and `itsBlocked` when it has no room. */
const ownLimitsLua = (): string => `
${forgetRequestsLua}
${forgetTokensLua}
${claimedLua}
local counts = redis.call('HMGET', STATE, 'requests@' .. target, 'oldestRequest@' .. target, 'tokens@' .. target,
  'oldestTokens@' .. target, 'running@' .. target)
for i = 1, 5 do counts[i] = tonumber(counts[i]) or 0 end
own = { requestsKey = KEYS[ownKey], tokensKey = KEYS[ownKey + 1], running = counts[5] }
own.requests, own.oldestRequest = forgetRequests(own.requestsKey, counts[1], counts[2])
own.tokens, own.oldestTokens = forgetTokens(own.tokensKey, counts[3], counts[4])
own.save = function()
  redis.call('HSET', STATE, 'requests@' .. target, own.requests, 'oldestRequest@' .. target, own.oldestRequest,
    'tokens@' .. target, own.tokens, 'oldestTokens@' .. target, own.oldestTokens, 'running@' .. target, own.running)
end
local ahead, aheadTokens = claimed(target)
if own.requests + ahead >= ownLimits.requests or own.running + ahead >= ownLimits.running
  or own.tokens + aheadTokens + reserve > ownLimits.tokens then
  ${limitWaitLua}
  mark, itsBlocked = '-', limitWait(own, ownLimits, ahead, aheadTokens)
  own.save()
end
`;

/** Layers 1 and 2 for the fleet: `blocked` when it has no room, else false. */
const fleetLimitsLua = (): string => `
if requests > 0 and oldestRequest < now - WINDOW then
  ${forgetRequestsLua}
  requests, oldestRequest = forgetRequests(REQUESTS, requests, oldestRequest)
end
if tokens > 0 and oldestTokens < now - WINDOW then
  ${forgetTokensLua}
  tokens, oldestTokens = forgetTokens(TOKENS, tokens, oldestTokens)
end
local ahead, aheadTokens = 0, 0
if claims then
  ${claimedLua}
  ahead, aheadTokens = claimed()
end
blocked = false
if requests + ahead >= MAX_REQUESTS or running + ahead >= MAX_RUNNING or tokens + aheadTokens + reserve > MAX_TOKENS then
  ${limitWaitLua}
  local use = { requests = requests, requestsKey = REQUESTS, tokens = tokens, tokensKey = TOKENS, running = running }
  blocked = limitWait(use, { requests = MAX_REQUESTS, running = MAX_RUNNING, tokens = MAX_TOKENS }, ahead, aheadTokens)
  if own then own.save() end
end
`;

/** Admitted: every layer takes its share. */
const takeLua = (): string => `
seq = seq + 1
local entry = string.format('%.0f:%.0f', seq, reserve)
redis.call('RPUSH', REQUESTS, now)
redis.call('ZADD', TOKENS, now, entry)
redis.call('ZADD', LEASES, now + LEASE_TTL, holder)
if requests == 0 then oldestRequest = now end
if tokens == 0 then oldestTokens = now end
if running == 0 then nextEnd = now + LEASE_TTL end
requests, tokens, running = requests + 1, tokens + reserve, running + 1
if own then
  redis.call('RPUSH', own.requestsKey, now)
  redis.call('ZADD', own.tokensKey, now, entry)
  if own.requests == 0 then own.oldestRequest = now end
  if own.tokens == 0 then own.oldestTokens = now end
  own.requests, own.tokens, own.running = own.requests + 1, own.tokens + reserve, own.running + 1
  own.save()
end
if isProbe then
  -- A probe's sequence number is the last word of a cooldown or breaker.
  local fields = { 'breaker:' .. region, 'breaker:' .. target, 'cooldown:' .. target }
  for i = 1, 3 do
    if gates[i] == 'probe' then redis.call('HSET', MODELS, fields[i], (string.gsub(known[i], '0$', string.format('%.0f', seq)))) end
  end
end
if isWaiting then leaveLine(holder) end
${saveLua(`'lease:' .. holder, ${packLeaseLua}`)}
`;

/** Refused: joins the line when it is for places or tokens, else leaves it. */
const refuseLua = (): string => `
if blocked and blocked.reserve then
  ${joinLineLua}
elseif isWaiting then
  leaveLine(holder)
end
${saveLua()}
if not blocked then return 'unavailable ' .. skips end
return string.format('wait %s %.0f %.0f %s %s', blocked.cause, blocked.wait, blocked.expected, skips, blocked.target)
`;
