import { Readable } from 'node:stream';
import { newId } from '../../src/ids.ts';
import { localCaller, type Caller } from '../../src/services/caller.ts';
import type { Services } from '../../src/services/services.ts';
import { originalKey } from '../../src/services/storage-keys.ts';
import { seedAnalysis, seedDocument } from '../support/seed-review.ts';
import type { Prism } from '../support/prism.ts';

/** What a service does for a caller, by the names of both: every function whose first parameter is the caller. */
type ScopedName = {
  [S in keyof Services]: {
    [M in keyof Services[S] & string]: Services[S][M] extends (...args: infer Args) => unknown
      ? Args extends [Caller, ...unknown[]]
        ? `${S}.${M}`
        : never
      : never;
  }[keyof Services[S] & string];
}[keyof Services];

export type Own = Awaited<ReturnType<typeof makeOwn>>;

type Ask = (services: Services, caller: Caller, own: Own) => unknown;

type Case = {
  readonly ask: Ask;
  /** What another tenant is answered: that there is no such thing, or this in place of what the owner gets. */
  readonly others: 'NOT_FOUND' | { readonly get: unknown };
};

/** One of everything that a tenant can have; nobody works on it. */
export async function makeOwn(prism: Prism) {
  const { db, services, storage } = prism.server.runtime;
  const { documentId, sectionIds } = await seedDocument(db, 4);
  const [first = '', second = '', third = '', fourth = ''] = sectionIds;
  const { sessionId } = await db.document.findUniqueOrThrow({ where: { id: documentId } });
  const seed = (sectionId: string, status: 'COMPLETED' | 'FAILED', titles: readonly string[]) =>
    seedAnalysis(db, { documentId, sectionId, status, found: titles.map((title) => ({ title })) });
  await seed(first, 'COMPLETED', ['gone']);
  const analysisId = await seed(first, 'COMPLETED', ['found']);
  const found = await db.feedback.findFirstOrThrow({ where: { analysisId } });
  const twinAnalysisId = await seed(second, 'COMPLETED', ['found again']);
  await db.feedback.updateMany({ where: { analysisId: twinAnalysisId }, data: { groupId: found.groupId } });
  const failedId = await seed(third, 'FAILED', []);
  const queued = await services.analyses.analyzeSection(localCaller, { sectionId: fourth });
  const finding = { kind: 'GAP', category: 'c', risk: 'LOW', title: 'own', detail: 'd' } as const;
  const chat = await services.chats.start(localCaller, { documentId });
  const silentChat = await services.chats.start(localCaller, { documentId });
  const checks = [{ ref: 'TERM-1', title: 'Term', guidance: 'Is there an end?' }];
  const bytes = Buffer.from('# Term\n');
  const file = { sessionId, filename: 'a.md', sizeBytes: bytes.length };
  const { upload } = await services.uploads.invite(localCaller, file);
  await storage.put(originalKey(sessionId, upload.documentId), Readable.from([bytes]));
  return {
    sessionId,
    documentId,
    sectionId: third,
    analysis: await db.analysis.findUniqueOrThrow({ where: { id: analysisId } }),
    failedId,
    queuedId: queued.id,
    found,
    findingId: (await services.decisions.add(localCaller, { sectionId: first, ...finding })).id,
    finding,
    chatId: chat.id,
    silentChatId: silentChat.id,
    replyId: (await services.chatMessages.send(localCaller, { chatId: chat.id, text: 'Who?' })).reply.id,
    reportId: (await services.reports.generate(localCaller, { documentId, format: 'HTML' })).id,
    playbookId: (await services.playbooks.create(localCaller, { name: newId('Playbook'), description: '', checks })).id,
    file,
    uploadId: upload.id,
  };
}

const refused = (ask: Ask): Case => ({ ask, others: 'NOT_FOUND' });
const empty = (ask: Ask, get: unknown = []): Case => ({ ask, others: { get } });

const page = { first: 100, after: null };

/** The items of one page among several. */
async function only(pages: Promise<Map<string, { readonly items: readonly unknown[] }>>): Promise<unknown> {
  return [...(await pages).values()].flatMap(({ items }) => items);
}

async function firstOf<T>(values: AsyncIterableIterator<T>): Promise<T> {
  const { value } = await values.next();
  await values.return?.();
  return value as T;
}

/** What is not there for others; without what makes or resets something of the whole installation's. */
export const cases: Readonly<Record<Exclude<ScopedName, Exempt>, Case>> = {
  'sessions.byIds': empty((s, caller, { sessionId }) => s.sessions.byIds(caller, [sessionId])),
  'sessions.list': empty(async (s, caller) => (await s.sessions.list(caller, page)).items),
  'sessions.count': empty((s, caller) => s.sessions.count(caller), 0),
  'sessions.delete': refused((s, caller, { sessionId: id }) => s.sessions.delete(caller, { id })),
  'documents.byIds': empty((s, caller, { documentId }) => s.documents.byIds(caller, [documentId])),
  'documents.require': refused((s, caller, { documentId }) => s.documents.require(caller, documentId)),
  'documents.pages': empty((s, caller, { sessionId }) => only(s.documents.pages(caller, [sessionId], page))),
  'documents.counts': empty((s, caller, { sessionId }) => s.documents.counts(caller, [sessionId]), new Map()),
  'documents.delete': refused((s, caller, { documentId: id }) => s.documents.delete(caller, { id })),
  'uploads.upload': refused((s, caller, { sessionId }) =>
    s.uploads.upload(caller, { sessionId, filename: 'b.md', body: Readable.from([Buffer.from('# Other\n')]) }),
  ),
  'uploads.invite': refused((s, caller, { file }) => s.uploads.invite(caller, file)),
  'uploads.complete': refused((s, caller, { uploadId }) => s.uploads.complete(caller, { uploadId })),
  'sections.byIds': empty((s, caller, { sectionId }) => s.sections.byIds(caller, [sectionId])),
  'sections.ofDocuments': empty((s, caller, { documentId }) => s.sections.ofDocuments(caller, [documentId])),
  'analyses.byIds': empty((s, caller, { failedId }) => s.analyses.byIds(caller, [failedId])),
  'analyses.require': refused((s, caller, { failedId }) => s.analyses.require(caller, failedId)),
  'analyses.ofSections': empty((s, caller, { sectionId }) => s.analyses.ofSections(caller, [sectionId])),
  'analyses.analyzeSection': refused((s, caller, { sectionId }) => s.analyses.analyzeSection(caller, { sectionId })),
  'analyses.analyzeDocument': refused((s, caller, { documentId }) =>
    s.analyses.analyzeDocument(caller, { documentId, force: true }),
  ),
  'analyses.retry': refused((s, caller, { failedId: id }) => s.analyses.retry(caller, { id })),
  'analyses.cancel': refused((s, caller, { queuedId: id }) => s.analyses.cancel(caller, { id })),
  'analyses.cancelDocument': refused((s, caller, { documentId }) => s.analyses.cancelDocument(caller, { documentId })),
  'chats.byIds': empty((s, caller, { chatId }) => s.chats.byIds(caller, [chatId])),
  'chats.require': refused((s, caller, { chatId }) => s.chats.require(caller, chatId)),
  'chats.ofDocuments': empty((s, caller, { documentId }) => s.chats.ofDocuments(caller, [documentId])),
  'chats.start': refused((s, caller, { documentId }) => s.chats.start(caller, { documentId })),
  'chatMessages.byIds': empty((s, caller, { replyId }) => s.chatMessages.byIds(caller, [replyId])),
  'chatMessages.require': refused((s, caller, { replyId }) => s.chatMessages.require(caller, replyId)),
  'chatMessages.pages': empty((s, caller, { chatId }) => only(s.chatMessages.pages(caller, [chatId], page))),
  'chatMessages.counts': empty((s, caller, { chatId }) => s.chatMessages.counts(caller, [chatId]), new Map()),
  'chatMessages.send': refused((s, caller, { silentChatId: chatId }) =>
    s.chatMessages.send(caller, { chatId, text: 'Who?' }),
  ),
  'chatMessages.cancel': refused((s, caller, { replyId: id }) => s.chatMessages.cancel(caller, { id })),
  'feedback.byIds': empty((s, caller, { findingId }) => s.feedback.byIds(caller, [findingId])),
  'feedback.of': empty((s, caller, { analysis }) =>
    s.feedback.of(caller, { by: 'analysisId', ids: [analysis.id] }, {}),
  ),
  'feedback.pages': empty((s, caller, { documentId }) => only(s.feedback.pages(caller, [documentId], {}, page))),
  'feedback.counts': empty((s, caller, { documentId }) => s.feedback.counts(caller, [documentId], {}), new Map()),
  'feedback.highestRisks': empty(
    (s, caller, { documentId }) => s.feedback.highestRisks(caller, [documentId]),
    new Map(),
  ),
  // The finding itself is what they have already.
  'feedback.places': empty(
    async (s, caller, { found }) => (await s.feedback.places(caller, [found])).map(({ length }) => length),
    [1],
  ),
  'feedback.gone': empty((s, caller, { analysis }) => s.feedback.gone(caller, [analysis]), [[]]),
  'decisions.decide': refused((s, caller, { findingId }) =>
    s.decisions.decide(caller, { ids: [findingId], status: 'ACCEPTED' }),
  ),
  'decisions.add': refused((s, caller, { sectionId, finding }) => s.decisions.add(caller, { sectionId, ...finding })),
  'decisions.update': refused((s, caller, { findingId: id }) => s.decisions.update(caller, { id, title: 'new' })),
  'decisions.delete': refused((s, caller, { findingId: id }) => s.decisions.delete(caller, { id })),
  'playbooks.byIds': empty((s, caller, { playbookId }) => s.playbooks.byIds(caller, [playbookId])),
  'playbooks.list': empty(async (s, caller) => (await s.playbooks.list(caller)).filter(({ builtIn }) => !builtIn)),
  'playbooks.require': refused((s, caller, { playbookId }) => s.playbooks.require(caller, playbookId)),
  'playbooks.delete': refused((s, caller, { playbookId: id }) => s.playbooks.delete(caller, { id })),
  'reports.byIds': empty((s, caller, { reportId }) => s.reports.byIds(caller, [reportId])),
  'reports.require': refused((s, caller, { reportId }) => s.reports.require(caller, reportId)),
  'reports.ofDocuments': empty((s, caller, { documentId }) => s.reports.ofDocuments(caller, [documentId])),
  'reports.generate': refused((s, caller, { documentId }) => s.reports.generate(caller, { documentId, format: 'CSV' })),
  'reportEvents.follow': refused((s, caller, { reportId }) => s.reportEvents.follow(caller, reportId)),
  'activity.pages': empty((s, caller, { sessionId }) => only(s.activity.pages(caller, [sessionId], page))),
  'activity.counts': empty((s, caller, { sessionId }) => s.activity.counts(caller, [sessionId]), new Map()),
  'progress.of': empty(
    async (s, caller, { documentId }) => (await s.progress.of(caller, [documentId])).get(documentId)?.total,
    0,
  ),
  'statistics.of': empty(async (s, caller) => (await s.statistics.of(caller, {}).contents()).documents, 0),
  'statistics.ofSessions': empty(
    async (s, caller, { sessionId }) =>
      (await s.statistics.ofSessions(caller, 'contents', [sessionId])).map(({ documents }) => documents),
    [0],
  ),
  'statistics.watch': empty(
    async (s, caller) => (await firstOf(s.statistics.watch(caller, 250))).contents.documents,
    0,
  ),
  'eventStreams.followAnalysis': refused((s, caller, { queuedId }) =>
    s.eventStreams.followAnalysis(caller, queuedId, null),
  ),
  'eventStreams.followMessage': refused((s, caller, { replyId }) =>
    s.eventStreams.followMessage(caller, replyId, null),
  ),
  'eventStreams.followDocument': refused((s, caller, { documentId }) =>
    s.eventStreams.followDocument(caller, documentId, null, true),
  ),
};

/** They name nothing that a tenant has. */
type Exempt = 'sessions.create' | 'playbooks.create' | 'throttle.reset';
