import type { Analysis, ChatMessage, Document } from '../db.ts';
import type { Problem } from '../errors.ts';
import type { EventData } from '../events/event-types.ts';

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

/** The event that ended the answering of a message; null while it has not ended. */
export function terminalOfMessage(message: ChatMessage): EventData | null {
  switch (message.status) {
    case 'COMPLETED':
      return { type: 'message:completed', messageId: message.id, message };
    case 'FAILED':
      return { type: 'message:failed', messageId: message.id, problem: message.error as unknown as Problem };
    case 'CANCELLED':
      return { type: 'message:cancelled', messageId: message.id };
    case 'QUEUED':
    case 'STREAMING':
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
