import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';

const analyzeDocument = 'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }';
const statuses = 'query($id: ID!) { document(id: $id) { sections { latestAnalysis { id status } feedback { id } } } }';

describe('what Redis and the store have lost', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());

  const reconciler = () => prism.server.runtime.services.reconciler;

  /** All keys of this installation, as when Redis starts empty. */
  async function loseRedis(): Promise<void> {
    const { redis } = prism.server.runtime;
    const keys = await redis.keys(`*${prism.config.redisPrefix}*`);
    if (keys.length > 0) await redis.del(...keys);
  }

  /** Makes rows look as old as the reconciler wants them before it takes them for lost. */
  async function age(): Promise<void> {
    const { db } = prism.server.runtime;
    const past = new Date(Date.now() - 60_000);
    await db.analysis.updateMany({ data: { createdAt: past } });
    await db.analysis.updateMany({ where: { finishedAt: { not: null } }, data: { finishedAt: past } });
    await db.document.updateMany({ data: { updatedAt: past } });
  }

  async function followToEnd(id: string): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    for await (const event of prism.events('documentEvents', id)) events.push(event);
    return events;
  }

  it('is put right from Postgres: lost jobs come back and the work is finished once', async () => {
    const { data } = await prism.upload(await prism.createSession(), 'contract.docx', await contractDocx());
    const { id } = data.uploadDocument.document;
    await loseRedis();
    await age();
    expect(await reconciler().reconcile()).toMatchObject({ documentsQueued: 1 });
    const first = await prism.forkWorker();
    for await (const event of prism.events('documentEvents', id)) if (event.__typename === 'DocumentReady') break;
    first.kill('SIGKILL');

    await prism.ask(analyzeDocument, { id });
    await loseRedis();
    await age();
    expect(await reconciler().reconcile()).toMatchObject({ analysesQueued: 3 });
    expect(await reconciler().reconcile()).toMatchObject({ analysesQueued: 0 });
    await prism.forkWorker();
    const events = await followToEnd(id);
    expect(events.filter((event) => event.__typename === 'AnalysisCompleted')).toHaveLength(3);
    const { document } = await prism.ask(statuses, { id });
    for (const section of document.sections) expect(section.latestAnalysis.status).toBe('COMPLETED');
  });

  it('leaves a finished analysis readable by its terminal event alone', async () => {
    const { db } = prism.server.runtime;
    const analysis = await db.analysis.findFirstOrThrow({ where: { status: 'COMPLETED' } });
    await loseRedis();
    const events: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', analysis.id)) events.push(event);
    expect(events).toMatchObject([
      { __typename: 'AnalysisCompleted', analysis: { id: analysis.id, status: 'COMPLETED' } },
    ]);
    const behind: StreamedEvent[] = [];
    for await (const event of prism.events('analysisEvents', analysis.id, events[0].cursor)) behind.push(event);
    expect(behind).toEqual([]);
  });

  it('gets its terminal event from the reconciler when the worker died between the result and the event', async () => {
    const { db, events, services } = prism.server.runtime;
    const analysis = await db.analysis.findFirstOrThrow({ where: { status: 'COMPLETED' } });
    const source = { documentId: analysis.documentId, id: analysis.id };
    await loseRedis();
    await events.append(source, analysis.attempt, {
      type: 'analysis:started',
      analysisId: analysis.id,
      sectionId: analysis.sectionId,
    });
    await db.analysis.update({ where: { id: analysis.id }, data: { closedAt: null } });
    const follower = prism.events('analysisEvents', analysis.id);
    expect((await follower.next()).value.__typename).toBe('AnalysisStarted');
    await age();
    expect(await services.reconciler.reconcile()).toMatchObject({ logsClosed: 1 });
    expect((await follower.next()).value.__typename).toBe('AnalysisCompleted');
    expect((await follower.next()).done).toBe(true);
    expect(await services.reconciler.reconcile()).toMatchObject({ logsClosed: 0 });
  });

  it('loses objects that have no row, and none that have one', async () => {
    const { storage, db, services } = prism.server.runtime;
    const row = await db.document.findFirstOrThrow();
    const orphan = 'sessions/ses_x/documents/doc_gone/original';
    await storage.put(orphan, Readable.from(['bytes']));
    const old = new Date(Date.now() - 3 * 3_600_000);
    for (const key of [orphan, row.storageKey]) {
      await utimes(join(prism.config.dataDir, 'storage', 'objects', key), old, old);
    }
    expect(await services.reconciler.reconcile()).toMatchObject({ objectsSwept: 1 });
    await expect(storage.stat(orphan)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await storage.stat(row.storageKey)).toMatchObject({ sizeBytes: row.sizeBytes });
  });
});
