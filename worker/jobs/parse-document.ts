import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Document } from '../../src/db.ts';
import type { DocumentParser } from '../../src/documents/parser-port.ts';
import { toProblem, AppError, type Problem } from '../../src/errors.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { LogWriter } from '../../src/events/log-writer.ts';
import { terminalOfDocument } from '../../src/services/terminal-events.ts';
import type { Services } from '../../src/services/services.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { done, JobTimeoutError, type JobContext, type JobOutcome } from '../job-context.ts';

export type ParseDeps = {
  readonly services: Services;
  readonly events: EventLog;
  readonly storage: BlobStore;
  readonly parser: DocumentParser;
};

/** Fetches a document's bytes, has a child process read them, and stores the sections; fenced by the document's attempt. */
export async function parseDocument(
  deps: ParseDeps,
  { documentId }: { documentId: string },
  { signal }: JobContext,
): Promise<JobOutcome> {
  const { services, events } = deps;
  const document = await services.documentParsing.begin(documentId);
  if (!document) return done;
  const fence = { documentId, attempt: document.attempt };
  const writer = events.writer({ documentId, id: documentId }, document.attempt, 1);
  writer.append({ type: 'document:parsing', sectionsFound: 0, percent: 0 });
  const ended = await read(deps, document, fence, writer, signal);
  const terminal = ended && terminalOfDocument(ended);
  if (!terminal) return done;
  writer.append(terminal);
  await writer.flush();
  await services.documentParsing.markClosed(documentId);
  return done;
}

async function read(
  { services, storage, parser }: ParseDeps,
  document: Document,
  fence: { documentId: string; attempt: number },
  writer: LogWriter,
  signal: AbortSignal,
): Promise<Document | null> {
  const { documentParsing } = services;
  const folder = await mkdtemp(join(tmpdir(), 'prism-parse-'));
  const path = join(folder, 'document');
  try {
    await pipeline(await storage.get(document.storageKey, { signal }), createWriteStream(path), { signal });
    const outcome = await parser.parse({
      path,
      filename: document.filename,
      signal,
      onProgress: (progress) => writer.append({ type: 'document:parsing', ...progress }),
    });
    await writer.flush();
    return outcome.outcome === 'parsed'
      ? await documentParsing.complete(fence, outcome.document)
      : await documentParsing.fail(fence, toProblem(new AppError(outcome.failure.code, outcome.failure.message)));
  } catch (error) {
    if (signal.reason instanceof JobTimeoutError) return await documentParsing.fail(fence, timedOut);
    if (error instanceof AppError && !error.retryable) return await documentParsing.fail(fence, toProblem(error));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const timedOut: Problem = {
  code: 'TIMED_OUT',
  message: 'Reading the document took too long. Upload it again, or split it into smaller files.',
  retryable: true,
};
