import type { EventType } from '../src/events/event-types.ts';
import type { CursoredEvent } from '../src/services/event-feed.ts';

const typeNames: Record<EventType, string> = {
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
export const typeName = (event: unknown): string => typeNames[(event as CursoredEvent).data.type];
