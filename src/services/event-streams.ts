import type { Analysis, ChatMessage, Db, Document } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import { decodeCursor } from '../events/log-position.ts';
import type { createAnalyses } from './analyses.ts';
import type { Caller } from './caller.ts';
import type { createChatMessages } from './chat-messages.ts';
import { createDocumentStream } from './document-stream.ts';
import type { createDocuments } from './documents.ts';
import type { EventFeed } from './event-feed.ts';
import { logOfAnalysis, logOfMessage } from './log-names.ts';
import { streamedIn, type StreamedSoFar } from './streamed-so-far.ts';
import { createSubjectStream } from './subject-stream.ts';
import { terminalOfAnalysis, terminalOfMessage } from './terminal-events.ts';
import { unchangedOf } from './unchanged.ts';

/**
 * Following a thing's events with the rights of a caller: replay from a cursor, then live, to the end of the thing. Where a log is gone
 * (its time is over, or Redis lost it) a finished thing answers with its terminal event alone, out of Postgres. Where Redis came back
 * without the end of a log (it may lose its last moments), the end is put there again from Postgres, so that followers do not wait for
 * ever: when somebody subscribes, and for those who are there when the connection comes back.
 */
export function createEventStreams(deps: {
  db: Db;
  events: EventLog;
  analyses: Pick<ReturnType<typeof createAnalyses>, 'require'>;
  chatMessages: Pick<ReturnType<typeof createChatMessages>, 'require'>;
  documents: Pick<ReturnType<typeof createDocuments>, 'require'>;
}) {
  const { db, events } = deps;
  const ofAnalyses = createSubjectStream<Analysis>({
    events,
    logOf: logOfAnalysis,
    terminalOf: terminalOfAnalysis,
    unchanged: (rows) => unchangedOf(rows, (where) => db.analysis.findMany(where)),
  });
  const ofMessages = createSubjectStream<ChatMessage>({
    events,
    logOf: logOfMessage,
    terminalOf: terminalOfMessage,
    unchanged: (rows) => unchangedOf(rows, (where) => db.chatMessage.findMany(where)),
  });
  const ofDocuments = createDocumentStream({ ...deps, closeAnalysisAgain: ofAnalyses.closeAgain });

  return {
    analysisCursors: (rows: readonly Analysis[]): Promise<string[]> => ofAnalyses.cursors(rows),
    messageCursors: (rows: readonly ChatMessage[]): Promise<string[]> => ofMessages.cursors(rows),
    documentCursors: (rows: readonly Document[]): Promise<string[]> => ofDocuments.cursors(rows),

    /** Of a running analysis; as of its document's cursor where that is given, so that the events behind it go on from there. */
    async thinkingSoFar(analysis: Analysis, documentCursor: string | null): Promise<StreamedSoFar> {
      const log = logOfAnalysis(analysis);
      const entries =
        documentCursor === null
          ? await events.readAll(log)
          : await events.readAsOf(log, decodeCursor(analysis.documentId, documentCursor).id);
      return streamedIn(analysis.id, entries);
    },
    /** Of a message that is being answered. */
    answerSoFar: async (message: ChatMessage): Promise<StreamedSoFar> =>
      streamedIn(message.id, await events.readAll(logOfMessage(message))),

    followAnalysis: (caller: Caller, analysisId: string, after: string | null | undefined): Promise<EventFeed> =>
      ofAnalyses.follow(() => deps.analyses.require(caller, analysisId), after),
    followMessage: (caller: Caller, messageId: string, after: string | null | undefined): Promise<EventFeed> =>
      ofMessages.follow(() => deps.chatMessages.require(caller, messageId), after),
    followDocument: (
      caller: Caller,
      documentId: string,
      after: string | null | undefined,
      keepOpen: boolean,
    ): Promise<EventFeed> => ofDocuments.follow(caller, documentId, after, keepOpen),
  };
}
