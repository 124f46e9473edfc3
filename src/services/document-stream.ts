import type { Analysis, Db, Document } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { decodeCursor, encodeCursor, logStart } from '../events/log-position.ts';
import type { Caller } from './caller.ts';
import { beginning, cursored } from './cursored-event.ts';
import { createFeed, finishedFeed, type EventFeed } from './event-feed.ts';
import type { createDocuments } from './documents.ts';
import { logOfDocument } from './log-names.ts';
import { terminalOfDocument } from './terminal-events.ts';
import { unchangedOf } from './unchanged.ts';

/** Following whatever happens to a document. */
export function createDocumentStream(deps: {
  db: Db;
  events: EventLog;
  documents: Pick<ReturnType<typeof createDocuments>, 'require'>;
  /** Puts the end of an analysis's log back. */
  closeAnalysisAgain: (analysis: Analysis) => Promise<void>;
}) {
  const { db, events, documents } = deps;

  /** By Postgres: idle when nothing is parsed, queued or running; gone when the document was deleted. */
  async function activity(documentId: string): Promise<'busy' | 'idle' | 'gone'> {
    const document = await db.document.findUnique({ where: { id: documentId }, select: { status: true } });
    if (!document) return 'gone';
    if (document.status === 'PARSING') return 'busy';
    const active = await db.analysis.count({ where: { documentId, status: { in: ['QUEUED', 'RUNNING'] } } });
    return active === 0 ? 'idle' : 'busy';
  }

  /** Puts the ends back of all sources of a document that have none in the log, but one by Postgres. */
  async function closeLostSources(documentId: string): Promise<void> {
    const open = await events.openSources(documentId);
    if (open.length === 0) return;
    const ended = await db.analysis.findMany({ where: { id: { in: open }, closedAt: { not: null } } });
    for (const analysis of ended) await deps.closeAnalysisAgain(analysis);
    if (!open.includes(documentId)) return;
    const document = await db.document.findUnique({ where: { id: documentId } });
    const terminal = document?.closedAt && terminalOfDocument(document);
    if (terminal) await events.close({ documentId, id: documentId }, document.attempt, terminal);
  }

  return {
    /**
     * The documents' positions. The beginning for one that was read as PARSING and has changed since: whoever has that row has yet to hear
     * of it.
     */
    async cursors(documents: readonly Document[]): Promise<string[]> {
      const heads = await Promise.all(documents.map(({ id }) => events.head(logOfDocument(id))));
      const parsing = documents.filter(({ status }) => status === 'PARSING');
      const unchanged = await unchangedOf(parsing, (query) => db.document.findMany(query));
      return documents.map((document, index) => {
        const { id } = document;
        const isOutdated = parsing.includes(document) && !unchanged.has(id);
        return encodeCursor(id, { id: (!isOutdated && heads[index]?.id) || logStart, isEnd: false });
      });
    },

    /**
     * A document's events behind `after`, those of its sections' analyses among them. Ends when the document is deleted and, unless
     * `keepOpen`, when nothing is queued or running: by the log, so that every event has been delivered, and by Postgres, so that a log
     * that lost its start does not end it.
     */
    async follow(
      caller: Caller,
      documentId: string,
      after: string | null | undefined,
      keepOpen: boolean,
    ): Promise<EventFeed> {
      const document = await documents.require(caller, documentId);
      const from = after ? decodeCursor(documentId, after) : beginning;
      const log = logOfDocument(documentId);
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

const lostPosition = (): AppError =>
  new AppError(
    'EVENTS_EXPIRED',
    'The event of this cursor is no longer in the log. Read the current state again and subscribe with its eventsCursor.',
  );
