import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Document, Report } from '../../src/db.ts';
import { AppError, toProblem, type Problem } from '../../src/errors.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { writeContent } from '../../src/reports/content-file.ts';
import { lightFormats, mediaTypeOf, reportFilename } from '../../src/reports/report-file.ts';
import type { ReportRenderer } from '../../src/reports/report-renderer.ts';
import { reportLog } from '../../src/services/report-events.ts';
import type { Services } from '../../src/services/services.ts';
import { reportFolder } from '../../src/services/storage-keys.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { done, JobTimeoutError, type JobContext, type JobOutcome } from '../job-context.ts';

export type RenderDeps = {
  readonly services: Services;
  readonly events: EventLog;
  readonly storage: BlobStore;
  readonly renderer: ReportRenderer;
  readonly logger: Logger;
};

/**
 * Puts together what a report says, has a child process make the file, and stores it; fenced by the report's attempt. A report whose
 * document is deleted meanwhile ends at once, and leaves no file behind.
 */
export async function renderReport(
  deps: RenderDeps,
  { reportId }: { reportId: string },
  { signal }: JobContext,
): Promise<JobOutcome> {
  const { services, events } = deps;
  const begun = await services.reportRendering.begin(reportId);
  if (!begun) return done;
  const { report } = begun;
  const fail = async (problem: Problem): Promise<JobOutcome> => {
    await services.reportRendering.fail({ reportId, attempt: report.attempt }, problem);
    return done;
  };
  if (begun.isExhausted) return fail(exhausted);
  const fencedOff = new AbortController();
  const stopWatching = await events.watchFence(
    reportLog(report),
    () => report.attempt,
    () => fencedOff.abort(),
  );
  try {
    const problem = await render(deps, report, AbortSignal.any([signal, fencedOff.signal]));
    return problem ? await fail(problem) : done;
  } catch (error) {
    if (fencedOff.signal.aborted) return done;
    if (signal.reason instanceof JobTimeoutError) return await fail(timedOut(report.format));
    if (error instanceof AppError && !error.retryable) return await fail(toProblem(error));
    throw error;
  } finally {
    stopWatching();
  }
}

/** What is wrong with the report; null when it is stored, or is not wanted any more. */
async function render(deps: RenderDeps, report: Report, signal: AbortSignal): Promise<Problem | null> {
  const { services, storage, renderer } = deps;
  const caller = { tenantId: report.tenantId, actor: 'worker' };
  const [[document], content] = await Promise.all([
    services.documents.byIds(caller, [report.documentId]),
    services.reportContents.of(report),
  ]);
  if (!document || !content) return null;
  const folder = await mkdtemp(join(tmpdir(), 'prism-report-'));
  const file = (name: string): string => join(folder, name);
  try {
    await writeContent(file('content'), content);
    const originalPath = report.format === 'ANNOTATED' ? file('original') : null;
    if (originalPath) {
      await pipeline(await storage.get(document.storageKey, { signal }), createWriteStream(originalPath), { signal });
    }
    const command = { format: report.format, contentPath: file('content'), originalPath, outputPath: file('report') };
    const rendered = await renderer.render(command, signal);
    if (rendered.outcome === 'failed') {
      if (rendered.where) deps.logger.error({ reportId: report.id, where: rendered.where }, 'a renderer is broken');
      return rendered.problem;
    }
    await store(deps, report, document, command.outputPath, signal);
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes first, then the row; what other attempts have left goes, and so does this one's when it is over. */
async function store(
  { services, storage }: RenderDeps,
  { id, documentId, attempt, format }: Report,
  document: Document,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const folder = reportFolder(document.sessionId, documentId, id);
  const storageKey = `${folder}${attempt}`;
  const filename = reportFilename(format, document);
  const { sizeBytes } = await storage.put(storageKey, createReadStream(path), {
    contentType: mediaTypeOf(filename),
    signal,
  });
  const ready = await services.reportRendering.complete({ reportId: id, attempt }, { filename, storageKey, sizeBytes });
  if (!ready) return storage.delete(storageKey);
  for await (const { key } of storage.list(folder)) if (key !== storageKey) await storage.delete(key);
}

const exhausted: Problem = {
  code: 'INTERNAL',
  message:
    'This report was begun again and again and never done: its workers ended, or what they need could not be reached. Try again or ask for another format, and tell the operator if it happens once more.',
  retryable: true,
};

const timedOut = (format: Report['format']): Problem => ({
  code: 'TIMED_OUT',
  message: `The report took longer to make than is allowed. ${lightFormats.includes(format) ? 'Try again, and tell the operator when it goes on' : 'Ask for JSON or CSV, which are quicker, or try again'}.`,
  retryable: true,
});
