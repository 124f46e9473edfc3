import type { Clock } from '../clock.ts';
import type { Chat, Db } from '../db.ts';
import { newId, requireId } from '../ids.ts';
import { lockDocument, record } from './analysis-guards.ts';
import type { Caller } from './caller.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';

/** Conversations about documents. What is said in them is in chat-messages.ts. */
export function createChats({ db, clock }: { db: Db; clock: Clock }) {
  const byIds = (caller: Caller, ids: readonly string[]): Promise<Chat[]> =>
    db.chat.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<Chat> {
    requireId('Chat', id);
    const [chat] = await byIds(caller, [id]);
    if (!chat) throw notFound('Chat', id);
    return chat;
  }

  return {
    byIds,
    require,

    /** Of several documents at once, oldest first. */
    ofDocuments: (caller: Caller, documentIds: readonly string[]): Promise<Chat[]> =>
      db.chat.findMany({
        where: { tenantId: caller.tenantId, documentId: { in: [...documentIds] } },
        orderBy: { id: 'asc' },
      }),

    /** Opens a conversation. CONFLICT while the document is being parsed, or when parsing failed. */
    async start(
      caller: Caller,
      input: { documentId: string; idempotencyKey?: string | null | undefined },
    ): Promise<Chat> {
      const { documentId, idempotencyKey } = input;
      requireId('Document', documentId);
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'startChat', key: idempotencyKey, input: { documentId } },
        new Date(clock.now()),
        async (transaction) => {
          await lockDocument(transaction, caller, documentId);
          const id = newId('Chat');
          await transaction.chat.create({ data: { id, tenantId: caller.tenantId, documentId } });
          await record(transaction, caller, documentId, 'chat.started', id);
          return { id };
        },
      );
      return require(caller, result.id);
    },
  };
}
