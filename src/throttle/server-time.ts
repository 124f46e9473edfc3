/*
 * The time of all layers: the Redis server's, in ms, made monotone.
 *
 * State        last    the latest time that any script saw
 *              shift   added to the server's clock; grows by every step that the clock makes backwards
 * Transition   now = server + shift; when that lies before `last`, shift grows until now = last
 *
 * Guarantee    Time never goes back, and goes on at once after the clock did: a step back by an hour neither frees a place early nor
 *              stops the fleet for an hour. Where time was lost in a step, windows are longer, never shorter.
 * Not          A clock that jumps forward is not told from idle time: windows, leases and cooldowns end earlier by the jump.
 */
export type ServerTime = { readonly lastMs: number; readonly shiftMs: number };

export const startOfTime: ServerTime = { lastMs: 0, shiftMs: 0 };

export function advanceTime(time: ServerTime, serverMs: number): ServerTime {
  const shiftMs = time.shiftMs + Math.max(0, time.lastMs - (serverMs + time.shiftMs));
  return { lastMs: serverMs + shiftMs, shiftMs };
}

/** ARGV[1] is 0 for the server's own time; tests hand in a clock that they can step. Takes `last` and `shift`, sets `now` and `shift`. */
export const serverTimeLua = `
local server = tonumber(ARGV[1])
if server == 0 then
  local time = redis.call('TIME')
  server = time[1] * 1000 + math.floor(time[2] / 1000)
end
if server + shift < last then shift = last - server end
local now = server + shift
`;
