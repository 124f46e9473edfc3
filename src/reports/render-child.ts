import { writeFile } from 'node:fs/promises';
import { DocumentError } from '../documents/document-types.ts';
import { AppError, toProblem } from '../errors.ts';
import { readContent } from './content-file.ts';
import type { RenderCommand, RenderReply } from './render-messages.ts';
import { renderReport } from './render-report.ts';

/**
 * Renders reports for the parent that forked it, one at a time. Ends behind one that worked on an uploaded file, which may have done
 * harm, behind one that failed, and behind as many that whatever they leave behind stays little. Started by `createReportRenderer` only.
 */

const mostReports = 50;
let reports = 0;

const reply = (message: RenderReply): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

process.on('message', (command: RenderCommand) => void answer(command));
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal, and some supervisors, signal the whole process group: the parent decides when its children end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function answer({ format, contentPath, originalPath, outputPath }: RenderCommand): Promise<void> {
  await reply({ kind: 'begun' });
  let atOriginal = false;
  try {
    const content = await readContent(contentPath);
    atOriginal = originalPath !== null;
    const bytes = await renderReport(format, content, originalPath);
    atOriginal = false;
    await writeFile(outputPath, bytes);
    reports += 1;
    const isReady = originalPath === null && reports < mostReports;
    await reply({ kind: 'rendered', isReady });
    if (isReady) return;
  } catch (error) {
    await reply(describe(error, atOriginal));
  }
  process.disconnect();
}

/** The uploaded file's fault, or ours. */
const describe = (error: unknown, atOriginal: boolean): RenderReply =>
  error instanceof DocumentError
    ? { kind: 'failed', problem: toProblem(new AppError(error.code, error.message)) }
    : { kind: 'broken', atOriginal: atOriginal && !isOfSystem(error), where: framesOf(error) };

/** Of the disk or of memory, say: whatever the file is like. */
const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 10)].join('\n');
}
