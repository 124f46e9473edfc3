import type { EventLog } from '../events/event-log.ts';
import type { EventData, LogName } from '../events/event-types.ts';
import { compareIds, decodeCursor, encodeCursor } from '../events/log-position.ts';
import { beginning, cursored } from './cursored-event.ts';
import { createFeed, finishedFeed, type CursoredEvent, type EventFeed } from './event-feed.ts';

/** What workers answer in attempts, each with a log of its own: an analysis, an assistant's message. */
type Subject = {
  readonly id: string;
  readonly documentId: string;
  readonly status: string;
  readonly attempt: number;
  readonly finishedAt: Date | null;
  readonly closedAt: Date | null;
};

/** Following one kind of subject: replay from a cursor, then live, up to its terminal event. */
export function createSubjectStream<Row extends Subject>(deps: {
  events: EventLog;
  logOf: (row: Row) => LogName;
  terminalOf: (row: Row) => EventData | null;
  /** Ids of those of these rows that are still what they were: status and attempt. */
  unchanged: (rows: readonly Row[]) => Promise<ReadonlySet<string>>;
}) {
  const { events, logOf, terminalOf } = deps;

  /** Puts the end back of what Postgres knows to have been closed. Changes nothing where the log has it. */
  async function closeAgain(row: Row): Promise<void> {
    const terminal = terminalOf(row);
    if (terminal && row.closedAt) await events.close(logOf(row), row.attempt, terminal);
  }

  return {
    closeAgain,

    /**
     * The subjects' positions; pass one as `after` to get all that happens to the row that was read. The beginning where it has changed
     * since: a row changes before its log does, so whoever has the old one has yet to hear of it.
     */
    async cursors(rows: readonly Row[]): Promise<string[]> {
      const heads = await Promise.all(rows.map((row) => events.head(logOf(row))));
      const open = rows.filter((row) => terminalOf(row) === null);
      const unchanged = await deps.unchanged(open);
      return rows.map((row, index) => {
        const head = heads[index];
        const isOutdated = !head || (terminalOf(row) === null && !unchanged.has(row.id));
        return encodeCursor(row.id, isOutdated ? beginning : { id: head.id, isEnd: head.isClosed });
      });
    },

    /** Events behind `after`; ends behind the terminal event. `read` reads the row anew, with the rights of the caller. */
    async follow(read: () => Promise<Row>, after: string | null | undefined): Promise<EventFeed> {
      const row = await read();
      // A subscription lasts: it keeps the id, not the row.
      const { id } = row;
      const log = logOf(row);
      const from = after ? decodeCursor(id, after) : beginning;
      if (from.isEnd) return finishedFeed([]);
      const head = await events.head(log);
      if (!head.exists || (head.isClosed && compareIds(from.id, head.id) > 0)) {
        const current = await read();
        const terminal = terminalOf(current);
        if (terminal) return finishedFeed([terminalEvent(current, terminal)]);
      }
      // The row is older than the head: when it was closed then, the log had its end.
      if (head.exists && !head.isClosed) await closeAgain(row);
      // A position that is lost is no harm: either the next attempt begins, or the end is put back.
      const resynced = async (): Promise<void> => closeAgain(await read());
      return createFeed(events.follow(log, from.id, resynced), {
        toEvent: (entry) => cursored(id, entry, entry.isTerminal),
        mayEndBehind: (entry) => entry.isTerminal,
        endsBehind: async () => true,
      });
    },
  };
}

const terminalEvent = ({ id, attempt, finishedAt }: Subject, data: EventData): CursoredEvent => ({
  cursor: encodeCursor(id, { id: `${attempt}-0`, isEnd: true }),
  at: finishedAt ?? new Date(0),
  attempt,
  data,
});
