import type { Analysis, Db, Document } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { EventData, LogEntry, LogName } from '../events/event-types.ts';
import { compareIds, decodeCursor, encodeCursor, logStart, type Cursor } from '../events/log-position.ts';
import { AppError, type Problem } from '../errors.ts';
import type { Caller } from './caller.ts';
import { createFeed, finishedFeed, type CursoredEvent, type EventFeed } from './event-feed.ts';
import type { createAnalyses } from './analyses.ts';
import type { createDocuments } from './documents.ts';

const beginning: Cursor = { id: logStart, isEnd: false };

/**
 * Following a thing's events with the rights of a caller: replay from a cursor, then live, to the end of the thing. Where a log is gone
 * (its time is over, or Redis lost it) a finished thing answers with its terminal event alone, out of Postgres.
 */
export function createEventStreams(deps: {
  db: Db;
  events: EventLog;
  analyses: ReturnType<typeof createAnalyses>;
  documents: ReturnType<typeof createDocuments>;
}) {
  const { db, events, analyses, documents } = deps;

  /** By Postgres: idle when nothing is parsed, queued or running; gone when the document was deleted. */
  async function activity(documentId: string): Promise<'busy' | 'idle' | 'gone'> {
    const document = await db.document.findUnique({ where: { id: documentId }, select: { status: true } });
    if (!document) return 'gone';
    if (document.status === 'PARSING') return 'busy';
    const active = await db.analysis.count({ where: { documentId, status: { in: ['QUEUED', 'RUNNING'] } } });
    return active === 0 ? 'idle' : 'busy';
  }

  const source = (analysis: Pick<Analysis, 'id' | 'documentId'>): LogName => ({
    documentId: analysis.documentId,
    id: analysis.id,
  });

  return {
    /** An analysis's position now; pass it as `after` to get all that happens from here on. */
    async analysisCursor(analysis: Pick<Analysis, 'id' | 'documentId'>): Promise<string> {
      const head = await events.head(source(analysis));
      return encodeCursor(analysis.id, { id: head.id, isEnd: head.isClosed });
    },

    async documentCursor(documentId: string): Promise<string> {
      const head = await events.head({ documentId, id: 'all' });
      return encodeCursor(documentId, { id: head.id, isEnd: false });
    },

    /** What a running analysis's model has thought so far, and the position at which that is true. */
    async thinkingSoFar(analysis: Pick<Analysis, 'id' | 'documentId'>): Promise<{ thinking: string; cursor: string }> {
      const entries = await events.readAll(source(analysis));
      const last = entries.at(-1);
      const thinking = entries
        .filter(({ event }) => event.attempt === last?.event.attempt)
        .map(({ event }) => (event.data.type === 'thinking:delta' ? event.data.text : ''))
        .join('');
      const cursor = encodeCursor(analysis.id, { id: last?.id ?? logStart, isEnd: last?.isTerminal ?? false });
      return { thinking, cursor };
    },

    /** An analysis's events behind `after`; ends behind its terminal event. */
    async followAnalysis(caller: Caller, analysisId: string, after: string | null | undefined): Promise<EventFeed> {
      const analysis = await analyses.require(caller, analysisId);
      const from = after ? decodeCursor(analysisId, after) : beginning;
      if (from.isEnd) return finishedFeed([]);
      const head = await events.head(source(analysis));
      if (!head.exists || (head.isClosed && compareIds(from.id, head.id) > 0)) {
        const current = await analyses.require(caller, analysisId);
        const terminal = terminalOfAnalysis(current);
        if (terminal) return finishedFeed([terminalEvent(analysisId, current.attempt, current.finishedAt, terminal)]);
      }
      return createFeed(events.follow(source(analysis), from.id), {
        toEvent: (entry) => cursored(analysisId, entry, entry.isTerminal),
        mayEndBehind: (entry) => entry.isTerminal,
        endsBehind: async () => true,
      });
    },

    /**
     * A document's events behind `after`, those of its sections' analyses among them. Ends when the document is deleted and, unless
     * `keepOpen`, when nothing is queued or running: by the log, so that every event has been delivered, and by Postgres, so that a log
     * that lost its start does not end it.
     */
    async followDocument(
      caller: Caller,
      documentId: string,
      after: string | null | undefined,
      keepOpen: boolean,
    ): Promise<EventFeed> {
      const document = await documents.require(caller, documentId);
      const from = after ? decodeCursor(documentId, after) : beginning;
      const log: LogName = { documentId, id: 'all' };
      const head = await events.head(log);
      const hasNothingToCome = async (): Promise<boolean> => {
        const state = await activity(documentId);
        return state === 'gone' || (state === 'idle' && !keepOpen);
      };
      if (!head.exists && (await hasNothingToCome())) {
        const terminal = after ? null : terminalOfDocument(document);
        return finishedFeed(
          terminal ? [terminalEvent(documentId, document.attempt, document.updatedAt, terminal)] : [],
        );
      }
      if (head.exists && compareIds(from.id, head.id) > 0) throw unknownPosition();
      if (head.exists && head.openCount === 0 && head.id === from.id && (await hasNothingToCome())) {
        return finishedFeed([]);
      }
      return createFeed(events.follow(log, from.id), {
        toEvent: (entry) => cursored(documentId, entry, false),
        mayEndBehind: (entry) => entry.isTerminal && entry.openCount === 0,
        // Further entries behind this one are delivered first: only the last entry of the log can end it.
        endsBehind: async (entry) => (await events.head(log)).id === entry.id && (await hasNothingToCome()),
      });
    },
  };
}

// All who follow a log share its live entries, and so their events: what is made of an event once serves all.
const eventsByEntry = new WeakMap<LogEntry, CursoredEvent>();

function cursored(subjectId: string, entry: LogEntry, isEnd: boolean): CursoredEvent {
  const known = eventsByEntry.get(entry);
  if (known) return known;
  const event = { cursor: encodeCursor(subjectId, { id: entry.id, isEnd }), ...entry.event };
  eventsByEntry.set(entry, event);
  return event;
}

const terminalEvent = (subjectId: string, attempt: number, at: Date | null, data: EventData): CursoredEvent => ({
  cursor: encodeCursor(subjectId, { id: `${attempt}-0`, isEnd: true }),
  at: at ?? new Date(0),
  attempt,
  data,
});

/** The event that ended an analysis, as its row tells it; null while it has not ended. */
export function terminalOfAnalysis(analysis: Analysis): EventData | null {
  switch (analysis.status) {
    case 'COMPLETED':
      return { type: 'analysis:completed', analysisId: analysis.id, analysis };
    case 'FAILED':
      return { type: 'analysis:failed', analysisId: analysis.id, problem: analysis.error as unknown as Problem };
    case 'CANCELLED':
      return { type: 'analysis:cancelled', analysisId: analysis.id };
    case 'QUEUED':
    case 'RUNNING':
      return null;
  }
}

/** The event that ended a document's parsing; null while it is parsed. */
export function terminalOfDocument(document: Document): EventData | null {
  switch (document.status) {
    case 'READY':
      return { type: 'document:ready', document };
    case 'FAILED':
      return { type: 'document:failed', problem: document.error as unknown as Problem };
    case 'PARSING':
      return null;
  }
}

const unknownPosition = (): AppError =>
  new AppError(
    'EVENTS_EXPIRED',
    'This cursor is ahead of the event log, which lost its end. Read the current state again and subscribe with its eventsCursor.',
  );
