import type { ChatMessage, Db } from '../db.ts';
import { locateCitations } from '../review/citations.ts';
import { mostPassageCharacters, outlineLimit, type ChatQuestion } from '../review/chat-prompt.ts';
import type { Exchange } from '../review/chat-history.ts';
import type { Evidence, QuotedSection } from '../review/evidence.ts';
import type { createPassages } from './passages.ts';

// More than fit into any prompt.
const mostMessages = 200;
const sectionsPerBatch = 50;

const quoted = { text: true, startOffset: true, pageStart: true } as const;

/** What workers read to answer a message: the question, what was said before, the passages, and where quotations stand. */
export function createChatContext({ db, passages }: { db: Db; passages: ReturnType<typeof createPassages> }) {
  /** The sections of these ids first, then all others, in reading order, a batch at a time. */
  async function* sectionsOf(documentId: string, firstIds: readonly string[]): AsyncGenerator<QuotedSection[]> {
    const ids = [...firstIds];
    yield db.section.findMany({ where: { id: { in: ids } }, orderBy: { ordinal: 'asc' }, select: quoted });
    for (let ordinal = 0; ; ordinal += sectionsPerBatch) {
      const where = { documentId, ordinal: { gte: ordinal, lt: ordinal + sectionsPerBatch } };
      const batch = await db.section.findMany({ where, orderBy: { ordinal: 'asc' }, select: { ...quoted, id: true } });
      if (batch.length === 0) return;
      yield batch.filter(({ id }) => !ids.includes(id));
    }
  }

  return {
    /** All that the answer to a message draws on; null when its document is gone. */
    async of(reply: Pick<ChatMessage, 'id' | 'chatId' | 'documentId' | 'sectionIds'>): Promise<ChatQuestion | null> {
      const { documentId } = reply;
      const ids = reply.sectionIds;
      const [messages, document, sections, sectionCount, chosen] = await Promise.all([
        db.chatMessage.findMany({
          where: { chatId: reply.chatId, id: { lt: reply.id } },
          orderBy: { id: 'desc' },
          take: mostMessages,
          select: { role: true, status: true, text: true },
        }),
        db.document.findUnique({ where: { id: documentId }, select: { filename: true } }),
        db.section.findMany({
          where: { documentId },
          orderBy: { ordinal: 'asc' },
          select: { title: true },
          take: outlineLimit,
        }),
        db.section.count({ where: { documentId } }),
        ids.length === 0 ? null : db.section.findMany({ where: { id: { in: ids } }, select: { ordinal: true } }),
      ]);
      const [asked, ...before] = messages;
      if (!document || !asked) return null;
      const question = asked.text;
      const history = exchangesOf(before.reverse());
      return {
        filename: document.filename,
        outline: sections.map(({ title }) => title),
        sectionCount,
        passages: await passages.search({
          documentId,
          sectionIds: chosen && ids,
          question,
          earlier: history.at(-1)?.question ?? '',
          maxCharacters: mostPassageCharacters,
        }),
        chosen: chosen && chosen.map(({ ordinal }) => ordinal).sort((a, b) => a - b),
        history,
        question,
      };
    },

    /** Looks up what an answer cites: in the sections that it was given, then in the rest of the document. */
    locate: (documentId: string, givenIds: readonly string[], quotes: readonly string[]): Promise<Evidence[]> =>
      locateCitations(quotes, sectionsOf(documentId, givenIds)),
  };
}

/** Questions that were answered, oldest first. An answer that failed or was cancelled goes with its question. */
function exchangesOf(oldestFirst: readonly Pick<ChatMessage, 'role' | 'status' | 'text'>[]): Exchange[] {
  return oldestFirst.flatMap(({ role, status, text }, index) => {
    const asked = oldestFirst[index - 1];
    const isWhole = role === 'ASSISTANT' && status === 'COMPLETED' && asked?.role === 'USER';
    return isWhole ? [{ question: asked.text, answer: text }] : [];
  });
}
