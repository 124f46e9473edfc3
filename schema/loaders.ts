import DataLoader from 'dataloader';
import { groupBy, once } from 'es-toolkit';
import type { Caller } from '../src/services/caller.ts';
import type { FeedbackFilter } from '../src/services/feedback.ts';
import type { PageRequest } from '../src/services/page.ts';
import type { Services } from '../src/services/services.ts';

type Row = { readonly id: string };

/** Batches of reads by id: one statement for all that a level of a query needs. A row that is not the caller's is null. */
export type Loaders = ReturnType<typeof createLoaders>;

const byId = <T extends Row>(read: (ids: readonly string[]) => Promise<T[]>) =>
  new DataLoader<string, T | null>(async (ids) => {
    const rows = new Map((await read(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });

const manyBy = <T>(read: (ids: readonly string[]) => Promise<T[]>, key: (row: T) => string | null) =>
  new DataLoader<string, T[]>(async (ids) => {
    const groups = groupBy(await read(ids), (row) => key(row) ?? '');
    return ids.map((id) => groups[id] ?? []);
  });

/** One loader per set of arguments, so that only reads with the same ones share a statement. */
function perArguments<A, L>(create: (args: A) => L): (args: A) => L {
  const loaders = new Map<string, L>();
  return (args) => {
    const key = JSON.stringify(args);
    const existing = loaders.get(key) ?? create(args);
    loaders.set(key, existing);
    return existing;
  };
}

export function createLoaders(services: Services, caller: Caller) {
  const { sessions, documents, sections, analyses, feedback, decisions, playbooks, progress, reports } = services;
  const feedbackBy = (by: 'sectionId' | 'analysisId') =>
    perArguments((filter: FeedbackFilter) =>
      manyBy(
        (ids) => feedback.of(caller, { by, ids }, filter),
        (row) => row[by],
      ),
    );
  return {
    session: byId((ids) => sessions.byIds(caller, ids)),
    document: byId((ids) => documents.byIds(caller, ids)),
    section: byId((ids) => sections.byIds(caller, ids)),
    analysis: byId((ids) => analyses.byIds(caller, ids)),
    feedback: byId((ids) => feedback.byIds(caller, ids)),
    report: byId((ids) => reports.byIds(caller, ids)),
    playbook: byId((ids) => playbooks.byIds(caller, ids)),
    historyOfFeedback: manyBy(
      (ids) => decisions.history(ids),
      (revision) => revision.feedbackId,
    ),
    documentsOfSession: perArguments(
      (page: PageRequest) =>
        new DataLoader(async (ids: readonly string[]) => {
          const pages = await documents.pages(caller, ids, page);
          return ids.map((id) => pages.get(id) ?? { items: [], hasNextPage: false });
        }),
    ),
    documentCount: new DataLoader(async (ids: readonly string[]) => {
      const counts = await documents.counts(caller, ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    documentRisk: new DataLoader(async (ids: readonly string[]) => {
      const risks = await feedback.highestRisks(caller, ids);
      return ids.map((id) => risks.get(id) ?? null);
    }),
    progress: new DataLoader(async (ids: readonly string[]) => {
      const found = await progress.of(caller, ids);
      return ids.flatMap((id) => found.get(id) ?? []);
    }),
    sectionsOfDocument: manyBy(
      (ids) => sections.ofDocuments(caller, ids),
      (section) => section.documentId,
    ),
    reportsOfDocument: manyBy(
      (ids) => reports.ofDocuments(caller, ids),
      (report) => report.documentId,
    ),
    analysesOfSection: manyBy(
      (ids) => analyses.ofSections(caller, ids),
      (analysis) => analysis.sectionId,
    ),
    modelAttemptsOfAnalysis: manyBy(
      (ids) => analyses.modelAttempts(ids),
      (attempt) => attempt.analysisId,
    ),
    feedbackOfSection: feedbackBy('sectionId'),
    feedbackOfAnalysis: feedbackBy('analysisId'),
    /** One read for all models of a query. */
    modelStates: once(() => services.models.states()),
    /** Thinking and cursor of a running analysis belong together: one read for both. */
    thinkingSoFar: new DataLoader(
      (running: readonly { id: string; documentId: string }[]) =>
        Promise.all(running.map((analysis) => services.eventStreams.thinkingSoFar(analysis))),
      { cacheKeyFn: ({ id }: { id: string; documentId: string }): string => id },
    ),
  };
}
