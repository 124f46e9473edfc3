import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { localCaller as caller } from '../../src/services/caller.ts';
import { newId } from '../../src/ids.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { ask, send, startChat } from './chatting.ts';
import {
  analyze,
  analyzeAll,
  collect,
  manySections,
  names,
  ofType,
  readAnalysis,
  until,
  uploadSections,
} from './reviewing.ts';

async function actionsOf(prism: Prism, sessionId: string): Promise<string[]> {
  const { activity } = prism.server.runtime.services;
  const pages = await activity.pages(caller, [sessionId], { first: 100, after: null });
  return pages.get(sessionId)?.items.map(({ action }) => action) ?? [];
}

const sessionOf = async (prism: Prism, documentId: string): Promise<string> =>
  (await prism.server.runtime.services.documents.require(caller, documentId)).sessionId;

/*
 * What is asked for is either done or can be asked for again; and what stands in the trail has happened.
 */
describe('a request that is cut off half-way', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ settings: { DATABASE_POOL_SIZE: '3' } });
  });
  afterAll(() => prism.close());

  it('to delete is finished by its repeat', async () => {
    const { db, events, storage, services } = prism.server.runtime;
    const { documentId } = await uploadSections(prism, manySections(1));
    const { sessionId, storageKey } = await services.documents.require(caller, documentId);
    const input = { id: documentId, idempotencyKey: 'once' };
    const broken = vi.spyOn(events, 'append').mockRejectedValueOnce(new Error('Redis is gone'));
    await expect(services.documents.delete(caller, input)).rejects.toThrow('Redis is gone');
    broken.mockRestore();

    expect(await services.documents.delete(caller, input)).toBe(documentId);
    expect(await db.document.count({ where: { id: documentId } })).toBe(0);
    await expect(storage.stat(storageKey)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await actionsOf(prism, sessionId)).filter((action) => action === 'document.deleted')).toHaveLength(1);
    await expect(services.documents.delete(caller, { id: documentId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('to delete a session is finished by its repeat', async () => {
    const { db, storage, services } = prism.server.runtime;
    const { documentId } = await uploadSections(prism, manySections(1));
    const { sessionId, storageKey } = await services.documents.require(caller, documentId);
    const input = { id: sessionId, idempotencyKey: 'session once' };
    const broken = vi.spyOn(storage, 'deletePrefix').mockRejectedValueOnce(new Error('storage is gone'));
    await expect(services.sessions.delete(caller, input)).rejects.toThrow('storage is gone');
    broken.mockRestore();
    expect(await services.sessions.delete(caller, input)).toBe(sessionId);
    expect(await db.session.count({ where: { id: sessionId } })).toBe(0);
    await expect(storage.stat(storageKey)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('to cancel is finished by its repeat, which answers the same', async () => {
    const { events, services } = prism.server.runtime;
    prism.simulator.faults.add({ fault: { kind: 'stall', afterTokens: 20 }, times: 2 });
    const { documentId } = await uploadSections(prism, manySections(2));
    const [first = ''] = await analyzeAll(prism, documentId);
    const followed = collect(prism.events('analysisEvents', first));
    const input = { documentId, idempotencyKey: 'cancel once' };
    const broken = vi.spyOn(events, 'append').mockRejectedValueOnce(new Error('Redis is gone'));
    await expect(services.analyses.cancelDocument(caller, input)).rejects.toThrow('Redis is gone');
    broken.mockRestore();
    expect(await services.analyses.cancelDocument(caller, input)).toBe(2);
    expect(await services.analyses.cancelDocument(caller, input)).toBe(2);
    expect(ofType(await followed, 'AnalysisCancelled')).toHaveLength(1);
    prism.simulator.faults.clear();
  });

  it('to reset a model leaves its key free', async () => {
    const { admission, services } = prism.server.runtime;
    const input = { modelKey: 'sonnet-4.5', idempotencyKey: 'reset once' };
    const reset = vi.spyOn(admission, 'reset').mockRejectedValueOnce(new Error('Redis is gone'));
    await expect(services.throttle.reset(caller, input)).rejects.toThrow('Redis is gone');
    for (let time = 0; time < 2; time += 1) await services.throttle.reset(caller, input);
    expect(reset).toHaveBeenCalledTimes(2);
    reset.mockRestore();
  });

  it('to complete an upload answers its document again', async () => {
    const { uploads, sessions } = prism.server.runtime.services;
    const { id: sessionId } = await sessions.create(caller, { title: 'uploads' });
    const bytes = Buffer.from('# Term\n\nThe term is a year.');
    const { upload, signed } = await uploads.invite(caller, {
      sessionId,
      filename: 'term.md',
      sizeBytes: bytes.length,
    });
    const headers = Object.fromEntries(Object.entries(signed.headers));
    expect((await fetch(signed.url, { method: 'PUT', body: bytes, headers })).ok).toBe(true);
    const input = { uploadId: upload.id, idempotencyKey: 'complete once' };
    const document = await uploads.complete(caller, input);
    expect((await uploads.complete(caller, input)).id).toBe(document.id);
    await expect(uploads.complete(caller, { ...input, playbookId: newId('Playbook') })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});

describe('what is asked for at the same moment', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ settings: { DATABASE_POOL_SIZE: '3' } });
  });
  afterAll(() => prism.close());

  it('in more chats than there are connections waits for one', async () => {
    const { documentId } = await uploadSections(prism, manySections(1));
    const chats = await Promise.all(Array.from({ length: 6 }, () => startChat(prism, documentId)));
    const replies = await Promise.all(chats.map((chat) => send(prism, chat, 'Who is liable?')));
    expect(replies.map(({ reply }) => reply.role)).toEqual(chats.map(() => 'ASSISTANT'));
  });

  it('while a document is deleted is either deleted with it or refused', async () => {
    const { db, events, services } = prism.server.runtime;
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    let wasRefused = false;
    let deletion = Promise.resolve('');
    // Holds the document's row as a request does, until the deletion waits for it.
    await db.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT 1 FROM "Document" WHERE "id" = ${documentId} FOR KEY SHARE`;
      deletion = services.documents.delete(caller, { id: documentId });
      const waiting = () => db.$queryRaw<unknown[]>`
        SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      await expect.poll(async () => (await waiting()).length).toBe(1);
      const data = { id: 'rep_meanwhile', tenantId: caller.tenantId, documentId, format: 'JSON' as const };
      await transaction.report.create({ data });
    });
    const late = services.analyses.analyzeSection(caller, { sectionId: sectionIds[0] ?? '' }).catch(() => {
      wasRefused = true;
    });
    await Promise.all([deletion, late]);
    expect(wasRefused).toBe(true);
    expect(await db.report.count({ where: { documentId } })).toBe(0);
    const told = await events.readAll({ documentId, id: 'rep_meanwhile', isApart: true });
    expect(told.at(-1)).toMatchObject({ isTerminal: true });
  });

  it('a document that is deleted before it is read ends for who follows it', async () => {
    const idle = await startPrism({ workers: 0 });
    try {
      const { data } = await idle.upload(await idle.createSession(), 'term.md', '# Term\n\nThe term is a year.');
      const { id } = data.uploadDocument.document;
      const followed = idle.events('documentEvents', id);
      const seen = [(await followed.next()).value];
      await idle.server.runtime.services.documents.delete(caller, { id });
      expect(names(await collect(followed, seen))).toEqual(['DocumentParsing', 'DocumentFailed']);
    } finally {
      await idle.close();
    }
  });

  it('a document that is deleted while it is analysed ends for who follows it, who hears of that', async () => {
    prism.simulator.faults.add({ fault: { kind: 'stall', afterTokens: 20 }, times: 2 });
    const { documentId } = await uploadSections(prism, manySections(2));
    await analyzeAll(prism, documentId);
    const followed = prism.events('documentEvents', documentId);
    const seen: StreamedEvent[] = [];
    await until(followed, 'ThinkingDelta', seen);
    await prism.server.runtime.services.documents.delete(caller, { id: documentId });
    await collect(followed, seen);
    expect(ofType(seen, 'DocumentFailed')).toHaveLength(1);
    expect(ofType(seen, 'AnalysisCancelled')).toHaveLength(2);
    prism.simulator.faults.clear();
  });

  it('a playbook that is deleted while a document for it is uploaded refuses the document, which leaves nothing', async () => {
    const { db, services } = prism.server.runtime;
    const { id: sessionId } = await services.sessions.create(caller, { title: 'playbooks' });
    const checks = [{ ref: 'TERM-1', title: 'Term', guidance: 'Is there an end?' }];
    const playbook = await services.playbooks.create(caller, { name: 'Short-lived', description: '', checks });
    async function* body() {
      yield Buffer.from('# Term\n\n');
      await services.playbooks.delete(caller, { id: playbook.id });
      yield Buffer.from('The term is a year.');
    }
    const upload = services.uploads.upload(caller, {
      sessionId,
      filename: 'term.md',
      body: Readable.from(body()),
      playbookId: playbook.id,
    });
    await expect(upload).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await db.document.count({ where: { sessionId } })).toBe(0);
  });
});

describe('the trail of a session', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  it('says nothing of cancelling what had ended', async () => {
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    const analysisId = await analyze(prism, sectionIds[0]);
    await collect(prism.events('analysisEvents', analysisId));
    const messageId = await ask(prism, await startChat(prism, documentId), 'Who is liable?');
    await collect(prism.events('chatEvents', messageId));
    const { analyses, chatMessages } = prism.server.runtime.services;
    await expect(analyses.cancel(caller, { id: analysisId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(chatMessages.cancel(caller, { id: messageId })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await analyses.cancelDocument(caller, { documentId })).toBe(0);
    const actions = await actionsOf(prism, await sessionOf(prism, documentId));
    expect(actions).toContain('chat.asked');
    expect(actions.filter((action) => action.endsWith('.cancelled'))).toEqual([]);
  });
});

describe('work that cannot be prepared', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  it('fails with the reason', async () => {
    const { db } = prism.server.runtime;
    const { documentId, sectionIds } = await uploadSections(prism, manySections(1));
    await db.document.update({ where: { id: documentId }, data: { playbookId: newId('Playbook') } });
    const analysisId = await analyze(prism, sectionIds[0]);
    const events = await collect(prism.events('analysisEvents', analysisId));
    expect(ofType(events, 'AnalysisFailed')).toHaveLength(1);
    expect(await readAnalysis(prism, analysisId)).toMatchObject({ status: 'FAILED', error: { code: 'NOT_FOUND' } });
  });
});
