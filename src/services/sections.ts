import type { Db, Section } from '../db.ts';
import type { Caller } from './caller.ts';

/** Sections: the parts a document came apart into. */
export function createSections({ db }: { db: Db }) {
  return {
    byIds: (caller: Caller, ids: readonly string[]): Promise<Section[]> =>
      db.section.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } }),

    /** Titles of a document's sections, in reading order. */
    async outline(documentId: string): Promise<string[]> {
      const sections = await db.section.findMany({
        where: { documentId },
        orderBy: { ordinal: 'asc' },
        select: { title: true },
      });
      return sections.map(({ title }) => title);
    },

    /** Of several documents at once, in reading order. */
    ofDocuments: (caller: Caller, documentIds: readonly string[]): Promise<Section[]> =>
      db.section.findMany({
        where: { tenantId: caller.tenantId, documentId: { in: [...documentIds] } },
        orderBy: [{ documentId: 'asc' }, { ordinal: 'asc' }],
      }),
  };
}
