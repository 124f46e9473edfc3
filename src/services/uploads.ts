import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { isMissingReference, type Db, type Document, type Upload } from '../db.ts';
import { AppError } from '../errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { newId, requireId } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { defaultPlaybookId } from '../review/playbook.ts';
import type { BlobStore, SignedRequest } from '../storage/blob-store.ts';
import { recordActivity } from './activity.ts';
import type { Caller } from './caller.ts';
import type { createDocuments } from './documents.ts';
import { firstResult, runIdempotently, type IdempotentRequest } from './idempotency.ts';
import { notFound } from './not-found.ts';
import type { createPlaybooks } from './playbooks.ts';
import { documentFolder, originalKey } from './storage-keys.ts';
import { cleanFilename, createMeter, emptyFile, formatOf, tooLarge, type Measured } from './upload-stream.ts';

type Keyed = { readonly idempotencyKey?: string | null | undefined };

export type UploadInput = Keyed & {
  readonly sessionId: string;
  readonly filename: string;
  readonly body: Readable;
  /** The default one when left out. */
  readonly playbookId?: string | null | undefined;
};

export type UploadRequest = Keyed & {
  readonly sessionId: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256?: string | null | undefined;
};

type NewDocument = Measured & {
  readonly id: string;
  readonly sessionId: string;
  readonly filename: string;
  readonly playbookId: string;
};

const inviteValidMs = 60 * 60_000;

/**
 * Taking documents in, either through the API or by a signed URL to storage.
 *
 *   upload:  bytes -> storage, measured and hashed as they pass -> row -> job
 *   invite:  row of the upload -> client PUTs to storage -> complete: bytes read back, measured and hashed -> row of the document -> job
 *
 * Guarantees: no row without bytes; bytes without a row are deleted at once when the request fails, and by the reconciler when the process
 * dies. A document is never whole in memory. The same bytes twice in a session are a CONFLICT naming the first, unless the request has an
 * idempotency key of its own.
 */
export function createUploads(deps: {
  db: Db;
  clock: Clock;
  storage: BlobStore;
  events: EventLog;
  queue: JobQueue;
  documents: Pick<ReturnType<typeof createDocuments>, 'byIds' | 'require'>;
  playbooks: Pick<ReturnType<typeof createPlaybooks>, 'require' | 'hold'>;
  maxUploadBytes: number;
}) {
  const { db, clock, storage, events, queue, documents, playbooks } = deps;

  async function requireSession(caller: Caller, sessionId: string): Promise<void> {
    requireId('Session', sessionId);
    const session = await db.session.findFirst({ where: { id: sessionId, tenantId: caller.tenantId } });
    if (!session) throw notFound('Session', sessionId);
  }

  const discard = (document: { id: string; sessionId: string }): Promise<unknown> =>
    storage.deletePrefix(documentFolder(document.sessionId, document.id)).catch(() => undefined);

  /** Makes the row of a document whose bytes are in storage, and queues its parsing. */
  async function register(caller: Caller, request: IdempotentRequest, made: NewDocument): Promise<Document> {
    const { id, sessionId, filename, sizeBytes, sha256, playbookId } = made;
    const format = await formatOf(made, filename);
    const { result } = await runIdempotently(db, caller, request, new Date(clock.now()), async (transaction) => {
      await playbooks.hold(transaction, caller, playbookId);
      const twin = await transaction.document.findFirst({ where: { sessionId, sha256 } });
      if (twin && !request.key) throw alreadyThere(twin);
      const storageKey = originalKey(sessionId, id);
      const { tenantId } = caller;
      await transaction.document.create({
        data: { id, tenantId, sessionId, filename, format, sizeBytes, sha256, storageKey, playbookId },
      });
      await transaction.upload.deleteMany({ where: { documentId: id } });
      await recordActivity(transaction, caller, {
        sessionId,
        action: 'document.uploaded',
        subject: id,
        detail: filename,
      });
      return { id };
    });
    // The same key again: the first upload counts, these bytes are not needed.
    if (result.id !== id) await discard(made);
    const document = await documents.require(caller, result.id);
    if (result.id === id) await announce(document);
    return document;
  }

  async function announce({ id }: Document): Promise<void> {
    await events.append({ documentId: id, id }, 0, { type: 'document:parsing', sectionsFound: 0, percent: 0 });
    await queue.add('parse-document', id, { documentId: id });
  }

  /** Runs `work`; when it fails and no document has come of it, its bytes go. */
  async function orDiscard<T>(
    caller: Caller,
    made: { id: string; sessionId: string },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const rows = await documents.byIds(caller, [made.id]).catch(() => [made]);
      if (rows.length === 0) await discard(made);
      throw isMissingReference(error) ? notFound('Session', made.sessionId) : error;
    }
  }

  async function requireUpload(caller: Caller, id: string): Promise<Upload> {
    requireId('Upload', id);
    const upload = await db.upload.findFirst({ where: { id, tenantId: caller.tenantId } });
    if (!upload)
      throw new AppError('NOT_FOUND', `There is no open upload ${id}. It may be completed or expired; begin another.`);
    return upload;
  }

  async function measureStored(upload: Upload, key: string): Promise<Measured> {
    const { sizeBytes } = await storage.stat(key).catch((error: unknown) => {
      const isMissing = error instanceof AppError && error.code === 'NOT_FOUND';
      throw isMissing
        ? new AppError('CONFLICT', 'The bytes are not there yet. PUT them to the URL first, then complete the upload.')
        : error;
    });
    if (sizeBytes !== upload.sizeBytes) {
      throw new AppError(
        'CONFLICT',
        `${sizeBytes} bytes were stored where ${upload.sizeBytes} were announced. PUT the whole file again.`,
      );
    }
    const meter = createMeter(deps.maxUploadBytes);
    const nowhere = new Writable({ write: (_chunk, _encoding, written) => written() });
    await pipeline(await storage.get(key), meter.stream, nowhere);
    const measured = meter.result();
    if (upload.sha256 !== null && upload.sha256 !== measured.sha256) {
      throw new AppError('CONFLICT', 'The stored bytes have another SHA-256 than was announced. PUT the file again.');
    }
    return measured;
  }

  return {
    /** Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_FORMAT, UNREADABLE_DOCUMENT for an empty file, or CONFLICT; nothing stays behind then. */
    async upload(caller: Caller, input: UploadInput): Promise<Document> {
      const { sessionId } = input;
      const filename = cleanFilename(input.filename);
      await requireSession(caller, sessionId);
      const { id: playbookId } = await playbooks.require(caller, input.playbookId ?? defaultPlaybookId);
      const made = { id: newId('Document'), sessionId, filename, playbookId };
      return orDiscard(caller, made, async () => {
        const meter = createMeter(deps.maxUploadBytes);
        const source = input.body.on('error', (error) => meter.stream.destroy(error));
        try {
          await storage.put(originalKey(sessionId, made.id), source.pipe(meter.stream));
        } finally {
          source.destroy();
        }
        const measured = meter.result();
        if (measured.sizeBytes === 0) throw emptyFile();
        const { sha256 } = measured;
        const request = {
          operation: 'uploadDocument',
          key: input.idempotencyKey,
          input: { sessionId, filename, sha256, playbookId },
        };
        return register(caller, request, { ...made, ...measured });
      });
    },

    /** Invites the caller to PUT the bytes to storage by itself, within an hour; then `complete` it. */
    async invite(caller: Caller, input: UploadRequest): Promise<{ upload: Upload; signed: SignedRequest }> {
      const { sessionId, sizeBytes, sha256 = null } = input;
      const filename = cleanFilename(input.filename);
      if (sizeBytes < 1) throw emptyFile();
      if (sizeBytes > deps.maxUploadBytes) throw tooLarge(deps.maxUploadBytes);
      if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) {
        throw new AppError('BAD_USER_INPUT', 'sha256 must be 64 lower-case hexadecimal digits, or left out.');
      }
      await requireSession(caller, sessionId);
      const now = clock.now();
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'createUpload', key: input.idempotencyKey, input: { sessionId, filename, sizeBytes, sha256 } },
        new Date(now),
        async (transaction) => {
          const { id } = await transaction.upload.create({
            data: {
              id: newId('Upload'),
              tenantId: caller.tenantId,
              sessionId,
              documentId: newId('Document'),
              filename,
              sizeBytes,
              sha256,
              expiresAt: new Date(now + inviteValidMs),
            },
          });
          return { id };
        },
      );
      const upload = await requireUpload(caller, result.id);
      const expiresInMs = Math.max(1_000, upload.expiresAt.getTime() - now);
      const signed = await storage.signPut(originalKey(sessionId, upload.documentId), { expiresInMs, sizeBytes });
      return { upload, signed };
    },

    /** Makes a document of the bytes that were PUT. CONFLICT while they are missing or others than announced; they can be PUT again then. */
    async complete(
      caller: Caller,
      input: { uploadId: string; playbookId?: string | null | undefined } & Keyed,
    ): Promise<Document> {
      const playbookId = input.playbookId ?? defaultPlaybookId;
      const request = {
        operation: 'completeUpload',
        key: input.idempotencyKey,
        input: { uploadId: input.uploadId, playbookId },
      };
      // The upload itself is gone once it is completed.
      const first = await firstResult<{ id: string }>(db, caller, request, new Date(clock.now()));
      if (first) return documents.require(caller, first.id);
      await playbooks.require(caller, playbookId);
      const upload = await requireUpload(caller, input.uploadId);
      const { documentId: id, sessionId, filename } = upload;
      const measured = await measureStored(upload, originalKey(sessionId, id));
      return register(caller, request, { id, sessionId, filename, playbookId, ...measured });
    },
  };
}

const alreadyThere = (twin: Document): AppError =>
  new AppError(
    'CONFLICT',
    `These bytes are already in the session as ${twin.id} ("${twin.filename}"). Use that document, or pass an idempotencyKey to add it once more.`,
    { details: { documentId: twin.id } },
  );
