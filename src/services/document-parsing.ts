import type { Clock } from '../clock.ts';
import type { Db, Document } from '../db.ts';
import type { ParsedDocument } from '../documents/document-types.ts';
import type { Problem } from '../errors.ts';
import { newId } from '../ids.ts';
import { storePassages } from './passages.ts';

type ParseFence = { readonly documentId: string; readonly attempt: number };

/** What workers write of a document's parsing; fenced by the document's attempt, as analyses are by theirs. */
export function createDocumentParsing({ db, clock }: { db: Db; clock: Clock }) {
  const parsing = (fence: ParseFence) => ({ id: fence.documentId, attempt: fence.attempt, status: 'PARSING' as const });

  return {
    /** Takes the fence; null when the document is parsed, has failed, or is gone. */
    async begin(documentId: string): Promise<Document | null> {
      const [document] = await db.document.updateManyAndReturn({
        where: { id: documentId, status: 'PARSING' },
        data: { attempt: { increment: 1 }, updatedAt: new Date(clock.now()) },
      });
      return document ?? null;
    },

    /** Stores all sections, searchable, and makes the document READY, in one transaction; null when the attempt is over. */
    complete: (fence: ParseFence, parsed: ParsedDocument): Promise<Document | null> =>
      db.$transaction(
        async (transaction) => {
          const [document] = await transaction.document.updateManyAndReturn({
            where: parsing(fence),
            data: {
              status: 'READY',
              format: parsed.format,
              pageCount: parsed.pageCount,
              wordCount: parsed.wordCount,
              sectionCount: parsed.sections.length,
            },
          });
          if (!document) return null;
          const sections = parsed.sections.map((section) => ({
            ...section,
            pageBreaks: [...section.pageBreaks],
            id: newId('Section'),
            tenantId: document.tenantId,
            documentId: document.id,
          }));
          await transaction.section.createMany({ data: sections });
          await storePassages(transaction, sections);
          return document;
        },
        // Some 4 MB of text a second are made searchable.
        { timeout: 60_000 },
      ),

    /** Makes the document FAILED; null when the attempt is over. */
    async fail(fence: ParseFence, problem: Problem): Promise<Document | null> {
      const [document] = await db.document.updateManyAndReturn({
        where: parsing(fence),
        data: { status: 'FAILED', error: { ...problem } },
      });
      return document ?? null;
    },

    /** The terminal event is in the log: the reconciler owes nothing any more. */
    async markClosed(documentId: string): Promise<void> {
      await db.document.updateMany({ where: { id: documentId }, data: { closedAt: new Date(clock.now()) } });
    },
  };
}
