import type { Clock } from '../clock.ts';
import type { Analysis, Db, DbTransaction, ModelAttempt } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { newId, requireId } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { recordActivity } from './activity.ts';
import {
  lockDocument,
  lockDocumentOf,
  record,
  refuseActive,
  sectionStates,
  type SectionState,
} from './analysis-guards.ts';
import type { Caller } from './caller.ts';
import { refuseEnded, type createCancellation } from './cancellation.ts';
import type { createDocuments } from './documents.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import { takeTurns } from './turns.ts';

/** What is to be analysed, in the order in which it is to run; all of one document. */
type Chosen = { readonly sessionId: string; readonly sections: readonly SectionState[] };

type Keyed = { readonly idempotencyKey?: string | null | undefined };

/** Analyses: asking for them, ending them, reading them. What workers write is in analysis-attempts.ts. */
export function createAnalyses(deps: {
  db: Db;
  clock: Clock;
  events: EventLog;
  queue: JobQueue;
  documents: Pick<ReturnType<typeof createDocuments>, 'require'>;
  cancellation: ReturnType<typeof createCancellation>;
}) {
  const { db, clock, events, queue, cancellation } = deps;

  const byIds = (caller: Caller, ids: readonly string[]): Promise<Analysis[]> =>
    db.analysis.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<Analysis> {
    requireId('Analysis', id);
    const [analysis] = await byIds(caller, [id]);
    if (!analysis) throw notFound('Analysis', id);
    return analysis;
  }

  /**
   * Row first: makes the analyses and points their sections at them. A section that has a completed analysis goes on showing that one's
   * findings until the new one is completed, too.
   */
  async function insert(
    transaction: DbTransaction,
    caller: Caller,
    { sessionId, sections }: Chosen,
  ): Promise<Analysis[]> {
    const [first] = sections;
    if (!first) return [];
    const { tenantId } = caller;
    const rows = sections.map(({ id: sectionId, documentId, completedId: previousId }) => ({
      id: newId('Analysis'),
      tenantId,
      documentId,
      sectionId,
      previousId,
    }));
    const made = await transaction.analysis.createManyAndReturn({ data: rows });
    await recordActivity(transaction, caller, {
      sessionId,
      action: 'analysis.requested',
      subject: first.documentId,
      detail: `${rows.length} sections`,
    });
    const shown = rows.map(({ id, sectionId, previousId }) => [sectionId, id, previousId ?? id]);
    await transaction.$executeRaw`
      UPDATE "Section" s SET "latestAnalysisId" = pair.value->>1, "currentAnalysisId" = pair.value->>2
      FROM jsonb_array_elements(${JSON.stringify(shown)}::jsonb) pair
      WHERE s."id" = pair.value->>0`;
    return made;
  }

  /** Job second; all of one tenant. A crash before or in here leaves rows that are QUEUED without a job, which the reconciler mends the same way. */
  async function enqueue(
    analyses: readonly Pick<Analysis, 'id' | 'tenantId' | 'documentId' | 'sectionId'>[],
  ): Promise<void> {
    const turns = await takeTurns({ db, queue }, 'analyze-section', analyses);
    // All at once: one connection keeps the order of the events, and 300 sections do not take 600 round trips one behind the other.
    await Promise.all(
      turns.map(async ({ waiting: { id, documentId, sectionId }, priority, ahead }) => {
        const queued = { type: 'analysis:queued', analysisId: id, sectionId, position: ahead } as const;
        await events.append({ documentId, id }, 0, queued);
        await queue.add('analyze-section', id, { analysisId: id }, { priority });
      }),
    );
  }

  async function request(
    caller: Caller,
    operation: { name: string; key: string | null | undefined; input: unknown },
    choose: (transaction: DbTransaction) => Promise<Chosen>,
  ): Promise<Analysis[]> {
    let made: Analysis[] = [];
    const { result, isRepeat } = await runIdempotently(
      db,
      caller,
      { operation: operation.name, key: operation.key, input: operation.input },
      new Date(clock.now()),
      async (transaction) => {
        made = await insert(transaction, caller, await choose(transaction));
        return { ids: made.map(({ id }) => id) };
      },
    );
    if (isRepeat) {
      const found = await byIds(caller, result.ids);
      return result.ids.flatMap((id) => found.filter((analysis) => analysis.id === id));
    }
    await enqueue(made);
    return made;
  }

  async function lockSection(
    transaction: DbTransaction,
    caller: Caller,
    sectionId: string,
  ): Promise<{ readonly sessionId: string; readonly section: SectionState }> {
    const { documentId, sessionId } = await lockDocumentOf(transaction, caller, sectionId);
    const [section] = await sectionStates(transaction, documentId, [sectionId]);
    if (!section) throw notFound('Section', sectionId);
    return { sessionId, section };
  }

  return {
    byIds,
    require,
    enqueue,

    /** Of several sections at once, oldest first. */
    ofSections: (caller: Caller, sectionIds: readonly string[]): Promise<Analysis[]> =>
      db.analysis.findMany({
        where: { tenantId: caller.tenantId, sectionId: { in: [...sectionIds] } },
        orderBy: { id: 'asc' },
      }),

    /** Every invocation of a model in order, of several analyses at once. The caller must have read the analyses. */
    modelAttempts: (analysisIds: readonly string[]): Promise<ModelAttempt[]> =>
      db.modelAttempt.findMany({ where: { analysisId: { in: [...analysisIds] } }, orderBy: { id: 'asc' } }),

    /** Queues an analysis of one section. CONFLICT while the document is being parsed, or while the section is queued or running already. */
    async analyzeSection(caller: Caller, input: { sectionId: string } & Keyed): Promise<Analysis> {
      requireId('Section', input.sectionId);
      const [analysis] = await request(
        caller,
        { name: 'analyzeSection', key: input.idempotencyKey, input: { sectionId: input.sectionId } },
        async (transaction) => {
          const { sessionId, section } = await lockSection(transaction, caller, input.sectionId);
          refuseActive(section);
          return { sessionId, sections: [section] };
        },
      );
      if (!analysis) throw notFound('Section', input.sectionId);
      return analysis;
    },

    /**
     * Queues every section that has no completed analysis and none under way; with `force` also those that are completed. CONFLICT while
     * the document is being parsed, or when parsing failed.
     */
    async analyzeDocument(
      caller: Caller,
      input: { documentId: string; sectionIds?: readonly string[] | null | undefined; force: boolean } & Keyed,
    ): Promise<Analysis[]> {
      requireId('Document', input.documentId);
      input.sectionIds?.forEach((id) => requireId('Section', id));
      const { documentId, sectionIds, force } = input;
      return request(
        caller,
        {
          name: 'analyzeDocument',
          key: input.idempotencyKey,
          input: { documentId, sectionIds: sectionIds ?? null, force },
        },
        async (transaction) => {
          const { sessionId } = await lockDocument(transaction, caller, documentId);
          const sections = await sectionStates(transaction, documentId, sectionIds ?? null);
          const strange = sectionIds?.find((id) => !sections.some((section) => section.id === id));
          if (strange) throw notFound('Section', strange);
          const isDue = ({ latestStatus: status }: SectionState): boolean =>
            status !== 'QUEUED' && status !== 'RUNNING' && (force || status !== 'COMPLETED');
          return { sessionId, sections: sections.filter(isDue) };
        },
      );
    },

    /** A new analysis of the section whose latest one failed or was cancelled. CONFLICT for one that runs, completed, or was retried already. */
    async retry(caller: Caller, input: { id: string } & Keyed): Promise<Analysis> {
      const previous = await require(caller, input.id);
      const [analysis] = await request(
        caller,
        { name: 'retryAnalysis', key: input.idempotencyKey, input: { id: input.id } },
        async (transaction) => {
          const { sessionId, section } = await lockSection(transaction, caller, previous.sectionId);
          refuseActive(section);
          const { status } = await transaction.analysis.findUniqueOrThrow({ where: { id: previous.id } });
          if (status === 'COMPLETED') {
            throw new AppError(
              'CONFLICT',
              'This analysis has completed. Use analyzeDocument with force: true to run it again.',
            );
          }
          if (section.latestId !== previous.id) {
            throw new AppError(
              'CONFLICT',
              `This analysis was superseded by ${section.latestId ?? 'another'}; retry that one.`,
            );
          }
          return { sessionId, sections: [section] };
        },
      );
      if (!analysis) throw notFound('Analysis', input.id);
      return analysis;
    },

    /** Ends a queued or running analysis at once. CONFLICT when it has completed or failed; cancelling again changes nothing. */
    async cancel(caller: Caller, input: { id: string } & Keyed): Promise<Analysis> {
      const { id } = input;
      const { documentId } = await require(caller, id);
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'cancelAnalysis', key: input.idempotencyKey, input: { id } },
        new Date(clock.now()),
        async (transaction) => {
          const cancelled = await cancellation.take(transaction, { tenantId: caller.tenantId, id });
          if (cancelled.length > 0) await record(transaction, caller, documentId, 'analysis.cancelled', id);
          else refuseEnded('analysis', await transaction.analysis.findUniqueOrThrow({ where: { id } }));
          return { cancelled };
        },
      );
      await cancellation.announce(result.cancelled);
      return require(caller, id);
    },

    /** Ends all queued and running analyses of a document; how many. */
    async cancelDocument(caller: Caller, input: { documentId: string } & Keyed): Promise<number> {
      const { documentId } = input;
      await deps.documents.require(caller, documentId);
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'cancelDocumentAnalyses', key: input.idempotencyKey, input: { documentId } },
        new Date(clock.now()),
        async (transaction) => {
          const cancelled = await cancellation.take(transaction, { tenantId: caller.tenantId, documentId });
          if (cancelled.length > 0) await record(transaction, caller, documentId, 'analysis.cancelled', 'all');
          return { cancelled };
        },
      );
      await cancellation.announce(result.cancelled);
      return result.cancelled.length;
    },
  };
}
