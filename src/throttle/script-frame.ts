import { serverTimeLua } from './server-time.ts';
import type { ThrottleLimits, UsageLimits } from './throttle-limits.ts';
import { windowMs } from './throttle-limits.ts';

/*
 * What every admission script begins and ends with.
 *
 * KEYS  1 state    hash: `core` (below), `lease:<holder>`, `claim:<holder>`, and the counts of models with limits of their own
 *       2 leases   sorted set: holder by end
 *       3 models   hash: `cooldown:<target>`, `breaker:<target or region>`, `estimate:<model key>`
 *       4 tokens   sorted set of entries          5 requests   list of stamps
 *       6 line     sorted set: holder by order    7 due        sorted set: holder by due time
 *       8 retries  sorted set: holder by end of backoff
 *       behind those that a script needs: requests and tokens of models with limits of their own
 * ARGV  1 time (0: the server's), 2 holder, then what the script needs
 *
 * An admission must cost little more than a script that does nothing (bench/admission-cost.ts). Three things serve that and nothing else:
 * the numbers that every script needs lie packed in one field; they hold counts that could be read from the collections, and the time of
 * the oldest member; and functions are created only on the paths that use them, for in Lua creating one costs as much as a Redis command.
 */
const keyNames = ['state', 'leases', 'models', 'tokens', 'requests', 'line', 'due', 'retries'] as const;
/** The first so many keys are all that these scripts touch. */
const keyCounts = { admit: 8, renew: 3, settle: 4, backOff: 8, reset: 3, snapshot: 8 } as const;

export type ScriptName = keyof typeof keyCounts;
export const keyNamesOf = (script: ScriptName): readonly string[] => keyNames.slice(0, keyCounts[script]);

/** Limits as Lua locals: they are the same for every call, and reading a literal is cheaper than an argument. */
export const limitsLua = (limits: ThrottleLimits): string => `
local WINDOW, LEASE_TTL = ${windowMs}, ${limits.leaseTtlMs}
local MAX_REQUESTS, MAX_RUNNING, MAX_TOKENS = ${limits.requestsPerMinute}, ${limits.concurrentRequests}, ${limits.tokensPerMinute}
local FAILURES_TO_OPEN, OPEN, LONGEST_OPEN = ${limits.failuresToOpen}, ${limits.openMs}, ${limits.longestOpenMs}
local OWN = {${Object.entries(limits.perModel)
  .map(([modelKey, own]) => `[${stringLua(modelKey)}] = ${usageLua(own)}`)
  .join(', ')}}
`;

const usageLua = (own: Partial<UsageLimits>): string =>
  `{ requests = ${numberLua(own.requestsPerMinute)}, running = ${numberLua(own.concurrentRequests)}, tokens = ${numberLua(own.tokensPerMinute)} }`;

const numberLua = (value: number | undefined): string => (value === undefined ? 'math.huge' : String(value));

/** Byte by byte, so that no key can end the literal. */
const stringLua = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;

const core =
  'now shift seq requests oldestRequest tokens oldestTokens running nextEnd waiting retryUntil meanDuration meanCharge'.split(
    ' ',
  );
/** Doubles hold every time and count exactly. */
const coreFormat = `<${'d'.repeat(core.length)}`;

/** Reads the state and moves time on. `packedLease` is this holder's lease, or false. */
export const readLua = `
local STATE, LEASES, MODELS, TOKENS, REQUESTS, LINE, DUE, RETRIES = unpack(KEYS, 1, 8)
local holder = ARGV[2]
local stored = redis.call('HMGET', STATE, 'core', 'lease:' .. holder)
local packedLease = stored[2]
local last, ${core.slice(1).join(', ')} = ${core.map(() => '0').join(', ')}
if stored[1] then last, ${core.slice(1).join(', ')} = struct.unpack('${coreFormat}', stored[1]) end
${serverTimeLua}
if seq == 0 then seq = now end
`;

/** `more`: further fields and values of the state hash. */
export const saveLua = (more = ''): string =>
  `redis.call('HSET', STATE, 'core', struct.pack('${coreFormat}', ${core.join(', ')})${more && `, ${more}`})`;

const leaseFormat = '<dddddBB';

/** What is stored of a lease: numbers packed, then its target. Packing costs a fifth of writing them out. */
export const packLeaseLua = `struct.pack('${leaseFormat}', seq, now, reserve, estimate, burndown, isProbe and 1 or 0, own and 1 or 0) .. target`;

/** The lease in the Lua expression `packed`, as locals. */
export const unpackLeaseLua = (packed: string): string => `
local leaseSeq, leaseAt, leaseReserve, leaseEstimate, leaseBurndown, leaseProbe, leaseOwn, leaseRest = struct.unpack('${leaseFormat}', ${packed})
local leaseTarget = string.sub(${packed}, leaseRest)
`;

/** Takes away the place of `who`, whose lease is unpacked. */
export const endLeaseLua = `
redis.call('HDEL', STATE, 'lease:' .. who)
redis.call('ZREM', LEASES, who)
running = running - 1
if leaseOwn == 1 then redis.call('HINCRBY', STATE, 'running@' .. leaseTarget, -1) end
`;

/** As read, and what time has ended is ended. */
export const beginLua = `
${readLua}
if running > 0 and nextEnd <= now then
  for _, who in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now)) do
    local text = redis.call('HGET', STATE, 'lease:' .. who)
    if text then
      ${unpackLeaseLua('text')}
      ${endLeaseLua}
      if leaseProbe == 1 then
        local fields = { 'cooldown:' .. leaseTarget, 'breaker:' .. leaseTarget, 'breaker:' .. string.match(leaseTarget, '^[^/]*') }
        for i, text in ipairs(redis.call('HMGET', MODELS, unpack(fields))) do
          -- The probe is the last word of both; another may try.
          local free, changes = string.gsub(text or '', string.format(' %.0f$', leaseSeq), ' 0')
          if changes == 1 then redis.call('HSET', MODELS, fields[i], free) end
        end
      end
    else
      -- No record: the server evicted the state. The place is given back all the same.
      redis.call('ZREM', LEASES, who)
    end
    if who == holder then packedLease = false end
  end
  local first = redis.call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')
  nextEnd = tonumber(first[2]) or 0
  running = redis.call('ZCARD', LEASES)
end
`;
