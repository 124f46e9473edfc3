import { writeFile } from 'node:fs/promises';
import { DocumentError } from '../documents/document-types.ts';
import { AppError, toProblem } from '../errors.ts';
import { readContent } from './content-file.ts';
import type { RenderCommand, RenderReply, RenderRequest } from './render-messages.ts';
import { prepareRenderers, renderReport } from './render-report.ts';

/** Renders one report for the parent that forked it, and ends. Started by `createReportRenderer` only. */

const reply = (message: RenderReply): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

process.on('message', (request: RenderRequest) => {
  // What cannot be loaded fails where it is used.
  if (request.kind === 'prepare') prepareRenderers().catch(() => {});
  else void answer(request);
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal, and some supervisors, signal the whole process group: the parent decides when its children end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function answer({ format, contentPath, originalPath, outputPath }: RenderCommand): Promise<void> {
  await reply({ kind: 'begun' });
  try {
    const bytes = await renderReport(format, await readContent(contentPath), originalPath);
    await writeFile(outputPath, bytes);
    await reply({ kind: 'rendered' });
  } catch (error) {
    await reply(describe(error));
  }
  process.disconnect();
}

/** The uploaded file's fault, or ours. */
const describe = (error: unknown): RenderReply =>
  error instanceof DocumentError
    ? { kind: 'failed', problem: toProblem(new AppError(error.code, error.message)) }
    : { kind: 'broken', where: framesOf(error) };

function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 10)].join('\n');
}
