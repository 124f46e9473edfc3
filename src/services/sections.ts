import type { Db, Section } from '../db.ts';
import type { Caller } from './caller.ts';

/** Sections: the parts a document came apart into. */
export function createSections({ db }: { db: Db }) {
  return {
    byIds: (caller: Caller, ids: readonly string[]): Promise<Section[]> =>
      db.section.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } }),

    /** Of several documents at once, in reading order. */
    ofDocuments: (caller: Caller, documentIds: readonly string[]): Promise<Section[]> =>
      db.section.findMany({
        where: { tenantId: caller.tenantId, documentId: { in: [...documentIds] } },
        orderBy: [{ documentId: 'asc' }, { ordinal: 'asc' }],
      }),
  };
}
