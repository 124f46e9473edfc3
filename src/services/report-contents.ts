import { groupBy } from 'es-toolkit/array/groupBy';
import type { Clock } from '../clock.ts';
import type { Db, Feedback, Report } from '../db.ts';
import type { ReportContent, ReportModel } from '../reports/report-content.ts';
import type { Caller } from './caller.ts';
import type { createDecisions } from './decisions.ts';
import { decidedTimes } from './decided-times.ts';
import type { createFeedback } from './feedback.ts';
import type { createModels } from './models.ts';
import type { createPlaybooks } from './playbooks.ts';
import { isUnderWay, overallRisk, reportedSections } from './report-sections.ts';

/** Puts together what a report says, as Postgres has it now: one statement for each kind of thing, however many there are. */
export function createReportContents(deps: {
  db: Db;
  clock: Clock;
  version: string;
  isSimulated: boolean;
  feedback: Pick<ReturnType<typeof createFeedback>, 'of' | 'confidenceThreshold' | 'meetsThreshold'>;
  decisions: Pick<ReturnType<typeof createDecisions>, 'history'>;
  playbooks: Pick<ReturnType<typeof createPlaybooks>, 'require'>;
  models: Pick<ReturnType<typeof createModels>, 'byKey'>;
}) {
  const { db, feedback, models } = deps;

  /** What was spent on the document: analyses that were superseded or failed, too. */
  async function modelsOf(documentId: string): Promise<ReportModel[]> {
    const groups = await db.modelAttempt.groupBy({
      by: ['modelKey'],
      where: { analysis: { documentId }, NOT: { outcome: { in: ['SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN'] } } },
      _count: true,
      _sum: { inputTokens: true, outputTokens: true, cacheReadTokens: true, cacheWriteTokens: true, costUsd: true },
      orderBy: { modelKey: 'asc' },
    });
    return groups.map(({ modelKey, _count, _sum }) => ({
      name: models.byKey(modelKey).name,
      calls: _count,
      inputTokens: _sum.inputTokens ?? 0,
      outputTokens: _sum.outputTokens ?? 0,
      cacheReadTokens: _sum.cacheReadTokens ?? 0,
      cacheWriteTokens: _sum.cacheWriteTokens ?? 0,
      costUsd: _sum.costUsd ?? 0,
    }));
  }

  return {
    /** Null when the document is gone. */
    async of({ tenantId, documentId }: Pick<Report, 'tenantId' | 'documentId'>): Promise<ReportContent | null> {
      const caller: Caller = { tenantId, actor: 'worker' };
      const document = await db.document.findFirst({
        where: { id: documentId, tenantId },
        include: { session: { select: { title: true } } },
      });
      if (!document) return null;
      const [sections, findings, playbook, used] = await Promise.all([
        db.section.findMany({
          where: { documentId },
          orderBy: { ordinal: 'asc' },
          select: {
            id: true,
            title: true,
            level: true,
            pageStart: true,
            currentAnalysis: {
              select: { status: true, summary: true, risk: true, confidence: true, modelKey: true, error: true },
            },
          },
        }),
        feedback.of(caller, { by: 'documentId', ids: [documentId] }, {}),
        deps.playbooks.require(caller, document.playbookId),
        modelsOf(documentId),
      ]);
      // What an analysis that is under way has found so far is half a review, and may be void in a moment.
      const unfinished = new Set(sections.filter(isUnderWay).map(({ id }) => id));
      const standing = findings.filter(
        ({ analysisId, sectionId }) => analysisId === null || !unfinished.has(sectionId),
      );
      const counted = standing.filter(feedback.meetsThreshold);
      const decisions = await deps.decisions.history(counted.map(({ id }) => id));
      const history = groupBy(decisions, (entry) => entry.feedbackId);
      const carried = decisions.filter(({ carriedFromId }) => carriedFromId !== null);
      const decided = await decidedTimes(
        db,
        carried.map(({ id }) => id),
      );
      const checkTitles = new Map(playbook.checks.map(({ ref, title }) => [ref, title]));
      const reported = reportedSections(sections, counted, {
        historyOf: (feedbackId) => history[feedbackId] ?? [],
        decidedAt: (revisionId) => decided.get(revisionId),
        checkTitle: (ref) => checkTitles.get(ref) ?? ref,
        modelName: (key) => models.byKey(key).name,
      });
      const { filename, format, sizeBytes, sha256, pageCount, wordCount } = document;
      return {
        generatedAt: new Date(deps.clock.now()),
        version: deps.version,
        isSimulated: deps.isSimulated,
        sessionTitle: document.session.title,
        document: {
          id: documentId,
          filename,
          format,
          sizeBytes,
          sha256,
          pageCount,
          wordCount,
          uploadedAt: document.createdAt,
        },
        playbook: { name: playbook.name, description: playbook.description },
        threshold: feedback.confidenceThreshold,
        belowThreshold: countLeftOut(standing, counted),
        risk: overallRisk(reported),
        sections: reported,
        models: used,
      };
    },
  };
}

/** Of findings that say the same, one is left out only where none is shown. */
function countLeftOut(standing: readonly Feedback[], shown: readonly Feedback[]): number {
  const groups = (findings: readonly Feedback[]) => new Set(findings.map(({ groupId }) => groupId));
  return groups(standing).size - groups(shown).size;
}
