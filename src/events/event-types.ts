import type { Analysis, ChatMessage, Document, Feedback, Report } from '../db.ts';
import type { Problem } from '../errors.ts';
import type { ThrottleLayer } from '../throttle/admission-port.ts';

/** Counts over a document's sections, and how far the work on them has come. */
export type ReviewProgress = {
  readonly total: number;
  readonly notStarted: number;
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** 0 to 100. */
  readonly percent: number;
  readonly estimatedSecondsRemaining: number | null;
};

/** Events of anything that a model answers: an analysis has `analysisId`, an assistant's message `messageId`. */
type Subject = { readonly analysisId?: string; readonly messageId?: string };
type OfAnalysis = { readonly analysisId: string };
type OfMessage = { readonly messageId: string };

/**
 * What happens, as it is stored in event logs: complete in itself, so that a replay needs no row that may have been superseded. Models
 * are named by their keys.
 */
export type EventData =
  | { readonly type: 'document:parsing'; readonly sectionsFound: number; readonly percent: number }
  | { readonly type: 'document:ready'; readonly document: Document }
  | { readonly type: 'document:failed'; readonly problem: Problem }
  | (OfAnalysis & { readonly type: 'analysis:queued'; readonly sectionId: string; readonly position: number })
  | (OfAnalysis & { readonly type: 'analysis:started'; readonly sectionId: string })
  | (Subject & { readonly type: 'attempt:restarted'; readonly reason: string })
  | (Subject & {
      readonly type: 'throttle:waiting';
      readonly layer: ThrottleLayer;
      readonly waitMs: number;
      readonly reason: string;
    })
  | (Subject & { readonly type: 'model:selected'; readonly modelKey: string; readonly region: string })
  | (Subject & {
      readonly type: 'model:fellBack';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
      readonly waitMs: number;
    })
  | (Subject & { readonly type: 'thinking:delta'; readonly text: string })
  | (OfAnalysis & { readonly type: 'feedback:found'; readonly sectionId: string; readonly feedback: Feedback })
  | (Subject & {
      readonly type: 'progress:changed';
      readonly percent: number;
      readonly document: ReviewProgress | null;
    })
  | (OfAnalysis & { readonly type: 'analysis:completed'; readonly analysis: Analysis })
  | (OfAnalysis & { readonly type: 'analysis:failed'; readonly problem: Problem })
  | (OfAnalysis & { readonly type: 'analysis:cancelled' })
  | (OfMessage & { readonly type: 'message:started' })
  | (OfMessage & { readonly type: 'text:delta'; readonly text: string })
  | (OfMessage & { readonly type: 'message:completed'; readonly message: ChatMessage })
  | (OfMessage & { readonly type: 'message:failed'; readonly problem: Problem })
  | (OfMessage & { readonly type: 'message:cancelled' })
  | { readonly type: 'report:changed'; readonly report: Report }
  | { readonly type: 'report:ended'; readonly report: Report };

export type EventType = EventData['type'];

const terminalTypes: ReadonlySet<EventType> = new Set([
  'document:ready',
  'document:failed',
  'analysis:completed',
  'analysis:failed',
  'analysis:cancelled',
  'message:completed',
  'message:failed',
  'message:cancelled',
  'report:ended',
]);

/** Whether an event ends the log of its source. */
export const isTerminal = (data: EventData): boolean => terminalTypes.has(data.type);

/** An event with the time at which it was written and the attempt that wrote it. */
export type PrismEvent = { readonly at: Date; readonly attempt: number; readonly data: EventData };

/**
 * Names one log: of an analysis, a message or a report, of a document's parsing (`id` is the document's), or, with `all`, of whatever
 * happens to a document.
 */
export type LogName = {
  readonly documentId: string;
  readonly id: string;
  /** What happens there is not told in the document's log: messages and reports. */
  readonly isApart?: boolean;
};

/** An event at its place in a log. */
export type LogEntry = {
  /** `<a>-<b>`, ascending within its log. */
  readonly id: string;
  /** Id of the entry before it; empty for the first of a log. */
  readonly prev: string;
  /** Begins an attempt: whatever was read before is void or complete, so it may follow any position. */
  readonly isReset: boolean;
  readonly isTerminal: boolean;
  /** How many sources of the document have not ended after this entry. */
  readonly openCount: number;
  /** Of the event as it is stored, in characters. */
  readonly size: number;
  readonly event: PrismEvent;
};
