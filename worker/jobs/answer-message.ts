import type { ChatMessage } from '../../src/db.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import type { JobPayloads } from '../../src/queue/catalog.ts';
import { buildChatRequest, chatVersionOf, type ChatQuestion } from '../../src/review/chat-prompt.ts';
import { readAnswer } from '../../src/review/chat-reader.ts';
import { logOfMessage } from '../../src/services/log-names.ts';
import type { Services } from '../../src/services/services.ts';
import { terminalOfMessage } from '../../src/services/terminal-events.ts';
import { done, type JobContext, type JobOutcome } from '../job-context.ts';
import {
  carriedBudget,
  createModelExecution,
  type ModelExecution,
  type ModelJobDeps,
  type ModelJobSubject,
} from './model-execution.ts';

/**
 * One execution of an answer in a chat: takes the fence, reads what the answer may draw on, and streams what the model thinks and says. The
 * states are those of an analysis (analyze-section.ts).
 */
export async function answerMessage(
  deps: ModelJobDeps,
  payload: JobPayloads['answer-message'],
  { signal }: JobContext,
): Promise<JobOutcome> {
  const begun = await deps.services.chatAttempts.begin(payload.messageId);
  if (!begun) return done;
  const { message } = begun;
  const said = { thinking: '' };
  const subject = subjectOf(deps.services, message, said);
  const execution = await createModelExecution(deps, subject, {
    ...begun,
    attempt: message.attempt,
    nextSeq: payload.nextSeq,
  });
  return execution.run(signal, async (fenced) => {
    // Within, so that what cannot be read ends the answer, and not only this execution.
    const question = await deps.services.chatContext.of(message);
    if (!question) return done;
    return answer(deps, { message, question, said, budget: carriedBudget(payload) }, execution, fenced);
  });
}

type Work = {
  readonly message: ChatMessage;
  readonly question: ChatQuestion;
  /** What the attempt has said so far; a failed message keeps it. */
  readonly said: { thinking: string };
  readonly budget: ReturnType<typeof carriedBudget>;
};

async function answer(
  deps: ModelJobDeps,
  { message, question, said, budget }: Work,
  execution: ModelExecution<ChatMessage>,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const { append } = execution;
  const { id: messageId, documentId } = message;
  const sink = {
    thinking(text: string) {
      said.thinking += text;
      append({ type: 'thinking:delta', messageId, text });
    },
    text: (text: string) => append({ type: 'text:delta', messageId, text }),
  };
  const outcome = await runWithFallback(deps.fallback, {
    request: buildChatRequest(question, deps.instructions.chat, deps),
    holder: `${messageId}:${execution.attempt()}`,
    priority: 'chat',
    signal,
    budget,
    observer: execution.observer,
    consume: (events) => readAnswer(events, sink),
  });
  switch (outcome.outcome) {
    case 'succeeded': {
      await execution.flush();
      const { quotes, ...rest } = outcome.value;
      const given = question.passages.map(({ sectionId }) => sectionId);
      const citations = await deps.services.chatContext.locate(documentId, given, quotes);
      const promptVersion = chatVersionOf(deps.instructions.chat);
      const result = { ...rest, citations, modelKey: outcome.model.key, promptVersion };
      return execution.close(
        await deps.services.chatAttempts.complete({ messageId, attempt: execution.attempt() }, result),
      );
    }
    case 'failed':
      return execution.fail(outcome.problem);
    case 'deferred':
      return execution.defer(outcome.waitMs, outcome.budget);
  }
}

function subjectOf(
  { chatAttempts }: Services,
  message: ChatMessage,
  said: { thinking: string },
): ModelJobSubject<ChatMessage> {
  const { id: messageId, tenantId } = message;
  const fence = (attempt: number) => ({ messageId, attempt });
  return {
    log: logOfMessage(message),
    ids: { messageId },
    started: { type: 'message:started', messageId },
    noun: 'answer',
    addModelAttempt: (attempt, record) => chatAttempts.addModelAttempt(fence(attempt), tenantId, record),
    restart: (attempt) => chatAttempts.restart(fence(attempt)),
    suspend: (attempt) => chatAttempts.suspend(fence(attempt)),
    fail: (attempt, problem) => chatAttempts.fail(fence(attempt), problem, said.thinking),
    terminalOf: terminalOfMessage,
    markClosed: () => chatAttempts.markClosed(messageId),
    async startOver() {
      said.thinking = '';
      return [];
    },
  };
}
