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
 * (its time is over, or Redis lost it) a finished thing answers with its terminal event alone, out of Postgres. Where Redis came back
 * without the end of a log (it may lose its last moments), the end is put there again from Postgres, so that followers do not wait for
 * ever: when somebody subscribes, and for those who are there when the connection comes back.
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

  /** Puts the end back of what Postgres knows to have been closed. Changes nothing where the log has it. */
  async function closeAgain(analysis: Analysis): Promise<void> {
    const terminal = terminalOfAnalysis(analysis);
    if (terminal && analysis.closedAt) await events.close(source(analysis), analysis.attempt, terminal);
  }

  /** The same for all sources of a document that have no end in the log. */
  async function closeLostSources(documentId: string): Promise<void> {
    const open = await events.openSources(documentId);
    if (open.length === 0) return;
    const ended = await db.analysis.findMany({ where: { id: { in: open }, closedAt: { not: null } } });
    for (const analysis of ended) await closeAgain(analysis);
    if (!open.includes(documentId)) return;
    const document = await db.document.findUnique({ where: { id: documentId } });
    const terminal = document?.closedAt && terminalOfDocument(document);
    if (terminal) await events.close({ documentId, id: documentId }, document.attempt, terminal);
  }

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
        if (terminal) return finishedFeed([terminalEvent(current, terminal)]);
      }
      // The row is older than the head: when it was closed then, the log had its end.
      if (head.exists && !head.isClosed) await closeAgain(analysis);
      // A position that is lost is no harm: either the next attempt begins, or the end is put back.
      const resynced = async (): Promise<void> => closeAgain(await analyses.require(caller, analysisId));
      return createFeed(events.follow(source(analysis), from.id, resynced), {
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
        if (!terminal) return finishedFeed([]);
        // Its cursor is the start of the log that begins when the document is worked on again.
        const cursor = encodeCursor(documentId, beginning);
        return finishedFeed([{ cursor, at: document.updatedAt, attempt: document.attempt, data: terminal }]);
      }
      if (from.id !== logStart && !(await events.has(log, from.id))) throw lostPosition();
      if (head.exists && head.openCount === 0 && head.id === from.id && (await hasNothingToCome())) {
        return finishedFeed([]);
      }
      if (head.openCount > 0) await closeLostSources(documentId);
      const resynced = async (hasPosition: boolean): Promise<void> => {
        if (!hasPosition) throw lostPosition();
        await closeLostSources(documentId);
      };
      return createFeed(events.follow(log, from.id, resynced), {
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

const terminalEvent = ({ id, attempt, finishedAt }: Analysis, data: EventData): CursoredEvent => ({
  cursor: encodeCursor(id, { id: `${attempt}-0`, isEnd: true }),
  at: finishedAt ?? new Date(0),
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

const lostPosition = (): AppError =>
  new AppError(
    'EVENTS_EXPIRED',
    'The event of this cursor is no longer in the log. Read the current state again and subscribe with its eventsCursor.',
  );
