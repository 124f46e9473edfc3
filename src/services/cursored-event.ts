import type { LogEntry } from '../events/event-types.ts';
import { encodeCursor, logStart, type Cursor } from '../events/log-position.ts';
import type { CursoredEvent } from './event-feed.ts';

export const beginning: Cursor = { id: logStart, isEnd: false };

// All who follow a log share its live entries, and so their events: what is made of an event once serves all.
const eventsByEntry = new WeakMap<LogEntry, CursoredEvent>();

/** An entry of the log of `subjectId` as its subscribers get it. */
export function cursored(subjectId: string, entry: LogEntry, isEnd: boolean): CursoredEvent {
  const known = eventsByEntry.get(entry);
  if (known) return known;
  const event = { cursor: encodeCursor(subjectId, { id: entry.id, isEnd }), ...entry.event };
  eventsByEntry.set(entry, event);
  return event;
}
