import type { ChildProcess } from 'node:child_process';
import type { ParseFailure } from './document-types.ts';
import { endedForMemory, forkJailed } from './fork-jailed.ts';
import { crashed, tooMuchMemory } from './parse-failures.ts';
import { readInChild, type ChildAnswer, type ParseLimits } from './parser-conversation.ts';
import type { ParseRequest } from './parser-port.ts';

/**
 * One jailed process, from the parent's side.
 *
 *   starting --ready--> idle --parse--> busy --outcome--> idle
 *        \______________\______________\__ exit, kill ___> dead
 *
 * Guaranteed: a parse settles when the child answers or has exited, whichever comes first, and the child has exited when it was
 * stopped by a limit or a signal. Not guaranteed: a child that hangs in a loop while its parent is killed with -9 goes on until the
 * loop ends; it learns of its parent's end only between two steps.
 */
export type ParserChild = {
  readonly isAlive: () => boolean;
  /** Documents that it was given so far. */
  readonly documentCount: () => number;
  /**
   * One at a time. Null when the child ended before it began, killed from outside: nothing is known about the document. Rejects with
   * the signal's reason, and for what is not the document's fault.
   */
  readonly parse: (request: ParseRequest) => Promise<ChildAnswer | null>;
  /** Resolves when the process is gone. */
  readonly kill: () => Promise<void>;
  readonly onExit: (listener: () => void) => void;
};

export type ChildOptions = ParseLimits & { readonly entry: URL; readonly heapMb: number };

/** Starts a child; it idles without keeping this process alive. */
export function startParserChild(options: ChildOptions): ParserChild {
  const child = forkJailed(options);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    // The fork itself failed: there is no process, and no exit will be told.
    child.on('error', () => child.pid === undefined && resolve());
  });
  let isAlive = true;
  let isReady = false;
  let isDismissed = false;
  let documentCount = 0;
  void exited.then(() => (isAlive = false));
  child.once('message', () => (isReady = true));
  setRef(child, false);

  return {
    isAlive: () => isAlive,
    documentCount: () => documentCount,
    async parse(request) {
      documentCount++;
      setRef(child, true);
      try {
        const end = await readInChild(child, request, options, exited);
        if (typeof end === 'object') return end;
        if (isDismissed) throw new Error('The document parser was closed while it read the document.');
        if (!isReady)
          throw new Error(
            `The document reader did not start (exit code ${child.exitCode}, signal ${child.signalCode}).`,
          );
        if (end === 'ended before it began') return null;
        return { outcome: { outcome: 'failed', failure: failureOfCrash(child, options) }, isReusable: false };
      } finally {
        setRef(child, false);
      }
    },
    async kill() {
      if (!isAlive) return;
      isDismissed = true;
      setRef(child, true);
      child.kill('SIGKILL');
      await exited;
    },
    onExit: (listener) => void exited.then(listener),
  };
}

function setRef(child: ChildProcess, keepsParentAlive: boolean): void {
  if (keepsParentAlive) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

const failureOfCrash = (child: ChildProcess, { heapMb }: ChildOptions): ParseFailure =>
  endedForMemory(child) ? tooMuchMemory(heapMb) : crashed;
