import type { Clock } from '../clock.ts';
import type { ChatMessage, Db, Prisma } from '../db.ts';
import type { Problem } from '../errors.ts';
import type { Evidence } from '../review/evidence.ts';
import { maxAttempts, recordModelAttempt, type ModelAttemptRecord } from './model-attempts.ts';

/** One attempt at an answer: the fence that every write of a worker is conditional on. */
export type MessageFence = { readonly messageId: string; readonly attempt: number };

export type Answer = {
  readonly text: string;
  readonly thinking: string;
  readonly citations: readonly Evidence[];
  readonly modelKey: string;
  readonly promptVersion: string;
};

export type BegunMessage = {
  readonly message: ChatMessage;
  /** It goes on behind a wait; nothing was streamed that would be void. */
  readonly isResumed: boolean;
  /** Attempts are used up: it must be failed. */
  readonly isExhausted: boolean;
};

/**
 * What workers write of an assistant's message. States and guarantees are those of an analysis (analysis-attempts.ts), with STREAMING for
 * RUNNING. While it streams, its text is in the event log alone: each write here is one statement.
 */
export function createChatAttempts({ db, clock }: { db: Db; clock: Clock }) {
  const now = (): Date => new Date(clock.now());
  const streaming = ({ messageId, attempt }: MessageFence) => ({
    id: messageId,
    attempt,
    status: 'STREAMING' as const,
  });

  async function finish(fence: MessageFence, data: Prisma.ChatMessageUpdateManyMutationInput) {
    const [message] = await db.chatMessage.updateManyAndReturn({
      where: streaming(fence),
      data: { ...data, finishedAt: now() },
    });
    return message ?? null;
  }

  return {
    /**
     * Takes up a message: the first attempt, the same attempt again behind a wait, or the next attempt where one was broken off. Null when
     * it has ended or is gone.
     */
    async begin(messageId: string): Promise<BegunMessage | null> {
      const [begun] = await db.$queryRaw<(ChatMessage & { isResumed: boolean })[]>`
        UPDATE "ChatMessage" m
        SET "status" = 'STREAMING', "startedAt" = coalesce(m."startedAt", ${now()}),
            "attempt" = CASE WHEN "before"."isResumed" THEN m."attempt" ELSE m."attempt" + 1 END
        FROM (SELECT "id", "status" = 'QUEUED' AND "attempt" > 0 AS "isResumed" FROM "ChatMessage"
              WHERE "id" = ${messageId} AND "status" IN ('QUEUED', 'STREAMING') FOR UPDATE) "before"
        WHERE m."id" = "before"."id"
        RETURNING m.*, "before"."isResumed"`;
      if (!begun) return null;
      const { isResumed, ...message } = begun;
      return { message, isResumed, isExhausted: message.attempt > maxAttempts };
    },

    /** Starts over within one execution: the next attempt, if this one is not over; null when it is. */
    async restart(fence: MessageFence): Promise<ChatMessage | null> {
      const [message] = await db.chatMessage.updateManyAndReturn({
        where: streaming(fence),
        data: { attempt: { increment: 1 } },
      });
      return message ?? null;
    },

    /** Gives the attempt back to wait in the queue; whoever takes it up goes on with it. Whether the attempt still ran. */
    async suspend(fence: MessageFence): Promise<boolean> {
      const { count } = await db.chatMessage.updateMany({ where: streaming(fence), data: { status: 'QUEUED' } });
      return count > 0;
    },

    addModelAttempt: (fence: MessageFence, tenantId: string, record: ModelAttemptRecord): Promise<void> =>
      recordModelAttempt(db, { tenantId, ...fence }, record),

    /** Ends the attempt with its answer; null when the attempt is over. */
    complete: (fence: MessageFence, { citations, ...answer }: Answer): Promise<ChatMessage | null> =>
      finish(fence, { ...answer, citations: [...citations], status: 'COMPLETED' }),

    /** Ends the attempt with a failure, without text: half an answer must not look like one. Null when the attempt is over. */
    fail: (fence: MessageFence, problem: Problem, thinking: string): Promise<ChatMessage | null> =>
      finish(fence, { status: 'FAILED', error: { ...problem }, thinking }),

    /** The terminal event is in the log: the reconciler owes nothing any more. */
    async markClosed(messageId: string): Promise<void> {
      await db.chatMessage.updateMany({ where: { id: messageId }, data: { closedAt: now() } });
    },
  };
}
