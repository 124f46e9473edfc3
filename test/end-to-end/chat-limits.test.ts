import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createJobCatalog, type JobName } from '../../src/queue/catalog.ts';
import { startsKey } from '../../src/queue/job-queue.ts';
import { seedDocument } from '../support/seed-review.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { ask, cancelMessage, joined, readMessage, startChat } from './chatting.ts';
import { analyze, collect, logOf, manySections, names, startWorkerWith, until, uploadSections } from './reviewing.ts';

const question = 'Which damages are there?';
const job: JobName = 'answer-message';

/** A new chat in which something is asked; id of the reply. */
const askAnew = async (prism: Prism, documentId: string): Promise<string> =>
  ask(prism, await startChat(prism, documentId), question);

describe('the queue of chats', () => {
  it('starts 15 answers a minute and gives each 2 minutes, unless it is told otherwise', () => {
    expect(createJobCatalog(loadConfig({}))[job]).toMatchObject({ startsPerMinute: 15, timeoutMs: 120_000 });
  });
});

describe('more questions than are answered in a minute', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ settings: { CHAT_TASKS_PER_MINUTE: '2' } });
  });
  afterAll(() => prism.close());

  it('wait for the next one, while analyses go on', async () => {
    const { queue, redis, db } = prism.server.runtime;
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    const answered = [await askAnew(prism, documentId), await askAnew(prism, documentId)];
    for (const id of answered) {
      expect(names(await collect(prism.events('chatEvents', id))).at(-1)).toBe('ChatMessageCompleted');
    }
    const id = await askAnew(prism, documentId);
    expect((await queue.startsLeft(job))?.left).toBe(0);
    expect(names(await logOf(prism, await analyze(prism, sectionIds[0]))).at(-1)).toBe('AnalysisCompleted');
    expect(await db.chatMessage.findUnique({ where: { id } })).toMatchObject({ status: 'QUEUED', attempt: 0 });
    expect(await queue.present(job, [id])).toEqual(new Set([id]));

    // As if the minute were over.
    await redis.del(startsKey(prism.config.redisPrefix, 'chat'));
    expect(names(await collect(prism.events('chatEvents', id))).at(-1)).toBe('ChatMessageCompleted');
  });
});

describe('an answer that takes too long', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ settings: { CHAT_TIMEOUT_MS: '3000' } });
  });
  afterAll(() => prism.close());

  it('is stopped and fails with the reason; its thinking stays, and the chat goes on', async () => {
    const { queue } = prism.server.runtime;
    const { faults, activity } = prism.simulator;
    const { documentId } = await uploadSections(prism, manySections(1));
    const chatId = await startChat(prism, documentId);
    faults.add({ fault: { kind: 'stall', afterTokens: 20 }, times: 1 });
    const { aborted } = activity.counters();
    const id = await ask(prism, chatId, question);
    const events = await collect(prism.events('chatEvents', id));
    const problem = { code: 'TIMED_OUT', message: 'The answer took longer than 3 s. Try again.', retryable: true };
    expect(events.at(-1)).toMatchObject({ __typename: 'ChatMessageFailed', attempt: 1, problem });
    expect(events.every(({ attempt }: StreamedEvent) => attempt === 1)).toBe(true);
    await activity.waitFor((counters) => counters.inFlight === 0 && counters.aborted === aborted + 1);

    const message = await readMessage(prism, id);
    expect(message).toMatchObject({ status: 'FAILED', error: problem, text: '', citations: [], modelUsed: null });
    expect(message.thinking).toBe(joined(events, 'ThinkingDelta'));
    expect(message.thinking).not.toBe('');
    await expect.poll(() => queue.present(job, [id])).toEqual(new Set());
    const next = await ask(prism, chatId, question);
    expect(names(await collect(prism.events('chatEvents', next))).at(-1)).toBe('ChatMessageCompleted');
  });
});

describe('an answer that nobody has begun', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());

  it('is cancelled at once, asks no model, and leaves the chat free for the next question', async () => {
    const { db, queue } = prism.server.runtime;
    const { documentId } = await seedDocument(db, 1);
    const chatId = await startChat(prism, documentId);
    const id = await ask(prism, chatId, question);
    expect(await queue.present(job, [id])).toEqual(new Set([id]));
    expect(await cancelMessage(prism, id)).toEqual({ id, status: 'CANCELLED', text: '' });
    expect(names(await collect(prism.events('chatEvents', id)))).toEqual(['ChatMessageCancelled']);
    expect(await queue.present(job, [id])).toEqual(new Set());
    expect((await cancelMessage(prism, id)).status).toBe('CANCELLED');

    const next = await ask(prism, chatId, question);
    const worker = await startWorkerWith(prism, {});
    try {
      await until(prism.events('chatEvents', next), 'ChatMessageCompleted');
      expect(prism.simulator.activity.counters().seen).toBe(1);
      expect(await readMessage(prism, id)).toMatchObject({ status: 'CANCELLED', modelAttempts: [], error: null });
    } finally {
      await worker.close();
    }
  });
});
