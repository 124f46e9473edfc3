import type { LogEntry, PrismEvent } from './event-types.ts';

export const encodeEvent = (event: PrismEvent): string => JSON.stringify(event);

const decodeEvent = (payload: string): PrismEvent => reviveDates(JSON.parse(payload) as PrismEvent);

/**
 * Timestamps end in "At" everywhere in the product; they come back as the dates they were. In place, and not by a reviver of JSON.parse,
 * which costs several times as much.
 */
function reviveDates<T extends object>(value: T): T {
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const field = fields[key];
    if (typeof field === 'object' && field !== null) reviveDates(field);
    else if (typeof field === 'string' && (key === 'at' || key.endsWith('At'))) fields[key] = new Date(field);
  }
  return value;
}

function decode(id: string, prev: string, flags: string, payload: string): LogEntry {
  return {
    id,
    prev,
    isReset: flags[0] === 'r',
    isTerminal: flags[1] === 't',
    openCount: Number(flags.slice(2)),
    size: payload.length,
    event: decodeEvent(payload),
  };
}

/** An entry as XRANGE answers it: its id and the fields p, f, e with their values. */
export function decodeStreamEntry([id, fields]: [string, string[]]): LogEntry {
  return decode(id, fields[1] ?? '', fields[3] ?? '', fields[5] ?? '');
}

/** An entry as it is published: `<id> <prev or -> <flags> <payload>`. */
export function decodeMessage(message: string): LogEntry {
  const [id = '', prev = '', flags = ''] = message.split(' ', 3);
  const payload = message.slice(id.length + prev.length + flags.length + 3);
  return decode(id, prev === '-' ? '' : prev, flags, payload);
}
