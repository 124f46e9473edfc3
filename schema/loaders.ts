import DataLoader from 'dataloader';
import { groupBy } from 'es-toolkit/array/groupBy';
import { once } from 'es-toolkit/function/once';
import type { Analysis, ChatMessage, Document } from '../src/db.ts';
import type { Caller } from '../src/services/caller.ts';
import type { FeedbackPlace } from '../src/services/feedback.ts';
import type { FeedbackFilter } from '../src/services/feedback-filter.ts';
import type { Page, PageRequest } from '../src/services/page.ts';
import type { Services } from '../src/services/services.ts';
import type { Figures } from '../src/services/statistics/statistics.ts';

type Row = { readonly id: string };

/** Batches of reads by id: one statement for all that a level of a query needs. A row that is not the caller's is null. */
export type Loaders = ReturnType<typeof createLoaders>;

const byId = <T extends Row>(read: (ids: readonly string[]) => Promise<T[]>) =>
  new DataLoader<string, T | null>(async (ids) => {
    const rows = new Map((await read(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });

/** What a row refers to is there for whoever may read the row; an absence is a bug. */
export function present<T>(row: T | null): T {
  if (row === null) throw new Error('A row refers to one that is not there.');
  return row;
}

const cachedById = <T extends Row>(): DataLoader.Options<T, never, string> => ({ cacheKeyFn: ({ id }) => id });

const manyBy = <T>(read: (ids: readonly string[]) => Promise<T[]>, key: (row: T) => string | null) =>
  new DataLoader<string, T[]>(async (ids) => {
    const groups = groupBy(await read(ids), (row) => key(row) ?? '');
    return ids.map((id) => groups[id] ?? []);
  });

/** Counts by the id of what they belong to; 0 where nothing was counted. */
const countBy = (read: (ids: readonly string[]) => Promise<Map<string, number>>) =>
  new DataLoader<string, number>(async (ids) => {
    const counts = await read(ids);
    return ids.map((id) => counts.get(id) ?? 0);
  });

/** Pages by the id of what they belong to, a loader for each set of arguments. */
const pageBy = <A extends PageRequest, T>(read: (ids: readonly string[], args: A) => Promise<Map<string, Page<T>>>) =>
  perArguments(
    (args: A) =>
      new DataLoader<string, Page<T>>(async (ids) => {
        const pages = await read(ids, args);
        return ids.map((id) => pages.get(id) ?? { items: [], hasNextPage: false });
      }),
  );

const streamed = <R extends Row, T>(read: (row: R) => Promise<T>) =>
  new DataLoader<R, T, string>((rows) => Promise.all(rows.map(read)), cachedById<R>());

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

/**
 * The cursors of documents, with what else is read of them. Whoever goes on from a cursor must hear of all that happens behind what was
 * read: so where a query asks for a document's cursor, that is read first, and the rest behind it.
 */
function createDocumentCursors(read: (documents: readonly Document[]) => Promise<string[]>) {
  const loader = new DataLoader<Document, string, string>(read, cachedById<Document>());
  const asked = new Map<string, Promise<string>>();
  return {
    load(document: Document): Promise<string> {
      const cursor = loader.load(document);
      asked.set(document.id, cursor);
      return cursor;
    },
    /** The cursor of this document once it is read; null where the query does not ask for it. To be called by a field of the document, or of something below it. */
    async behind(documentId: string): Promise<string | null> {
      // The fields of an object begin together: by now the cursor's has.
      await Promise.resolve();
      return asked.get(documentId) ?? null;
    },
  };
}

export function createLoaders(services: Services, caller: Caller) {
  const {
    sessions,
    activity,
    documents,
    sections,
    analyses,
    chats,
    chatMessages,
    feedback,
    decisions,
    playbooks,
    progress,
    reports,
  } = services;
  const feedbackBy = (by: 'sectionId' | 'analysisId') =>
    perArguments((filter: FeedbackFilter) =>
      manyBy(
        (ids) => feedback.of(caller, { by, ids }, filter),
        (row) => row[by],
      ),
    );
  const documentCursors = createDocumentCursors((rows) => services.eventStreams.documentCursors(rows));
  return {
    session: byId((ids) => sessions.byIds(caller, ids)),
    document: byId((ids) => documents.byIds(caller, ids)),
    section: byId((ids) => sections.byIds(caller, ids)),
    analysis: byId((ids) => analyses.byIds(caller, ids)),
    chat: byId((ids) => chats.byIds(caller, ids)),
    chatMessage: byId((ids) => chatMessages.byIds(caller, ids)),
    feedback: byId((ids) => feedback.byIds(caller, ids)),
    report: byId((ids) => reports.byIds(caller, ids)),
    playbook: byId((ids) => playbooks.byIds(caller, ids)),
    historyOfFeedback: manyBy(
      (ids) => decisions.history(ids),
      (revision) => revision.feedbackId,
    ),
    activityOfSession: pageBy((ids, page) => activity.pages(caller, ids, page)),
    activityCount: countBy((ids) => activity.counts(caller, ids)),
    documentsOfSession: pageBy((ids, page) => documents.pages(caller, ids, page)),
    documentCount: countBy((ids) => documents.counts(caller, ids)),
    feedbackOfDocument: pageBy((ids, { filter, ...page }: PageRequest & { readonly filter: FeedbackFilter }) =>
      feedback.pages(caller, ids, filter, page),
    ),
    feedbackCount: perArguments((filter: FeedbackFilter) => countBy((ids) => feedback.counts(caller, ids, filter))),
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
    /** One statement for all sessions of a query; by the name of the statement. */
    figuresOfSession: perArguments(
      (name: keyof Figures) =>
        new DataLoader((ids: readonly string[]) => services.statistics.ofSessions(caller, name, ids)),
    ),
    chatsOfDocument: manyBy(
      (ids) => chats.ofDocuments(caller, ids),
      (chat) => chat.documentId,
    ),
    messagesOfChat: pageBy((ids, page) => chatMessages.pages(caller, ids, page)),
    messageCount: countBy((ids) => chatMessages.counts(caller, ids)),
    modelAttemptsOfMessage: manyBy(
      (ids) => chatMessages.modelAttempts(ids),
      (attempt) => attempt.messageId,
    ),
    feedbackOfSection: feedbackBy('sectionId'),
    feedbackOfAnalysis: feedbackBy('analysisId'),
    placesOfFeedback: new DataLoader(
      (findings: readonly FeedbackPlace[]) => feedback.places(caller, findings),
      cachedById<FeedbackPlace>(),
    ),
    goneOfAnalysis: new DataLoader((of: readonly Analysis[]) => feedback.gone(caller, of), cachedById<Analysis>()),
    /** One read for all models of a query. */
    modelStates: once(() => services.models.states()),
    /** Thinking and cursor of an analysis that has begun belong together: one read for both. */
    thinkingSoFar: streamed(async (analysis: Analysis) =>
      services.eventStreams.thinkingSoFar(analysis, await documentCursors.behind(analysis.documentId)),
    ),
    /** The same of a message that is being answered. */
    answerSoFar: streamed((message: ChatMessage) => services.eventStreams.answerSoFar(message)),
    documentCursors,
    analysisCursor: new DataLoader(
      (rows: readonly Analysis[]) => services.eventStreams.analysisCursors(rows),
      cachedById<Analysis>(),
    ),
    messageCursor: new DataLoader(
      (rows: readonly ChatMessage[]) => services.eventStreams.messageCursors(rows),
      cachedById<ChatMessage>(),
    ),
  };
}
