import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import type { Caller } from '../../src/services/caller.ts';
import type { EventFeed } from '../../src/services/event-feed.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { startWorkerWith } from './reviewing.ts';

/** Tenants as the API will have them; they share the installation's workers. */
const large: Caller = { tenantId: 'large', actor: 'test' };
const small: Caller = { tenantId: 'small', actor: 'test' };
const concurrency = 2;

describe('tenants that share the workers', { timeout: 180_000 }, () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  beforeAll(async () => {
    const settings = {
      WORKER_CONCURRENCY: String(concurrency),
      MODEL_CHAIN: 'sonnet-4.5,sonnet-4.6',
      BEDROCK_REGIONS: 'us-east-2',
    };
    prism = await startPrism({ workers: 0, settings });
    const retry = { backoffMs: [1_000], jitter: 0, mostInvocations: 24 };
    worker = await startWorkerWith(prism, { retry, maxWaitInPlaceMs: 500 });
  });
  afterEach(async () => {
    prism.simulator.faults.clear();
    const { services, db } = prism.server.runtime;
    const documents = await db.document.findMany({ where: { tenantId: large.tenantId } });
    for (const { id } of documents) await services.analyses.cancelDocument(large, { documentId: id });
    const questions = { tenantId: large.tenantId, status: 'QUEUED' } as const;
    const unanswered = await db.chatMessage.findMany({ where: questions });
    // Some are answered meanwhile.
    for (const { id } of unanswered) await services.chatMessages.cancel(large, { id }).catch(() => undefined);
  });
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  async function seedDocument(caller: Caller, sections: number): Promise<string> {
    const { db } = prism.server.runtime;
    const { tenantId } = caller;
    const session = await db.session.create({ data: { id: newId('Session'), tenantId, title: tenantId } });
    const id = newId('Document');
    const file = { filename: 'a.md', format: 'MARKDOWN', sizeBytes: 1, sha256: id, storageKey: id } as const;
    await db.document.create({ data: { id, tenantId, sessionId: session.id, ...file, status: 'READY' } });
    await db.section.createMany({
      data: Array.from({ length: sections }, (_, ordinal) => ({
        id: newId('Section'),
        tenantId,
        documentId: id,
        ordinal,
        title: `Clause ${ordinal}`,
        level: 1,
        text: `The fee of the ${tenantId} tenant for item ${ordinal} will be paid soon.`,
        wordCount: 12,
        startOffset: ordinal * 100,
        endOffset: ordinal * 100 + 60,
      })),
    });
    return id;
  }

  const analyzeAll = async (caller: Caller, sections: number): Promise<Analysis[]> => {
    const documentId = await seedDocument(caller, sections);
    return prism.server.runtime.services.analyses.analyzeDocument(caller, { documentId, force: false });
  };

  /** One question in each of so many chats; the replies to come. */
  async function askAll(caller: Caller, questions: number): Promise<string[]> {
    const { chats, chatMessages } = prism.server.runtime.services;
    const documentId = await seedDocument(caller, 1);
    const opened: string[] = [];
    for (let count = 0; count < questions; count += 1) opened.push((await chats.start(caller, { documentId })).id);
    const replies: string[] = [];
    for (const chatId of opened) {
      const { reply } = await chatMessages.send(caller, { chatId, text: 'What does the fee come to?' });
      replies.push(reply.id);
    }
    return replies;
  }

  async function lastOf(feed: Promise<EventFeed>): Promise<string | undefined> {
    let last: string | undefined;
    for await (const event of await feed) last = event.data.type;
    return last;
  }

  /** Resolves with the type of the terminal event. */
  const ended = (caller: Caller, analysisId: string) =>
    lastOf(prism.server.runtime.services.eventStreams.followAnalysis(caller, analysisId, null));
  const answered = (caller: Caller, messageId: string) =>
    lastOf(prism.server.runtime.services.eventStreams.followMessage(caller, messageId, null));

  /** How many of the large tenant's were taken up while this one of the small tenant waited. */
  async function analysesBefore(id = ''): Promise<number> {
    const { analysis } = prism.server.runtime.db;
    const { createdAt, startedAt } = await analysis.findUniqueOrThrow({ where: { id } });
    return analysis.count({
      where: { tenantId: large.tenantId, startedAt: { gt: createdAt, lt: startedAt ?? createdAt } },
    });
  }
  async function answersBefore(id = ''): Promise<number> {
    const { chatMessage } = prism.server.runtime.db;
    const { createdAt, startedAt } = await chatMessage.findUniqueOrThrow({ where: { id } });
    return chatMessage.count({
      where: { tenantId: large.tenantId, startedAt: { gt: createdAt, lt: startedAt ?? createdAt } },
    });
  }

  const startedOf = (caller: Caller): Promise<number> =>
    prism.server.runtime.db.analysis.count({ where: { tenantId: caller.tenantId, attempt: { gt: 0 } } });

  const firstEnded = async (analyses: readonly Analysis[]): Promise<void> => {
    expect(await ended(large, analyses[0]?.id ?? '')).toBe('analysis:completed');
  };

  it('lets the one section of one go between the 300 of another', async () => {
    await firstEnded(await analyzeAll(large, 300));
    const [one] = await analyzeAll(small, 1);
    expect(await ended(small, one?.id ?? '')).toBe('analysis:completed');
    expect(await analysesBefore(one?.id)).toBeLessThanOrEqual(4 * concurrency);
  });

  it('reaches the end of a long backlog, however often another comes with a little', async () => {
    const before = await startedOf(large);
    await firstEnded(await analyzeAll(large, 40));
    // Three at any time, so that there is always one of the small tenant's waiting.
    let left = 24;
    const keepAsking = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const [one] = await analyzeAll(small, 1);
        expect(await ended(small, one?.id ?? '')).toBe('analysis:completed');
      }
    };
    await Promise.all(Array.from({ length: 2 * concurrency }, keepAsking));
    expect((await startedOf(large)) - before).toBeGreaterThanOrEqual(16);
  });

  it('lets the one question of one go between the 40 of another', async () => {
    const theirs = await askAll(large, 40);
    expect(await answered(large, theirs[0] ?? '')).toBe('message:completed');
    const [one] = await askAll(small, 1);
    expect(await answered(small, one ?? '')).toBe('message:completed');
    expect(await answersBefore(one)).toBeLessThanOrEqual(4 * concurrency);
  });

  it('keeps the turn of a section that was put back to wait', async () => {
    prism.simulator.faults.add({
      match: { textIncludes: 'small tenant' },
      fault: { kind: 'throttle', retryAfterSeconds: 1 },
      times: 2,
    });
    await firstEnded(await analyzeAll(large, 200));
    const [one] = await analyzeAll(small, 1);
    expect(await ended(small, one?.id ?? '')).toBe('analysis:completed');
    const { db } = prism.server.runtime;
    const attempts = await db.modelAttempt.findMany({ where: { analysisId: one?.id ?? '' }, orderBy: { id: 'asc' } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['THROTTLED', 'THROTTLED', 'SUCCEEDED']);
    expect(
      await db.analysis.count({ where: { tenantId: large.tenantId, status: 'QUEUED', attempt: 0 } }),
    ).toBeGreaterThan(100);
  });

  it('says how many jobs go before one', async () => {
    const positions = async (analyses: readonly Analysis[]): Promise<number[]> => {
      const { events } = prism.server.runtime;
      const logs = await Promise.all(analyses.map(({ id, documentId }) => events.readAll({ documentId, id })));
      return logs.map(([entry]) => (entry?.event.data.type === 'analysis:queued' ? entry.event.data.position : -1));
    };
    const theirs = await analyzeAll(large, 50);
    expect((await positions(theirs)).slice(0, 3)).toEqual([0, 1, 2]);
    expect(await positions(await analyzeAll(small, 2))).toEqual([1, 3]);
  });
});
