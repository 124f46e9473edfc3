import type { Analysis, DbTransaction, Feedback, ModelAttempt, Section } from '../../../src/db.ts';
import { newId } from '../../../src/ids.ts';

/** A time of the day on which everything in these tests happens. */
export const at = (time: string): Date => new Date(`2026-05-04T${time}Z`);

export type Rows = ReturnType<typeof createRows>;

/** Rows of one tenant as services write them, with what a test is about. */
export function createRows(db: DbTransaction, tenantId: string) {
  return {
    tenantId,
    caller: { tenantId, actor: 'test' },

    async session(): Promise<string> {
      return (await db.session.create({ data: { id: newId('Session'), tenantId, title: 'a session' } })).id;
    },

    async document(sessionId: string, createdAt: Date): Promise<string> {
      const id = newId('Document');
      const file = { filename: 'a.md', format: 'MARKDOWN', sizeBytes: 1, sha256: '0', storageKey: id } as const;
      await db.document.create({ data: { id, tenantId, sessionId, status: 'READY', createdAt, ...file } });
      return id;
    },

    async section(documentId: string): Promise<Section> {
      const text = { title: 's', level: 1, text: 'x', wordCount: 1, startOffset: 0, endOffset: 1 };
      const ordinal = await db.section.count({ where: { documentId } });
      await db.document.update({ where: { id: documentId }, data: { sectionCount: ordinal + 1 } });
      return db.section.create({ data: { id: newId('Section'), tenantId, documentId, ordinal, ...text } });
    },

    /** Becomes the section's latest one. */
    async analysis({ id: sectionId, documentId }: Section, facts: Partial<Analysis> = {}): Promise<Analysis> {
      const { id, status, createdAt, startedAt, finishedAt, modelKey, contextTokensSaved } = {
        id: newId('Analysis'),
        status: 'COMPLETED' as const,
        createdAt: at('12:00:00'),
        startedAt: null,
        finishedAt: null,
        modelKey: 'sonnet-4.5',
        contextTokensSaved: 0,
        ...facts,
      };
      const times = { createdAt, startedAt, finishedAt };
      const data = { id, tenantId, documentId, sectionId, status, modelKey, contextTokensSaved, ...times };
      const analysis = await db.analysis.create({ data });
      await db.section.update({ where: { id: sectionId }, data: { latestAnalysisId: id, currentAnalysisId: id } });
      return analysis;
    },

    /** By a model, when an analysis is given; else a reviewer's own. */
    async finding(
      { id: sectionId, documentId }: Pick<Section, 'id' | 'documentId'>,
      analysisId: string | null,
      facts: Partial<
        Pick<Feedback, 'risk' | 'status' | 'confidence' | 'category' | 'createdAt' | 'groupId' | 'modelKey'>
      > = {},
    ): Promise<Feedback> {
      const id = newId('Feedback');
      const by =
        analysisId === null
          ? ({ source: 'REVIEWER' } as const)
          : ({ source: 'MODEL', modelKey: 'sonnet-4.5' } as const);
      const said = { kind: 'RISK', category: 'Liability', title: 't', detail: 'd', evidence: [] } as const;
      const data = { id, groupId: id, tenantId, documentId, sectionId, analysisId, ...by, ...said };
      return db.feedback.create({
        data: { ...data, risk: 'HIGH', confidence: 0.9, createdAt: at('12:00:00'), ...facts },
      });
    },

    async message(documentId: string, role: 'USER' | 'ASSISTANT', createdAt: Date): Promise<string> {
      const chat = await db.chat.create({ data: { id: newId('Chat'), tenantId, documentId } });
      const ids = { id: newId('ChatMessage'), tenantId, documentId, chatId: chat.id };
      return (await db.chatMessage.create({ data: { ...ids, role, status: 'COMPLETED', createdAt } })).id;
    },

    async call(
      of: { analysisId: string } | { messageId: string },
      modelKey: string,
      outcome: ModelAttempt['outcome'],
      facts: Partial<Omit<ModelAttempt, 'id' | 'tenantId'>> = {},
    ): Promise<void> {
      const call = { id: newId('ModelAttempt'), tenantId, ...of, attempt: 1, modelKey, region: 'us-east-2', outcome };
      await db.modelAttempt.create({ data: { ...call, startedAt: at('12:00:00'), durationMs: 10, ...facts } });
    },
  };
}
