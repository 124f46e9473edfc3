import type {
  Analysis as AnalysisRow,
  Chat as ChatRow,
  ChatMessage as ChatMessageRow,
  Document as DocumentRow,
  Feedback as FeedbackRow,
  Report as ReportRow,
  Section as SectionRow,
  Session as SessionRow,
} from '../src/db.ts';
import { builder } from './builder.ts';

// Nouns that refer to each other in a circle meet here; each is implemented in the file of its name.
export const SessionRef = builder.objectRef<SessionRow>('Session');
export const DocumentRef = builder.objectRef<DocumentRow>('Document');
export const SectionRef = builder.objectRef<SectionRow>('Section');
export const AnalysisRef = builder.objectRef<AnalysisRow>('Analysis');
export const FeedbackRef = builder.objectRef<FeedbackRow>('Feedback');
export const ChatRef = builder.objectRef<ChatRow>('Chat');
export const ChatMessageRef = builder.objectRef<ChatMessageRow>('ChatMessage');
export const ReportRef = builder.objectRef<ReportRow>('Report');
