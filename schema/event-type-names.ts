import type { EventType } from '../src/events/event-types.ts';
import type { CursoredEvent } from '../src/services/event-feed.ts';

// Reports are followed by their state, not by events.
const typeNames: Record<Exclude<EventType, `report:${string}`>, string> = {
  'document:parsing': 'DocumentParsing',
  'document:ready': 'DocumentReady',
  'document:failed': 'DocumentFailed',
  'analysis:queued': 'AnalysisQueued',
  'analysis:started': 'AnalysisStarted',
  'attempt:restarted': 'AttemptRestarted',
  'throttle:waiting': 'ThrottleWaiting',
  'model:selected': 'ModelSelected',
  'model:fellBack': 'ModelFellBack',
  'thinking:delta': 'ThinkingDelta',
  'feedback:found': 'FeedbackFound',
  'progress:changed': 'ProgressChanged',
  'analysis:completed': 'AnalysisCompleted',
  'analysis:failed': 'AnalysisFailed',
  'analysis:cancelled': 'AnalysisCancelled',
  'message:started': 'ChatMessageStarted',
  'text:delta': 'TextDelta',
  'message:completed': 'ChatMessageCompleted',
  'message:failed': 'ChatMessageFailed',
  'message:cancelled': 'ChatMessageCancelled',
};

/** The member of an events' union that an event is. */
export const typeName = (event: unknown): string =>
  typeNames[(event as CursoredEvent).data.type as keyof typeof typeNames];
