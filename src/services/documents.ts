import { Transform, type Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import { groupBy } from 'es-toolkit';
import type { Clock } from '../clock.ts';
import { isMissingReference, type Db, type Document } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { newId, requireId } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Caller } from './caller.ts';
import type { createDeletion } from './deletion.ts';
import { formatByName } from './document-format.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';
import { toPage, type Page, type PageRequest } from './page.ts';
import { documentFolder, originalKey } from './storage-keys.ts';

export type UploadInput = {
  readonly sessionId: string;
  readonly filename: string;
  readonly body: Readable;
  readonly idempotencyKey?: string | null | undefined;
  readonly signal?: AbortSignal;
};

const downloadValidMs = 5 * 60_000;

/** Documents: taking them in, reading them, removing them. */
export function createDocuments(deps: {
  db: Db;
  clock: Clock;
  storage: BlobStore;
  events: EventLog;
  queue: JobQueue;
  deletion: ReturnType<typeof createDeletion>;
  maxUploadBytes: number;
}) {
  const { db, clock, storage, events, queue, deletion } = deps;

  const byIds = (caller: Caller, ids: readonly string[]): Promise<Document[]> =>
    db.document.findMany({ where: { tenantId: caller.tenantId, id: { in: [...ids] } } });

  async function require(caller: Caller, id: string): Promise<Document> {
    requireId('Document', id);
    const [document] = await byIds(caller, [id]);
    if (!document) throw notFound('Document', id);
    return document;
  }

  /** Streams the bytes into storage while counting and hashing them. Leaves nothing behind when it throws. */
  async function store(key: string, input: UploadInput): Promise<{ sizeBytes: number; sha256: string }> {
    const meter = createMeter(deps.maxUploadBytes);
    const source = input.body.on('error', (error) => meter.stream.destroy(error));
    try {
      await storage.put(key, source.pipe(meter.stream), input.signal ? { signal: input.signal } : {});
    } finally {
      source.destroy();
    }
    const measured = meter.result();
    if (measured.sizeBytes === 0) {
      await storage.delete(key);
      throw new AppError('UNREADABLE_DOCUMENT', 'The file is empty. Upload a file with content.');
    }
    return measured;
  }

  async function announce(document: Document): Promise<void> {
    await events.append({ documentId: document.id, id: document.id }, 0, {
      type: 'document:parsing',
      sectionsFound: 0,
      percent: 0,
    });
    await queue.add('parse-document', document.id, { documentId: document.id });
  }

  return {
    byIds,
    require,

    /** Documents of several sessions at once, oldest first, a page for each. */
    async pages(
      caller: Caller,
      sessionIds: readonly string[],
      page: PageRequest,
    ): Promise<Map<string, Page<Document>>> {
      const rows = await db.document.findMany({
        where: {
          tenantId: caller.tenantId,
          sessionId: { in: [...sessionIds] },
          ...(page.after ? { id: { gt: page.after } } : {}),
        },
        orderBy: { id: 'asc' },
        ...(sessionIds.length === 1 ? { take: page.first + 1 } : {}),
      });
      const bySession = groupBy(rows, (row) => row.sessionId);
      return new Map(sessionIds.map((id) => [id, toPage(bySession[id] ?? [], page.first)]));
    },

    async counts(caller: Caller, sessionIds: readonly string[]): Promise<Map<string, number>> {
      const groups = await db.document.groupBy({
        by: ['sessionId'],
        where: { tenantId: caller.tenantId, sessionId: { in: [...sessionIds] } },
        _count: true,
      });
      return new Map(groups.map((group) => [group.sessionId, group._count]));
    },

    /**
     * Stores a document and queues its parsing. The bytes go to storage as they come, never whole into memory; the row is written when
     * they are all there. Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_FORMAT for a name that says so, UNREADABLE_DOCUMENT for an empty file,
     * CONFLICT naming the first document when the session has these bytes already and the request has no idempotency key of its own.
     */
    async upload(caller: Caller, input: UploadInput): Promise<Document> {
      requireId('Session', input.sessionId);
      const filename = cleanFilename(input.filename);
      const format = formatByName(filename);
      const session = await db.session.findFirst({ where: { id: input.sessionId, tenantId: caller.tenantId } });
      if (!session) throw notFound('Session', input.sessionId);
      const id = newId('Document');
      const key = originalKey(session.id, id);
      const { sizeBytes, sha256 } = await store(key, input);
      try {
        const { result } = await runIdempotently(
          db,
          caller,
          {
            operation: 'uploadDocument',
            key: input.idempotencyKey,
            input: { sessionId: session.id, filename, sha256 },
          },
          new Date(clock.now()),
          async (transaction) => {
            const twin = await transaction.document.findFirst({ where: { sessionId: session.id, sha256 } });
            if (twin && !input.idempotencyKey) {
              throw new AppError(
                'CONFLICT',
                `These bytes are already in the session as ${twin.id} ("${twin.filename}"). Use that document, or pass an idempotencyKey to add it once more.`,
                { details: { documentId: twin.id } },
              );
            }
            await transaction.document.create({
              data: {
                id,
                tenantId: caller.tenantId,
                sessionId: session.id,
                filename,
                format,
                sizeBytes,
                sha256,
                storageKey: key,
              },
            });
            return { id };
          },
        );
        // The same key again: the first upload counts, these bytes are not needed.
        if (result.id !== id) await storage.deletePrefix(documentFolder(session.id, id));
        const document = await require(caller, result.id);
        if (result.id === id) await announce(document);
        return document;
      } catch (error) {
        const isStored = (await byIds(caller, [id]).catch(() => [{ id }])).length > 0;
        if (!isStored) await storage.deletePrefix(documentFolder(session.id, id)).catch(() => undefined);
        throw isMissingReference(error) ? notFound('Session', session.id) : error;
      }
    },

    /** A link to the bytes as they were uploaded, valid for five minutes. */
    async downloadUrl(document: Pick<Document, 'storageKey' | 'filename'>): Promise<string> {
      const { url } = await storage.signGet(document.storageKey, {
        expiresInMs: downloadValidMs,
        filename: document.filename,
      });
      return url;
    },

    /** Removes the document with all that belongs to it, also while it is being analysed. */
    async delete(caller: Caller, input: { id: string; idempotencyKey?: string | null | undefined }): Promise<string> {
      requireId('Document', input.id);
      const { result, isRepeat } = await runIdempotently(
        db,
        caller,
        { operation: 'deleteDocument', key: input.idempotencyKey, input: { id: input.id } },
        new Date(clock.now()),
        async (transaction) => {
          const document = await transaction.document.findFirst({
            where: { id: input.id, tenantId: caller.tenantId },
            select: { id: true, sessionId: true },
          });
          if (!document) throw notFound('Document', input.id);
          return document;
        },
      );
      if (!isRepeat) await deletion.deleteDocument(caller, result);
      return result.id;
    },
  };
}

/** Counts and hashes what passes; fails with PAYLOAD_TOO_LARGE as soon as it is more than `limitBytes`. */
function createMeter(limitBytes: number) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        const limit = `${Math.floor(limitBytes / 1024 / 1024)} MB`;
        done(new AppError('PAYLOAD_TOO_LARGE', `The file is larger than ${limit}, the largest that is taken.`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}

/** The last part of a path, without control characters, at most 255 characters. Throws BAD_USER_INPUT when nothing is left. */
function cleanFilename(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const cleaned = base.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
  if (cleaned === '') throw new AppError('BAD_USER_INPUT', 'The file has no name. Send it with a file name.');
  if (cleaned.length <= 255) return cleaned;
  const extension = /\.[^.]{1,10}$/.exec(cleaned)?.[0] ?? '';
  return cleaned.slice(0, 255 - extension.length) + extension;
}
