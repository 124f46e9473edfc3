import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { followReport, generateReport, requestReport, statusesOf } from './reporting.ts';

/** An analysed document is not needed: a report can be made at any time. */
async function uploadContract(prism: Prism): Promise<string> {
  return prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
}

const objectsOf = async (prism: Prism, documentId: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of prism.server.runtime.storage.list('sessions/'))
    if (key.includes(documentId)) keys.push(key);
  return keys;
};

// Processes are started in it, which takes its time on a machine that is busy.
describe('a report whose work is interrupted', { timeout: 90_000 }, () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());

  /** All keys of this installation, as when Redis starts empty. */
  async function loseRedis(): Promise<void> {
    const { redis } = prism.server.runtime;
    const keys = await redis.keys(`*${prism.config.redisPrefix}*`);
    if (keys.length > 0) await redis.del(...keys);
  }

  const past = () => new Date(Date.now() - 60_000);

  it('is refused while its document is parsed', async () => {
    const { data } = await prism.upload(await prism.createSession(), 'contract.docx', await contractDocx());
    const input = { documentId: data.uploadDocument.document.id, format: 'PDF' };
    const { errors } = await prism.query(generateReport, { input });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', retryable: true });
  });

  /** A report for which `strike` was called as soon as it was being made, and what was told of it. Asks anew when it was ready before that. */
  async function interrupt(format: string, strike: (documentId: string) => Promise<void>, rounds = 3) {
    const documentId = await uploadContract(prism);
    const id = await requestReport(prism, documentId, format);
    const told: StreamedEvent[] = [];
    const statusesNow = (): string[] => told.map(({ status }) => status).filter((status) => status !== 'QUEUED');
    for await (const state of followReport(prism, id)) {
      told.push(state);
      if (state.status === 'RENDERING' && statusesNow().length === 1) await strike(documentId);
    }
    const wasTooLate = String(statusesNow()) === 'RENDERING,READY';
    if (wasTooLate && rounds > 1) return interrupt(format, strike, rounds - 1);
    return { documentId, id, statuses: statusesNow(), error: told.at(-1).error };
  }

  it('is taken over from a worker that is killed, and leaves one file', async () => {
    let worker = await prism.forkWorker();
    const { documentId, id, statuses } = await interrupt('DOCX', async () => {
      worker.kill('SIGKILL');
      worker = await prism.forkWorker();
    });
    worker.kill('SIGKILL');
    expect(statuses).toEqual(['RENDERING', 'RENDERING', 'READY']);
    const report = await prism.server.runtime.db.report.findUniqueOrThrow({ where: { id } });
    expect(report.attempt).toBe(2);
    expect((await objectsOf(prism, documentId)).filter((key) => key.includes('/reports/'))).toEqual([
      report.storageKey,
    ]);
  });

  it('gets its job again when Redis has lost it; who watches is told from how it is now to its end', async () => {
    const { db, services } = prism.server.runtime;
    const first = await prism.forkWorker();
    const documentId = await uploadContract(prism);
    first.kill('SIGKILL');
    const id = await requestReport(prism, documentId, 'CSV');
    await loseRedis();
    const watching = followReport(prism, id);
    expect((await watching.next()).value.status).toBe('QUEUED');
    await db.report.updateMany({ data: { createdAt: past() } });
    expect(await services.reconciler.reconcile()).toMatchObject({ reportsQueued: 1 });
    expect(await services.reconciler.reconcile()).toMatchObject({ reportsQueued: 0 });
    await prism.forkWorker();
    const rest: string[] = [];
    for await (const { status } of watching) rest.push(status);
    expect(rest).toEqual(['RENDERING', 'READY']);
  });

  it('tells its end out of Postgres when its log is gone, and by the reconciler when its worker died before the event', async () => {
    const { db, events, services } = prism.server.runtime;
    const report = await db.report.findFirstOrThrow({ where: { status: 'READY' } });
    await loseRedis();
    expect(await statusesOf(prism, report.id)).toEqual(['READY']);

    const rendering = { ...report, status: 'RENDERING' as const };
    const log = { documentId: report.documentId, id: report.id, isApart: true };
    await events.append(log, report.attempt, { type: 'report:changed', report: rendering });
    await db.report.update({ where: { id: report.id }, data: { closedAt: null, finishedAt: past() } });
    const watching = followReport(prism, report.id);
    expect((await watching.next()).value.status).toBe('RENDERING');
    expect(await services.reconciler.reconcile()).toMatchObject({ logsClosed: 1 });
    expect((await watching.next()).value.status).toBe('READY');
    expect((await watching.next()).done).toBe(true);
    expect(await services.reconciler.reconcile()).toMatchObject({ logsClosed: 0 });
  });

  it('ends with its document while it is made: followers are told, and neither file nor job is left', async () => {
    const { db, queue } = prism.server.runtime;
    const { documentId, id, statuses, error } = await interrupt('PDF', (document) =>
      prism.ask('mutation($id: ID!) { deleteDocument(input: { id: $id }) { deletedId } }', { id: document }),
    );
    expect(statuses.at(-1)).toBe('FAILED');
    expect(error).toMatchObject({ code: 'CANCELLED', message: 'The document was deleted.' });
    expect(await db.report.count({ where: { id } })).toBe(0);
    await vi.waitFor(async () => expect(await queue.present('render-report', [id])).toEqual(new Set()), 10_000);
    expect(await objectsOf(prism, documentId)).toEqual([]);
  });

  it('is given up when it has killed its workers again and again', async () => {
    const { db } = prism.server.runtime;
    const documentId = await uploadContract(prism);
    const killer = await db.report.create({
      data: {
        id: `rep_${documentId.slice(4)}`,
        tenantId: 'local',
        documentId,
        format: 'HTML',
        status: 'RENDERING',
        attempt: 10,
      },
    });
    await prism.server.runtime.queue.add('render-report', killer.id, { reportId: killer.id });
    expect((await statusesOf(prism, killer.id)).at(-1)).toBe('FAILED');
  });
});
