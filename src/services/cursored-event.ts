import type { LogEntry } from '../events/event-types.ts';
import { encodeCursor, logStart, type Cursor } from '../events/log-position.ts';
import type { CursoredEvent } from './event-feed.ts';

export const beginning: Cursor = { id: logStart, isEnd: false };

// All who follow a log get a live entry one after another, and share its event: what is made of it once serves all.
let latest: { readonly entry: LogEntry; readonly event: CursoredEvent } | null = null;

/** An entry of the log of `subjectId` as its subscribers get it. */
export function cursored(subjectId: string, entry: LogEntry, isEnd: boolean): CursoredEvent {
  if (latest?.entry === entry) return latest.event;
  const { at, attempt, data } = entry.event;
  const event = { cursor: encodeCursor(subjectId, { id: entry.id, isEnd }), at, attempt, data };
  latest = { entry, event };
  return event;
}
