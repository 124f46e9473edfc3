import type { Db } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';

const { tenantId } = localCaller;

/** A document that is ready, with sections that were not analysed. */
export async function seedDocument(db: Db, sections: number): Promise<{ documentId: string; sectionIds: string[] }> {
  const sessionId = newId('Session');
  const documentId = newId('Document');
  await db.session.create({ data: { id: sessionId, tenantId, title: 'one' } });
  await db.document.create({
    data: {
      id: documentId,
      tenantId,
      sessionId,
      filename: 'a.md',
      format: 'MARKDOWN',
      sizeBytes: 1,
      sha256: documentId,
      storageKey: documentId,
      status: 'READY',
    },
  });
  const sectionIds = Array.from({ length: sections }, () => newId('Section'));
  await db.section.createMany({
    data: sectionIds.map((id, ordinal) => ({
      id,
      tenantId,
      documentId,
      ordinal,
      title: `Clause ${ordinal}`,
      level: 1,
      text: 'x',
      wordCount: 1,
      startOffset: ordinal,
      endOffset: ordinal + 1,
    })),
  });
  return { documentId, sectionIds };
}

export type SeededAnalysis = {
  readonly documentId: string;
  readonly sectionId: string;
  readonly status: 'COMPLETED' | 'RUNNING' | 'FAILED';
  readonly found: readonly Found[];
};

type Found = {
  readonly title: string;
  readonly confidence?: number;
  readonly status?: 'PENDING' | 'ACCEPTED' | 'REJECTED';
  readonly note?: string;
};

/** An analysis with its findings, which is the section's latest one from now on, and the one it shows once it is completed; its id. */
export async function seedAnalysis(db: Db, { documentId, sectionId, status, found }: SeededAnalysis): Promise<string> {
  const id = newId('Analysis');
  const result = status === 'COMPLETED' ? { summary: `Summary of\n\n${sectionId}`, risk: 'HIGH' as const } : {};
  const section = await db.section.findUniqueOrThrow({ where: { id: sectionId }, include: { currentAnalysis: true } });
  const previousId = section.currentAnalysis?.status === 'COMPLETED' ? section.currentAnalysisId : null;
  await db.analysis.create({ data: { id, tenantId, documentId, sectionId, status, previousId, ...result } });
  const currentAnalysisId = status === 'COMPLETED' ? id : (previousId ?? id);
  await db.section.update({ where: { id: sectionId }, data: { latestAnalysisId: id, currentAnalysisId } });
  for (const { title, confidence = 0.9, status: decision = 'PENDING', note } of found) {
    const feedbackId = newId('Feedback');
    await db.feedback.create({
      data: {
        id: feedbackId,
        groupId: feedbackId,
        tenantId,
        documentId,
        sectionId,
        analysisId: id,
        source: 'MODEL',
        kind: 'RISK',
        category: 'Liability',
        risk: 'HIGH',
        title,
        detail: 'd',
        confidence,
        evidence: [],
        status: decision,
      },
    });
    for (const each of note === undefined ? [] : ['first thought', note]) {
      await db.feedbackRevision.create({
        data: { id: newId('FeedbackRevision'), feedbackId, actor: 'ann', status: decision, note: each },
      });
    }
  }
  return id;
}
