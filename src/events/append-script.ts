/**
 * Appends a batch to the log of one source (an analysis, a document's parsing) and copies it into the document's log, then publishes
 * both: one atomic step, so nobody hears of an event that is not in the log, and both logs agree. A source that stands apart (a message, a
 * report) has its own log alone.
 *
 * Source log ids are `<attempt>-<seq>`, seq from 1 without gaps. Answers, with the last id of the source log:
 *   ok       appended now, or by an earlier try of the same batch (a repeated append changes nothing; a single event, without a seq of its
 *            own, is the same as the last one where attempt and payload are, its time among it)
 *   fenced   a later attempt has begun, or the log has ended: this writer's attempt is over
 *   lost     entries that this attempt had appended are no longer there (Redis lost data): the attempt must start over
 *
 * KEYS  source log; document log and set of the document's open sources, unless the source stands apart
 * ARGV  attempt, seq of the first event, or '*' for the next, or 'end' for one behind all that the attempt can have had, TTL while
 *       running (ms), TTL after the end (ms), source id, then per event: '1' if it is terminal else '0', payload
 *
 * Document log ids are chosen by the server (its time), every entry names the one before it. A channel has its log's key as name; a
 * message is `<id> <prev or -> <flags> <payload>` with flags `<reset><terminal><open count>`. What an event between the first and the last
 * of an attempt leaves as it is (which sources are open, when the logs expire) is not written again, unless the document's log was lost:
 * deltas are most of what is appended, and no attempt lasts nearly as long as the TTL while running.
 */
export const appendScript = `
local source, document, open = KEYS[1], KEYS[2], KEYS[3]
local endSeq = 2147483647
local attempt, runningTtl, endedTtl = tonumber(ARGV[1]), ARGV[3], ARGV[4]

local function last(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  if not entry then return '', '', '' end
  return entry[1], entry[2][4], entry[2][6]
end

local lastId, lastFlags, lastPayload = last(source)
local lastAttempt, lastSeq = 0, 0
if lastId ~= '' then
  local a, s = string.match(lastId, '^(%d+)-(%d+)$')
  lastAttempt, lastSeq = tonumber(a), tonumber(s)
end

local count = (#ARGV - 5) / 2
local first = tonumber(ARGV[2])
if ARGV[2] == '*' then first = lastAttempt == attempt and lastSeq + 1 or 1 end
if ARGV[2] == 'end' then first = endSeq end
if ARGV[2] == '*' and lastAttempt == attempt and lastPayload == ARGV[7] then return {'ok', lastId} end
local isClosed = string.sub(lastFlags, 2, 2) == 't'
if ARGV[2] ~= '*' and lastAttempt == attempt and first + count - 1 <= lastSeq then return {'ok', lastId} end
if isClosed or lastAttempt > attempt then return {'fenced', lastId} end
if first ~= endSeq then
  if lastAttempt == attempt and first ~= lastSeq + 1 then return {'lost', lastId} end
  if lastAttempt < attempt and first ~= 1 then return {'lost', lastId} end
end

local function add(key, id, prev, flags, payload)
  local added = redis.call('XADD', key, id, 'p', prev, 'f', flags, 'e', payload)
  redis.call('PUBLISH', key, added .. ' ' .. (prev == '' and '-' or prev) .. ' ' .. flags .. ' ' .. payload)
  return added
end

local documentPrev, documentFlags = '', ''
if document then documentPrev, documentFlags = last(document) end
for i = 1, count do
  local terminal, payload = ARGV[4 + 2 * i] == '1', ARGV[5 + 2 * i]
  local seq = first + i - 1
  local isReset = seq == 1 or lastId == ''
  local turns = isReset or terminal or (document and documentPrev == '')
  local openCount = 0
  if document and turns then
    redis.call(terminal and 'SREM' or 'SADD', open, ARGV[5])
    openCount = redis.call('SCARD', open)
  elseif document then
    openCount = tonumber(string.sub(documentFlags, 3))
  end
  local tail = (terminal and 't' or '-') .. openCount
  lastId = add(source, attempt .. '-' .. seq, lastId, (isReset and 'r' or '-') .. tail, payload)
  if document then
    documentFlags = '-' .. tail
    documentPrev = add(document, '*', documentPrev, documentFlags, payload)
  end
  if turns then
    redis.call('PEXPIRE', source, terminal and endedTtl or runningTtl)
    if document then
      redis.call('PEXPIRE', open, runningTtl)
      redis.call('PEXPIRE', document, openCount == 0 and endedTtl or runningTtl)
    end
  end
end
return {'ok', lastId}
`;
