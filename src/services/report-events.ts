import type { Report } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { EventData, LogName } from '../events/event-types.ts';
import { encodeCursor, logStart } from '../events/log-position.ts';
import type { Caller } from './caller.ts';
import { createFeed, finishedFeed, type CursoredEvent, type EventFeed } from './event-feed.ts';
import type { createReports } from './reports.ts';

/** A report's own log: what happens there is no event of its document. */
export const reportLog = ({ documentId, id }: Pick<Report, 'documentId' | 'id'>): LogName => ({
  documentId,
  id,
  isApart: true,
});

const hasEnded = ({ status }: Pick<Report, 'status'>): boolean => status === 'READY' || status === 'FAILED';

/** The event that says how a report is now; the last one of its log when it has ended. */
export const reportEvent = (report: Report): EventData => ({
  type: hasEnded(report) ? 'report:ended' : 'report:changed',
  report,
});

/**
 * Following a report: how it is now, then each change as it is told, to the end. Where the log is gone a finished report answers out of
 * Postgres, and one that is under way is told in a new log; where Redis came back without the end of a log, the end is put there again.
 */
export function createReportEvents(deps: {
  events: EventLog;
  reports: Pick<ReturnType<typeof createReports>, 'require'>;
}) {
  const { events, reports } = deps;

  /** Puts the end back of what Postgres knows to have been closed. Changes nothing where the log has it. */
  async function closeAgain(report: Report): Promise<void> {
    if (report.closedAt) await events.close(reportLog(report), report.attempt, reportEvent(report));
  }

  return {
    async follow(caller: Caller, reportId: string): Promise<EventFeed> {
      const report = await reports.require(caller, reportId);
      const log = reportLog(report);
      const entries = await events.readAll(log);
      const last = entries.at(-1);
      if (last && !last.isTerminal) await closeAgain(report);
      if (!last) {
        const current = await reports.require(caller, reportId);
        if (hasEnded(current)) return finishedFeed([stateOf(current)]);
        await events.append(log, current.attempt, reportEvent(current));
      }
      const resynced = async (): Promise<void> => closeAgain(await reports.require(caller, reportId));
      // From before the last entry, which says how it is now. Each says it whole, so a position that is lost is no harm.
      return createFeed(events.follow(log, last?.prev || logStart, resynced), {
        toEvent: ({ id, isTerminal, event }) => ({
          cursor: encodeCursor(reportId, { id, isEnd: isTerminal }),
          ...event,
        }),
        mayEndBehind: (entry) => entry.isTerminal,
        endsBehind: async () => true,
      });
    },
  };
}

const stateOf = (report: Report): CursoredEvent => ({
  cursor: encodeCursor(report.id, { id: `${report.attempt}-0`, isEnd: true }),
  at: report.finishedAt ?? report.createdAt,
  attempt: report.attempt,
  data: reportEvent(report),
});
