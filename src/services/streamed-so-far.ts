import type { LogEntry } from '../events/event-types.ts';
import { encodeCursor, logStart } from '../events/log-position.ts';

/** What a model has said in the attempt that runs now, and the position at which that is true. */
export type StreamedSoFar = { readonly thinking: string; readonly text: string; readonly cursor: string };

/**
 * What the entries of the log of `subjectId` say. Where the log has its end already, the position is before that, since whoever read the row
 * as running has yet to hear of it.
 */
export function streamedIn(subjectId: string, all: readonly LogEntry[]): StreamedSoFar {
  const entries = all.filter(({ isTerminal }) => !isTerminal);
  const last = entries.at(-1);
  const said = (type: 'thinking:delta' | 'text:delta'): string =>
    entries
      .filter(({ event }) => event.attempt === last?.event.attempt)
      .map(({ event }) => (event.data.type === type ? event.data.text : ''))
      .join('');
  return {
    thinking: said('thinking:delta'),
    text: said('text:delta'),
    cursor: encodeCursor(subjectId, { id: last?.id ?? logStart, isEnd: false }),
  };
}
