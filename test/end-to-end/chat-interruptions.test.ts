import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { ask, cancelMessage, joined, readMessage, refusalOf, startChat } from './chatting.ts';
import {
  analyzeAll,
  collect,
  manySections,
  names,
  ofType,
  startWorkerWith,
  until,
  uploadSections,
} from './reviewing.ts';

const question = 'What about personal data of customers, and what about damages?';

async function upload(prism: Prism): Promise<string> {
  return prism.uploadParsed(await prism.createSession(), 'contract.docx', await contractDocx());
}

describe('a worker process that is killed in the middle of an answer', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterAll(() => prism.close());

  it('is succeeded by another; the client sees AttemptRestarted, then a whole answer, and nothing is doubled', async () => {
    const victim = await prism.forkWorker();
    prism.simulator.faults.add({ fault: { kind: 'stall', afterTokens: 200 }, times: 1 });
    const id = await ask(prism, await startChat(prism, await upload(prism)), question);
    const events = prism.events('chatEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'TextDelta', seen);
    await prism.forkWorker();
    victim.kill('SIGKILL');
    expect((await until(events, 'AttemptRestarted', seen)).attempt).toBe(2);
    const behind = await collect(events, seen);
    expect(names(behind).at(-1)).toBe('ChatMessageCompleted');

    const second = behind.filter((event) => event.attempt === 2);
    expect(names(second).slice(0, 2)).toEqual(['AttemptRestarted', 'ChatMessageStarted']);
    expect(behind.slice(behind.indexOf(second[0]))).toEqual(second);
    const answer = await readMessage(prism, id);
    expect(answer.status).toBe('COMPLETED');
    expect(joined(second, 'TextDelta')).toBe(answer.text);
    expect(joined(second, 'ThinkingDelta')).toBe(answer.thinking);
    expect(behind).toEqual(await collect(prism.events('chatEvents', id)));
  });
});

describe('interrupting an answer', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 60 });
  });
  afterEach(() => prism.simulator.faults.clear());
  afterAll(() => prism.close());

  it('cancels it in mid-stream: the model is stopped, the log ends, what was said stays, and one can ask anew', async () => {
    const chatId = await startChat(prism, await upload(prism));
    const id = await ask(prism, chatId, question);
    const events = prism.events('chatEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'TextDelta', seen);
    expect(await refusalOf(prism, chatId, 'And what else?')).toBe('CONFLICT');
    const before = prism.simulator.activity.counters().aborted;
    expect(await cancelMessage(prism, id)).toMatchObject({ id, status: 'CANCELLED' });
    await collect(events, seen);
    expect(names(seen).at(-1)).toBe('ChatMessageCancelled');
    await prism.simulator.activity.waitFor(({ inFlight, aborted }) => inFlight === 0 && aborted === before + 1);

    const answer = await readMessage(prism, id);
    expect(answer).toMatchObject({ status: 'CANCELLED', citations: [], modelUsed: null });
    expect(answer.text).toBe(joined(seen, 'TextDelta'));
    expect(answer.thinking).toBe(joined(seen, 'ThinkingDelta'));
    expect((await cancelMessage(prism, id)).status).toBe('CANCELLED');
    const next = await ask(prism, chatId, 'What about damages?');
    expect(names(await collect(prism.events('chatEvents', next))).at(-1)).toBe('ChatMessageCompleted');
  });

  it('lets a client read in mid-answer and go on from there: together exactly the answer', async () => {
    const id = await ask(prism, await startChat(prism, await upload(prism)), question);
    const events = prism.events('chatEvents', id);
    await until(events, 'TextDelta');
    const soFar = await readMessage(prism, id);
    expect(soFar.status).toBe('STREAMING');
    expect(soFar.text).not.toBe('');
    const rest = await collect(prism.events('chatEvents', id, soFar.eventsCursor));
    const answer = await readMessage(prism, id);
    expect(soFar.text + joined(rest, 'TextDelta')).toBe(answer.text);
    expect(soFar.thinking + joined(rest, 'ThinkingDelta')).toBe(answer.thinking);
  });

  it('lets a client whose socket dropped go on behind its last cursor: together exactly the log', async () => {
    const id = await ask(prism, await startChat(prism, await upload(prism)), question);
    const client = prism.connect();
    const events = prism.events('chatEvents', id, undefined, client);
    const seen: StreamedEvent[] = [];
    await until(events, 'TextDelta', seen);
    client.terminate();
    await events.next().catch(() => undefined);
    await collect(prism.events('chatEvents', id, seen.at(-1).cursor), seen);
    expect(seen).toEqual(await collect(prism.events('chatEvents', id)));
  });

  it('deletes a document while it is asked about: the model is stopped, followers end, nothing is left', async () => {
    const documentId = await upload(prism);
    const chatId = await startChat(prism, documentId);
    const id = await ask(prism, chatId, question);
    const events = prism.events('chatEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'TextDelta', seen);
    await prism.ask('mutation($id: ID!) { deleteDocument(input: { id: $id }) { deletedId } }', { id: documentId });
    await collect(events, seen);
    expect(names(seen).at(-1)).toBe('ChatMessageCancelled');
    await prism.simulator.activity.waitFor(({ inFlight }) => inFlight === 0);
    expect(await readMessage(prism, id)).toBeNull();
    expect(await refusalOf(prism, chatId, 'Still there?')).toBe('NOT_FOUND');
    const { redis } = prism.server.runtime;
    const [key = ''] = await redis.keys(`${prism.config.redisPrefix}:*:log:${id}`);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });
});

describe('what Redis has lost of a chat', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 1 });
  });
  afterAll(() => prism.close());

  async function loseRedis(): Promise<void> {
    const { redis, db } = prism.server.runtime;
    const keys = await redis.keys(`*${prism.config.redisPrefix}*`);
    if (keys.length > 0) await redis.del(...keys);
    // As old as the reconciler wants rows before it takes them for lost.
    const past = new Date(Date.now() - 60_000);
    await db.chatMessage.updateMany({ data: { createdAt: past } });
    await db.chatMessage.updateMany({ where: { finishedAt: { not: null } }, data: { finishedAt: past } });
  }

  it('comes back from Postgres: the job of an answer, and the end of a log', async () => {
    const { db, events, services } = prism.server.runtime;
    const chatId = await startChat(prism, await upload(prism));
    await Promise.all(prism.workers.map((worker) => worker.close()));
    const id = await ask(prism, chatId, question);
    await loseRedis();
    expect(await services.reconciler.reconcile()).toMatchObject({ messagesQueued: 1, analysesQueued: 0 });
    expect(await services.reconciler.reconcile()).toMatchObject({ messagesQueued: 0, logsClosed: 0 });
    await prism.forkWorker();
    expect(names(await collect(prism.events('chatEvents', id))).at(-1)).toBe('ChatMessageCompleted');

    await loseRedis();
    expect(names(await collect(prism.events('chatEvents', id)))).toEqual(['ChatMessageCompleted']);
    const message = await db.chatMessage.findUniqueOrThrow({ where: { id } });
    const log = { documentId: message.documentId, id, isApart: true };
    await events.append(log, message.attempt, { type: 'message:started', messageId: id });
    await db.chatMessage.update({ where: { id }, data: { closedAt: null } });
    const follower = prism.events('chatEvents', id);
    await until(follower, 'ChatMessageStarted');
    expect(await services.reconciler.reconcile()).toMatchObject({ logsClosed: 1 });
    expect(names(await collect(follower))).toEqual(['ChatMessageCompleted']);
  });
});

describe('a question while a document is analysed', () => {
  it('goes before the sections that wait, for a worker and for a model', async () => {
    const prism = await startPrism({
      tokensPerSecond: 400,
      settings: { MAX_CONCURRENT_REQUESTS: '1', WORKER_CONCURRENCY: '4' },
    });
    try {
      const { documentId } = await uploadSections(prism, manySections(30));
      await analyzeAll(prism, documentId);
      const chatId = await startChat(prism, documentId);
      // Whichever of them has the one place.
      await until(prism.events('documentEvents', documentId), 'ThinkingDelta');
      const completed = () => prism.server.runtime.db.analysis.count({ where: { status: 'COMPLETED' } });
      const before = await completed();
      const id = await ask(prism, chatId, 'Which damages are there?');
      expect(names(await collect(prism.events('chatEvents', id))).at(-1)).toBe('ChatMessageCompleted');
      // The one that ran when the question came, and the one that had been admitted by then.
      expect((await completed()) - before).toBeLessThanOrEqual(2);
    } finally {
      await prism.close();
    }
  });
});

describe('an answer that the throttle puts back', () => {
  let prism: Prism;
  let worker: Awaited<ReturnType<typeof startWorkerWith>>;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, settings: { MODEL_CHAIN: 'sonnet-4.5', BEDROCK_REGIONS: 'us-east-2' } });
    worker = await startWorkerWith(prism, { maxWaitInPlaceMs: 100 });
  });
  afterAll(async () => {
    await worker.close();
    await prism.close();
  });

  it('waits without a worker, visibly, and is given later in the same attempt', async () => {
    const { db, queue } = prism.server.runtime;
    prism.simulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 3 }, times: 1 });
    const id = await ask(prism, await startChat(prism, await upload(prism)), question);
    const events = prism.events('chatEvents', id);
    const seen: StreamedEvent[] = [];
    const waiting = await until(events, 'ThrottleWaiting', seen);
    expect(waiting).toMatchObject({ messageId: id, layer: 'RETRY_BACKOFF', attempt: 1 });
    expect(waiting.waitMs).toBeGreaterThan(100);
    const row = () => db.chatMessage.findUniqueOrThrow({ where: { id }, select: { status: true, attempt: true } });
    await expect.poll(row).toEqual({ status: 'QUEUED', attempt: 1 });
    await expect.poll(() => queue.waitingCount('answer-message')).toBe(1);
    expect((await readMessage(prism, id)).status).toBe('QUEUED');

    await collect(events, seen);
    expect(names(seen)).not.toContain('AttemptRestarted');
    expect(names(seen).at(-1)).toBe('ChatMessageCompleted');
    expect(seen.every(({ attempt }) => attempt === 1)).toBe(true);
    expect(ofType(seen, 'ChatMessageStarted')).toHaveLength(1);
    const answer = await readMessage(prism, id);
    expect(answer.text).toBe(joined(seen, 'TextDelta'));
    expect(answer.modelAttempts.map(({ outcome }: StreamedEvent) => outcome)).toEqual(['THROTTLED', 'SUCCEEDED']);
    expect(seen).toEqual(await collect(prism.events('chatEvents', id)));
  });

  it('starts over, visibly, when Redis has lost what it had said by then', async () => {
    const { db, redis } = prism.server.runtime;
    prism.simulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 2 }, times: 1 });
    const documentId = await upload(prism);
    const id = await ask(prism, await startChat(prism, documentId), question);
    const events = prism.events('chatEvents', id);
    const seen: StreamedEvent[] = [];
    await until(events, 'ThrottleWaiting', seen);
    const row = () => db.chatMessage.findUniqueOrThrow({ where: { id }, select: { status: true, attempt: true } });
    await expect.poll(row).toEqual({ status: 'QUEUED', attempt: 1 });
    await redis.del(`${prism.config.redisPrefix}:{${documentId}}:log:${id}`);

    const behind = await collect(events);
    expect(names(behind).slice(0, 2)).toEqual(['AttemptRestarted', 'ChatMessageStarted']);
    expect(names(behind).at(-1)).toBe('ChatMessageCompleted');
    expect(behind.every(({ attempt }) => attempt === 2)).toBe(true);
    expect(joined(behind, 'TextDelta')).toBe((await readMessage(prism, id)).text);
    expect(behind).toEqual(await collect(prism.events('chatEvents', id)));
  });
});
