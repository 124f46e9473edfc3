import type { ChildProcess } from 'node:child_process';
import { endedForMemory, forkJailed } from '../documents/fork-jailed.ts';
import { watchMemory } from '../documents/memory-watch.ts';
import type { Problem } from '../errors.ts';
import type { RenderCommand, RenderReply } from './render-messages.ts';
import { lightFormats, type ReportFormat } from './report-file.ts';
import { createSpareProcess } from './spare-process.ts';

export type RenderOutcome =
  | { readonly outcome: 'rendered' }
  /** `where` is for the log, when it is a fault of this service. */
  | { readonly outcome: 'failed'; readonly problem: Problem; readonly where: string | null };

export type RendererOptions = {
  /** Cap of a child's JavaScript heap. */
  readonly heapMb: number;
  /** A child that holds more memory than this, in all, is killed. */
  readonly rssLimitMb: number;
  /** For how long after a report its process waits for the next one. Default 5 minutes. */
  readonly spareIdleMs?: number;
  /** The module that runs in the children; by default the one that renders. */
  readonly childEntry?: URL;
};

export type ReportRenderer = {
  /**
   * Resolves when the file is written or cannot be; by then nothing works on it any more. Rejects with the signal's reason, and when the
   * process does not come up: nothing is known about the report then.
   */
  render(command: RenderCommand, signal: AbortSignal): Promise<RenderOutcome>;
  /** Ends the process that waits for a report; those that render are left to end. */
  close(): void;
};

/** From TypeScript sources, as tests run them, the child is the built one: Node 20 cannot run sources. */
const defaultEntry = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/src/reports/render-child.js' : './render-child.js',
  import.meta.url,
);

/**
 * Renders reports in jailed processes: an uploaded file that is annotated may be built to do harm, and a long report takes seconds during
 * which a worker must go on answering Redis.
 *
 * Each uploaded file has a process of its own. Other reports are made of text alone, with nothing to take apart; their process waits for
 * the next one, which takes half the time or less once libraries are loaded and code is warm.
 */
export function createReportRenderer({
  heapMb,
  rssLimitMb,
  spareIdleMs = 300_000,
  childEntry = defaultEntry,
}: RendererOptions): ReportRenderer {
  // What unpacks the PDF's rarer fonts makes functions out of text; that has nothing to do with an uploaded file.
  const start = (mayMakeCode: boolean): ChildProcess => forkJailed({ entry: childEntry, heapMb, mayMakeCode });
  const spare = createSpareProcess(spareIdleMs);

  return {
    close: () => spare.close(),
    async render(command, signal) {
      signal.throwIfAborted();
      const isOwn = command.originalPath === null;
      const child = (isOwn ? spare.take() : null) ?? start(isOwn);
      let hasBegun = false;
      let end: RenderEnd | null = null;
      let hasTooMuch = false;
      let isReady = false;
      let settle: () => void = () => undefined;
      const settled = new Promise<void>((resolve) => (settle = resolve));
      // Without a process the fork itself has failed, and no exit will be told.
      const onError = (): void => void (child.pid === undefined && settle());
      const onMessage = (reply: RenderReply): void => {
        if (reply.kind === 'begun') hasBegun = true;
        else end = reply;
        isReady = reply.kind === 'rendered' && reply.isReady;
        if (isReady) settle();
      };
      child.once('exit', settle);
      child.on('error', onError);
      child.on('message', onMessage);
      const kill = (): void => void child.kill('SIGKILL');
      const stopWatching = watchMemory(child.pid, rssLimitMb, () => {
        hasTooMuch = true;
        kill();
      });
      signal.addEventListener('abort', kill, { once: true });
      // A child that is gone tells it by its exit.
      child.send(command, () => {});
      await settled;
      stopWatching();
      signal.removeEventListener('abort', kill);
      child.off('exit', settle);
      child.off('message', onMessage);
      child.off('error', onError);
      if (isReady) spare.keep(child);
      signal.throwIfAborted();
      if (hasTooMuch) return failed(tooMuchMemory(rssLimitMb, command.format));
      if (end) return outcomeOf(end);
      if (!hasBegun)
        throw new Error(`The process that renders reports did not start (${child.exitCode}, ${child.signalCode}).`);
      if (endedForMemory(child)) return failed(tooMuchMemory(heapMb, command.format));
      return failed(isOwn ? ownFault : notAnnotated);
    },
  };
}

type RenderEnd = Exclude<RenderReply, { kind: 'begun' }>;

function outcomeOf(end: RenderEnd): RenderOutcome {
  switch (end.kind) {
    case 'rendered':
      return { outcome: 'rendered' };
    case 'failed':
      return failed(end.problem);
    case 'broken':
      return failed(end.atOriginal ? notAnnotated : ownFault, end.where);
  }
}

const failed = (problem: Problem, where: string | null = null): RenderOutcome => ({
  outcome: 'failed',
  problem,
  where,
});

const tooMuchMemory = (limitMb: number, format: ReportFormat): Problem => ({
  code: 'PAYLOAD_TOO_LARGE',
  message: `The report needs more memory to be made than the ${limitMb} MB that are allowed. ${lightFormats.includes(format) ? 'Ask the operator for more' : 'Ask for JSON or CSV instead'}.`,
  retryable: false,
});

/** Of work on an uploaded file; the fault may be the file's or ours. */
const notAnnotated: Problem = {
  code: 'UNREADABLE_DOCUMENT',
  message:
    'The uploaded file could not be annotated: it may be damaged, or built in a way that is not provided for. Ask for DOCX, PDF, HTML, JSON or CSV instead.',
  retryable: false,
};

const ownFault: Problem = {
  code: 'INTERNAL',
  message: 'The report could not be rendered. Try again, or ask for another format, and tell the operator.',
  retryable: true,
};
