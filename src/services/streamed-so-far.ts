import type { EventLog } from '../events/event-log.ts';
import type { LogName } from '../events/event-types.ts';
import { encodeCursor, logStart } from '../events/log-position.ts';

/** What a model has said in the attempt that runs now, and the position at which that is true. */
export type StreamedSoFar = { readonly thinking: string; readonly text: string; readonly cursor: string };

/**
 * Reads it out of the log. Where the log has its end already, the position is before that, since whoever read the row as running has yet to
 * hear of it.
 */
export async function readStreamed(events: EventLog, log: LogName): Promise<StreamedSoFar> {
  const entries = (await events.readAll(log)).filter(({ isTerminal }) => !isTerminal);
  const last = entries.at(-1);
  const said = (type: 'thinking:delta' | 'text:delta'): string =>
    entries
      .filter(({ event }) => event.attempt === last?.event.attempt)
      .map(({ event }) => (event.data.type === type ? event.data.text : ''))
      .join('');
  return {
    thinking: said('thinking:delta'),
    text: said('text:delta'),
    cursor: encodeCursor(log.id, { id: last?.id ?? logStart, isEnd: false }),
  };
}
