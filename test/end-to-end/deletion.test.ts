import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prisma } from '../../src/db.ts';
import { localCaller } from '../../src/services/caller.ts';
import { documentFolder, sessionFolder } from '../../src/services/storage-keys.ts';
import { seedDocument } from '../support/seed-review.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { ask, startChat } from './chatting.ts';
import { fetchReport, followReport, requestReport } from './reporting.ts';
import { analyzeAll, collect, logOf, manySections, markdownOf, names, ofType, until } from './reviewing.ts';

/** What a session or a document leaves traces by. */
type Subject = {
  /** Under which its objects are. */
  readonly folder: string;
  readonly documentIds: readonly string[];
  /** Of its rows. */
  readonly ids: readonly string[];
};

/** Of documents, with all that belongs to them now. */
async function subjectOf(prism: Prism, folder: string, documentIds: string[], sessionId?: string): Promise<Subject> {
  const { db } = prism.server.runtime;
  const where = { documentId: { in: documentIds } };
  const rows = await Promise.all([
    db.section.findMany({ where }),
    db.analysis.findMany({ where }),
    db.feedback.findMany({ where }),
    db.chat.findMany({ where }),
    db.chatMessage.findMany({ where }),
    db.report.findMany({ where }),
  ]);
  const ids = [...documentIds, ...rows.flat().map(({ id }) => id), ...(sessionId ? [sessionId] : [])];
  return { folder, documentIds, ids };
}

/** Rows of any table that are the subject's, or refer to it, by table and column. */
async function rowsOf(prism: Prism, { ids }: Subject): Promise<string[]> {
  const { db } = prism.server.runtime;
  const columns = await db.$queryRaw<{ table: string; column: string }[]>`
    SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    WHERE table_schema = 'public' AND (column_name = 'id' OR column_name LIKE '%Id') AND data_type = 'text'`;
  const found = await Promise.all(
    columns.map(async ({ table, column }) => {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS "count" FROM ${Prisma.raw(`"${table}"`)}
        WHERE ${Prisma.raw(`"${column}"`)} = ANY(${[...ids]})`;
      return row?.count ? `${table}.${column}` : [];
    }),
  );
  return found.flat();
}

async function objectsOf(prism: Prism, { folder }: Pick<Subject, 'folder'>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of prism.server.runtime.storage.list(folder)) keys.push(key);
  return keys;
}

async function jobsOf(prism: Prism, { ids }: Subject): Promise<string[]> {
  const kinds = ['parse-document', 'analyze-section', 'answer-message', 'render-report'] as const;
  const present = await Promise.all(kinds.map((kind) => prism.server.runtime.queue.present(kind, ids)));
  return present.flatMap((found) => [...found]);
}

/** Keys of event logs that are there for longer than followers need to reach the end. */
async function lastingLogsOf(prism: Prism, { documentIds }: Subject): Promise<string[]> {
  const { redis } = prism.server.runtime;
  const keys = await Promise.all(documentIds.map((id) => redis.keys(`${prism.config.redisPrefix}:{${id}}:*`)));
  const lasting = keys.flat().map(async (key) => {
    const leftMs = await redis.pttl(key);
    return leftMs === -1 || leftMs > 60_000 ? key : [];
  });
  return (await Promise.all(lasting)).flat();
}

const tracesOf = async (prism: Prism, subject: Subject) => ({
  rows: await rowsOf(prism, subject),
  objects: await objectsOf(prism, subject),
  jobs: await jobsOf(prism, subject),
  lastingLogs: await lastingLogsOf(prism, subject),
});

const none = { rows: [], objects: [], jobs: [], lastingLogs: [] };

const deletedBy = (prism: Prism, mutation: 'deleteSession' | 'deleteDocument', id: string) =>
  prism.ask(`mutation($id: ID!) { ${mutation}(input: { id: $id }) { deletedId } }`, { id });

const uploadTo = (prism: Prism, session: string, sections: number, mark: string): Promise<string> =>
  prism.uploadParsed(session, `${mark}.md`, markdownOf(manySections(sections, mark)));

/** A document that is analysed, asked about and reported on, with all who follow that; more is asked for than is worked on at a time. */
async function busyDocument(prism: Prism, session: string, mark: string) {
  const documentId = await uploadTo(prism, session, 6, mark);
  await fetchReport(prism, documentId, 'JSON');
  const { faults, activity } = prism.simulator;
  faults.add({ fault: { kind: 'stall', afterTokens: 20 }, times: prism.config.workerConcurrency });
  const analysisIds = await analyzeAll(prism, documentId);
  const document = prism.events('documentEvents', documentId);
  await until(document, 'ThinkingDelta');
  await activity.waitFor(({ inFlight }) => inFlight === prism.config.workerConcurrency);
  faults.add({ fault: { kind: 'stall', afterTokens: 200 }, times: 1 });
  const messageId = await ask(prism, await startChat(prism, documentId), 'Who is liable for damages?');
  const message = prism.events('chatEvents', messageId);
  await until(message, 'TextDelta');
  const analyses = analysisIds.map((id) => prism.events('analysisEvents', id));
  const report = followReport(prism, await requestReport(prism, documentId, 'PDF'));
  await report.next();
  return { documentId, document, message, analyses, report };
}

/** How those end who follow a document that is deleted. */
async function expectEnds({ document, message, analyses, report }: Awaited<ReturnType<typeof busyDocument>>) {
  const last = async (events: AsyncIterable<StreamedEvent>) => (await collect(events)).at(-1);
  // They hear of what is cancelled with it.
  const told = await collect(document);
  expect(ofType(told, 'DocumentFailed')).toMatchObject([{ problem: { code: 'NOT_FOUND' } }]);
  expect(ofType(told, 'AnalysisCancelled')).toHaveLength(analyses.length);
  expect(await last(message)).toMatchObject({ __typename: 'ChatMessageCancelled' });
  expect(names(await Promise.all(analyses.map(last)))).toEqual(analyses.map(() => 'AnalysisCancelled'));
  expect(await last(report)).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } });
}

describe('deleting what is worked on', { timeout: 60_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  it('ends a session with its documents for all who follow them, and leaves nothing of it, and others as they are', async () => {
    const otherSession = await prism.createSession('another');
    const other = await uploadTo(prism, otherSession, 1, 'Other');
    await fetchReport(prism, other, 'JSON');
    const session = await prism.createSession();
    const idle = await uploadTo(prism, session, 1, 'Idle');
    const busy = await busyDocument(prism, session, 'Busy');
    await prism.server.runtime.services.uploads.invite(localCaller, {
      sessionId: session,
      filename: 'never-sent.md',
      sizeBytes: 5,
    });
    const [waiting = ''] = await analyzeAll(prism, other);
    const subject = await subjectOf(prism, sessionFolder(session), [idle, busy.documentId], session);
    const otherSubject = await subjectOf(prism, sessionFolder(otherSession), [other], otherSession);
    const otherBefore = await tracesOf(prism, otherSubject);
    const before = await tracesOf(prism, subject);
    expect(Object.entries(before).filter(([, traces]) => traces.length === 0)).toEqual([]);

    expect(await deletedBy(prism, 'deleteSession', session)).toEqual({ deleteSession: { deletedId: session } });
    expect(await rowsOf(prism, subject)).toEqual([]);
    await expectEnds(busy);
    await expect.poll(() => tracesOf(prism, subject), { timeout: 10_000 }).toEqual(none);

    const { rows, objects } = await tracesOf(prism, otherSubject);
    expect(rows).toEqual(expect.arrayContaining(otherBefore.rows));
    expect(objects).toEqual(otherBefore.objects);
    expect(names(await logOf(prism, waiting)).at(-1)).toBe('AnalysisCompleted');
    await prism.simulator.activity.waitFor(({ inFlight }) => inFlight === 0);
    expect(await tracesOf(prism, subject)).toEqual(none);
  });

  it('ends a document for all who follow it, and leaves nothing of it, and its neighbours as they are', async () => {
    const session = await prism.createSession();
    const neighbour = await uploadTo(prism, session, 1, 'Neighbour');
    const busy = await busyDocument(prism, session, 'Busy');
    const folder = (id: string): string => documentFolder(session, id);
    const subject = await subjectOf(prism, folder(busy.documentId), [busy.documentId]);
    const neighbourBefore = await tracesOf(prism, await subjectOf(prism, folder(neighbour), [neighbour], session));
    const before = await tracesOf(prism, subject);
    expect(Object.entries(before).filter(([, traces]) => traces.length === 0)).toEqual([]);

    await deletedBy(prism, 'deleteDocument', busy.documentId);
    expect(await rowsOf(prism, subject)).toEqual([]);
    await expectEnds(busy);
    await expect.poll(() => tracesOf(prism, subject), { timeout: 10_000 }).toEqual(none);
    await prism.simulator.activity.waitFor(({ inFlight }) => inFlight === 0);
    expect(await tracesOf(prism, subject)).toEqual(none);
    const neighbourAfter = await tracesOf(prism, await subjectOf(prism, folder(neighbour), [neighbour], session));
    expect(neighbourAfter).toEqual(neighbourBefore);
  });
});

describe('deleting what nobody works on yet', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());

  it('takes its jobs out of their queues', async () => {
    const { db } = prism.server.runtime;
    const { documentId } = await seedDocument(db, 2);
    const { sessionId } = await db.document.findUniqueOrThrow({ where: { id: documentId } });
    const { data } = await prism.upload(sessionId, 'unread.md', '# Term');
    const unread = data.uploadDocument.document.id;
    await analyzeAll(prism, documentId);
    await ask(prism, await startChat(prism, documentId), 'Who is liable?');
    await requestReport(prism, documentId, 'HTML');
    const subject = await subjectOf(prism, sessionFolder(sessionId), [documentId, unread], sessionId);
    expect(await jobsOf(prism, subject)).toHaveLength(5);
    await deletedBy(prism, 'deleteSession', sessionId);
    expect(await tracesOf(prism, subject)).toEqual(none);
  });
});
