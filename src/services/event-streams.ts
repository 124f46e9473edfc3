import type { Analysis, ChatMessage, Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { createAnalyses } from './analyses.ts';
import type { Caller } from './caller.ts';
import type { createChatMessages } from './chat-messages.ts';
import { createDocumentStream } from './document-stream.ts';
import type { createDocuments } from './documents.ts';
import type { EventFeed } from './event-feed.ts';
import { logOfAnalysis, logOfMessage } from './log-names.ts';
import { createSubjectStream } from './subject-stream.ts';
import { terminalOfAnalysis, terminalOfMessage } from './terminal-events.ts';

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
  const { events } = deps;
  const ofAnalyses = createSubjectStream<Analysis>({ events, logOf: logOfAnalysis, terminalOf: terminalOfAnalysis });
  const ofMessages = createSubjectStream<ChatMessage>({ events, logOf: logOfMessage, terminalOf: terminalOfMessage });
  const ofDocuments = createDocumentStream({ ...deps, closeAnalysisAgain: ofAnalyses.closeAgain });

  return {
    analysisCursor: (analysis: Analysis): Promise<string> => ofAnalyses.cursor(analysis),
    messageCursor: (message: ChatMessage): Promise<string> => ofMessages.cursor(message),
    documentCursor: (documentId: string): Promise<string> => ofDocuments.cursor(documentId),

    /** Of a running analysis. */
    thinkingSoFar: ofAnalyses.streamedSoFar,
    /** Of a message that is being answered. */
    answerSoFar: ofMessages.streamedSoFar,

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
