import type { Analysis, Db, Document } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { EventData, LogEntry, LogName } from '../events/event-types.ts';
import { compareIds, decodeCursor, encodeCursor, logStart, type Cursor } from '../events/log-position.ts';
import { AppError, type Problem } from '../errors.ts';
import type { Caller } from './caller.ts';
import type { createAnalyses } from './analyses.ts';
import type { createDocuments } from './documents.ts';

/** An event with the cursor of its place in the log that is being followed. */
export type CursoredEvent = {
  readonly cursor: string;
  readonly at: Date;
  readonly attempt: number;
  readonly data: EventData;
};

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
    async followAnalysis(
      caller: Caller,
      analysisId: string,
      after: string | null | undefined,
      signal?: AbortSignal,
    ): Promise<AsyncIterableIterator<CursoredEvent>> {
      const analysis = await analyses.require(caller, analysisId);
      const from = after ? decodeCursor(analysisId, after) : beginning;
      const toEvent = (entry: LogEntry): CursoredEvent => cursored(analysisId, entry, entry.isTerminal);
      if (from.isEnd) return fromArray([]);
      const head = await events.head(source(analysis));
      if (!head.exists || (head.isClosed && compareIds(from.id, head.id) > 0)) {
        const current = await analyses.require(caller, analysisId);
        const terminal = terminalOfAnalysis(current);
        if (terminal) return fromArray([terminalEvent(analysisId, current.attempt, current.finishedAt, terminal)]);
      }
      return mapEntries(events.follow(source(analysis), from.id, signal), toEvent);
    },

    /**
     * A document's events behind `after`, those of its sections' analyses among them. Ends when the document is deleted and, unless
     * `keepOpen`, when nothing is queued or running: by the log, so that every event has been delivered, and by Postgres, so that a log that lost its start does not end it.
     */
    async followDocument(
      caller: Caller,
      documentId: string,
      after: string | null | undefined,
      keepOpen: boolean,
      signal?: AbortSignal,
    ): Promise<AsyncIterableIterator<CursoredEvent>> {
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
        return fromArray(terminal ? [terminalEvent(documentId, document.attempt, document.updatedAt, terminal)] : []);
      }
      if (head.exists && compareIds(from.id, head.id) > 0) throw unknownPosition();
      if (head.exists && head.openCount === 0 && head.id === from.id && (await hasNothingToCome())) {
        return fromArray([]);
      }
      const entries = events.follow(log, from.id, signal);
      return mapEntries(
        entries,
        (entry) => cursored(documentId, entry, false),
        async (entry) => {
          if (!entry.isTerminal || entry.openCount > 0) return false;
          // Further entries behind this one are delivered first: only the last entry of the log can end it.
          const { id } = await events.head(log);
          return id === entry.id && hasNothingToCome();
        },
      );
    },
  };
}

const cursored = (subjectId: string, entry: LogEntry, isEnd: boolean): CursoredEvent => ({
  cursor: encodeCursor(subjectId, { id: entry.id, isEnd }),
  ...entry.event,
});

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

async function* fromArray<T>(items: readonly T[]): AsyncIterableIterator<T> {
  yield* items;
}

/** Maps what a follower yields, and ends it behind the entry for which `endsBehind` holds. Cancelling goes straight through. */
function mapEntries<T>(
  entries: AsyncIterableIterator<LogEntry>,
  map: (entry: LogEntry) => T,
  endsBehind: (entry: LogEntry) => Promise<boolean> = async () => false,
): AsyncIterableIterator<T> {
  let last: LogEntry | null = null;
  return {
    async next() {
      if (last && (await endsBehind(last))) await entries.return?.();
      const { value, done } = await entries.next();
      if (done) return { value: undefined, done: true };
      last = value;
      return { value: map(value), done: false };
    },
    async return() {
      await entries.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
