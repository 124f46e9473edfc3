import type { Clock } from '../clock.ts';
import { Prisma, type Chat, type ChatMessage, type Db, type DbTransaction, type ModelAttempt } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId, requireId } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { recordActivity } from './activity.ts';
import { lockDocument, record } from './analysis-guards.ts';
import type { Caller } from './caller.ts';
import { refuseEnded } from './cancellation.ts';
import type { createChatCancellation } from './chat-cancellation.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import type { Page, PageRequest } from './page.ts';
import { pagesByParent } from './pages-by-parent.ts';
import { takeTurns } from './turns.ts';

type Keyed = { readonly idempotencyKey?: string | null | undefined };

const longestText = 10_000;
const mostSections = 500;

/** What is said in chats: asking, ending an answer, reading. What workers write is in chat-attempts.ts. */
export function createChatMessages(deps: {
  db: Db;
  clock: Clock;
  queue: JobQueue;
  chatCancellation: ReturnType<typeof createChatCancellation>;
}) {
  const { db, clock, queue, chatCancellation } = deps;

  const byIds = (caller: Caller, ids: readonly string[]): Promise<ChatMessage[]> =>
    db.chatMessage.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<ChatMessage> {
    requireId('ChatMessage', id);
    const [message] = await byIds(caller, [id]);
    if (!message) throw notFound('ChatMessage', id);
    return message;
  }

  /** Gives a reply its job, in its tenant's turn. A crash before or in here leaves a QUEUED one without a job, which the reconciler mends the same way. */
  async function enqueue(reply: Pick<ChatMessage, 'id' | 'tenantId'>): Promise<void> {
    for (const { waiting, priority } of await takeTurns({ db, queue }, 'answer-message', [reply])) {
      await queue.add('answer-message', waiting.id, { messageId: waiting.id }, { priority });
    }
  }

  return {
    byIds,
    require,
    enqueue,

    /** Messages of several chats at once, oldest first, a page for each. */
    pages: (caller: Caller, chatIds: readonly string[], page: PageRequest): Promise<Map<string, Page<ChatMessage>>> =>
      pagesByParent(
        db,
        {
          parentIds: chatIds,
          ofParent: Prisma.sql`
            SELECT * FROM "ChatMessage" WHERE "tenantId" = ${caller.tenantId} AND "chatId" = parent."id"`,
          order: 'oldest first',
        },
        page,
      ),

    async counts(caller: Caller, chatIds: readonly string[]): Promise<Map<string, number>> {
      const groups = await db.chatMessage.groupBy({
        by: ['chatId'],
        where: { tenantId: caller.tenantId, chatId: { in: [...chatIds] } },
        _count: true,
      });
      return new Map(groups.map((group) => [group.chatId, group._count]));
    },

    /** Every invocation of a model in order, of several messages at once. The caller must have read the messages. */
    modelAttempts: (messageIds: readonly string[]): Promise<ModelAttempt[]> =>
      db.modelAttempt.findMany({ where: { messageId: { in: [...messageIds] } }, orderBy: { id: 'asc' } }),

    /**
     * Stores the user's message and the reply to come, then queues the reply. CONFLICT while the last reply of the chat is under way, and unless the document is READY.
     */
    async send(
      caller: Caller,
      input: { chatId: string; text: string; sectionIds?: readonly string[] | null | undefined } & Keyed,
    ): Promise<{ message: ChatMessage; reply: ChatMessage }> {
      requireId('Chat', input.chatId);
      const text = checkText(input.text);
      const sectionIds = checkSections(input.sectionIds ?? []);
      const { result, isRepeat } = await runIdempotently(
        db,
        caller,
        {
          operation: 'sendChatMessage',
          key: input.idempotencyKey,
          input: { chatId: input.chatId, text, sectionIds },
        },
        new Date(clock.now()),
        async (transaction) => {
          const { documentId } = await requireChat(transaction, caller, input.chatId);
          // Also holds off another question to the same chat at the same moment.
          const { sessionId } = await lockDocument(transaction, caller, documentId);
          await refuseUnanswered(transaction, input.chatId);
          await refuseStrangeSections(transaction, documentId, sectionIds);
          const [id, replyId] = [newId('ChatMessage'), newId('ChatMessage')];
          const shared = { tenantId: caller.tenantId, chatId: input.chatId, documentId, sectionIds };
          await transaction.chatMessage.createMany({
            data: [
              { ...shared, id, role: 'USER', status: 'COMPLETED', text, finishedAt: new Date(clock.now()) },
              { ...shared, id: replyId, role: 'ASSISTANT', status: 'QUEUED' },
            ],
          });
          const entry = { sessionId, action: 'chat.asked', subject: documentId, detail: replyId } as const;
          await recordActivity(transaction, caller, entry);
          return { id, replyId };
        },
      );
      const { id, replyId } = result;
      const queued = isRepeat ? null : enqueue({ id: replyId, tenantId: caller.tenantId });
      const [found] = await Promise.all([byIds(caller, [id, replyId]), queued]);
      const message = found.find((row) => row.id === id);
      const reply = found.find((row) => row.id === replyId);
      if (!message || !reply) throw notFound('ChatMessage', replyId);
      return { message, reply };
    },

    /** Ends an answer at once; what was said of it stays. CONFLICT when it has ended otherwise; cancelling again changes nothing. */
    async cancel(caller: Caller, input: { id: string } & Keyed): Promise<ChatMessage> {
      const { id } = input;
      const { documentId, role } = await require(caller, id);
      if (role === 'USER') {
        throw new AppError('CONFLICT', 'This is the message of a user; pass the id of the reply to cancel its answer.');
      }
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'cancelChatMessage', key: input.idempotencyKey, input: { id } },
        new Date(clock.now()),
        async (transaction) => {
          const cancelled = await chatCancellation.take(transaction, { tenantId: caller.tenantId, id });
          if (cancelled.length > 0) await record(transaction, caller, documentId, 'chat.cancelled', id);
          else refuseEnded('answer', await transaction.chatMessage.findUniqueOrThrow({ where: { id } }));
          return { cancelled };
        },
      );
      await chatCancellation.announce(result.cancelled);
      return require(caller, id);
    },
  };
}

/** By the transaction's own connection: one that waited for a second would hold up all others. */
async function requireChat(transaction: DbTransaction, { tenantId }: Caller, id: string): Promise<Chat> {
  const chat = await transaction.chat.findFirst({ where: { id, tenantId } });
  if (!chat) throw notFound('Chat', id);
  return chat;
}

function checkText(given: string): string {
  const text = given.trim();
  if (text.length >= 1 && text.length <= longestText) return text;
  throw new AppError('BAD_USER_INPUT', `text has ${text.length} characters; pass 1 to ${longestText}.`);
}

function checkSections(given: readonly string[]): string[] {
  const ids = [...new Set(given)].map((id) => requireId('Section', id));
  if (ids.length <= mostSections) return ids;
  throw new AppError('BAD_USER_INPUT', `sectionIds has ${ids.length} entries; pass at most ${mostSections}.`);
}

async function refuseUnanswered(transaction: DbTransaction, chatId: string): Promise<void> {
  const pending = await transaction.chatMessage.findFirst({
    where: { chatId, status: { in: ['QUEUED', 'STREAMING'] } },
    select: { id: true },
  });
  if (!pending) return;
  throw new AppError(
    'CONFLICT',
    `The last question of this chat is still being answered by ${pending.id}. Wait for its end, or cancel it first.`,
    { retryable: true, details: { messageId: pending.id } },
  );
}

async function refuseStrangeSections(
  transaction: DbTransaction,
  documentId: string,
  sectionIds: readonly string[],
): Promise<void> {
  if (sectionIds.length === 0) return;
  const found = await transaction.section.findMany({
    where: { documentId, id: { in: [...sectionIds] } },
    select: { id: true },
  });
  const strange = sectionIds.find((id) => !found.some((section) => section.id === id));
  if (strange) throw notFound('Section', strange);
}
