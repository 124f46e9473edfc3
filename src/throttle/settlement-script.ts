import { breakerAfterVerdictLua } from './circuit-breaker.ts';
import { cooldownAfterCallLua } from './model-cooldown.ts';
import { movingAverageLua } from './moving-average.ts';
import { registerBackoffLua } from './retry-backoff.ts';
import { beginLua, endLeaseLua, limitsLua, readLua, saveLua, unpackLeaseLua } from './script-frame.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { settleTokensLua } from './token-budget.ts';
import { learnEstimateLua } from './token-estimate.ts';
import { waitingCountLua } from './waiting-line.ts';

/* The scripts of all that happens beside `admit`; settlement-model.ts says the same in TypeScript. */

/** ARGV 3 seq. Reply 1, or 0 when the lease had ended. */
export const renewScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${beginLua}
local isLive = packedLease and struct.unpack('<d', packedLease) == tonumber(ARGV[3])
if isLive then redis.call('ZADD', LEASES, now + LEASE_TTL, holder) end
${saveLua()}
return isLive and 1 or 0
`;

/**
 * ARGV  3 seq, 4 result, 5 cooldown ms, 6 scope of a failure, then if the usage is known: 7 input, 8 output, 9 cache read, 10 cache written
 * KEYS  5: tokens of the lease's model, used when it was admitted under limits of its own
 * Reply 1, or 0 when the lease had ended: nothing changed then
 */
export const settleScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${beginLua}
local leaseId, result, charge, actual = ARGV[3], ARGV[4], 0, 0
if not packedLease or struct.unpack('<d', packedLease) ~= tonumber(leaseId) then
  ${saveLua()}
  return 0
end
${unpackLeaseLua('packedLease')}
if ARGV[7] then
  local input, cacheWrite = tonumber(ARGV[7]), tonumber(ARGV[10])
  charge = math.ceil(input + cacheWrite + leaseBurndown * ARGV[8])
  actual = input + cacheWrite + ARGV[9]
end

local who = holder
${endLeaseLua}
${settleTokensLua}
tokens, oldestTokens = settleTokens(TOKENS, tokens, oldestTokens)
if leaseOwn == 1 then
  local counts = redis.call('HMGET', STATE, 'tokens@' .. leaseTarget, 'oldestTokens@' .. leaseTarget)
  local own, oldest = settleTokens(KEYS[5], tonumber(counts[1]) or 0, tonumber(counts[2]) or 0)
  redis.call('HSET', STATE, 'tokens@' .. leaseTarget, own, 'oldestTokens@' .. leaseTarget, oldest)
end

local region, model = string.match(leaseTarget, '^([^/]*)/(.*)$')
local cooldown, breaker, regionBreaker, estimate = 'cooldown:' .. leaseTarget, 'breaker:' .. leaseTarget, 'breaker:' .. region, 'estimate:' .. model
local known = redis.call('HMGET', MODELS, cooldown, breaker, regionBreaker, estimate)
if known[1] or known[2] or known[3] or result ~= 'succeeded' then
  ${cooldownAfterCallLua}
  ${breakerAfterVerdictLua}
  local function put(i, field, text)
    if not text then
      if known[i] then redis.call('HDEL', MODELS, field) end
    elseif text ~= known[i] then
      redis.call('HSET', MODELS, field, text)
    end
  end
  put(1, cooldown, cooldownAfterCall(known[1], result, tonumber(ARGV[5]), leaseId))
  put(2, breaker, breakerAfterVerdict(known[2], verdictOf(result, 'model', ARGV[6]), leaseId))
  put(3, regionBreaker, breakerAfterVerdict(known[3], verdictOf(result, 'region', ARGV[6]), leaseId))
end
if actual > 0 and leaseEstimate > 0 then
  ${learnEstimateLua('known[4]', 'leaseEstimate', 'actual')}
  if learnt ~= tonumber(known[4]) then redis.call('HSET', MODELS, estimate, learnt) end
end
if result == 'succeeded' then
  ${movingAverageLua('meanDuration', 'now - leaseAt')}
  ${movingAverageLua('meanCharge', 'charge')}
end
${saveLua()}
return 1
`;

/** ARGV 3 ms */
export const backOffScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${beginLua}
${registerBackoffLua}
${saveLua()}
return 1
`;

/** ARGV 3 model key, 4 region or '' for all */
export const resetScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${beginLua}
${saveLua()}
local model, region = ARGV[3], ARGV[4]
for _, field in ipairs(redis.call('HKEYS', MODELS)) do
  local kind, name = string.match(field, '^(%a+):(.*)$')
  local itsRegion, itsModel = string.match(name, '^([^/]*)/(.*)$')
  local isMeant = (itsModel or model) == model and (region == '' or (itsRegion or name) == region)
  if kind ~= 'estimate' and isMeant then redis.call('HDEL', MODELS, field) end
end
return 1
`;

/** Reads only. Reply: now, shift, requests, running, tokens, waiting, retries waiting, mean duration, mean charge, then all of models. */
export const snapshotScript = (limits: ThrottleLimits): string => `
${limitsLua(limits)}
${readLua}
local function count(key, from) return redis.call('ZCOUNT', key, string.format('(%.0f', from), '+inf') end
local from = 0
while true do
  local old = 0
  for _, stamp in ipairs(redis.call('LRANGE', REQUESTS, from, from + 31)) do
    if tonumber(stamp) < now - WINDOW then old = old + 1 end
  end
  requests = requests - old
  if old < 32 then break end
  from = from + 32
end
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', TOKENS, '-inf', string.format('(%.0f', now - WINDOW))) do
  tokens = tokens - string.match(entry, '%d+$')
end
local reply = { string.format('%.0f', now), string.format('%.0f', shift), requests, count(LEASES, now), tokens,
  ${waitingCountLua}, count(RETRIES, now), meanDuration, meanCharge }
for _, text in ipairs(redis.call('HGETALL', MODELS)) do reply[#reply + 1] = text end
return reply
`;
