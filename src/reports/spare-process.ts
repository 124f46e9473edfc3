import type { ChildProcess } from 'node:child_process';

export type SpareProcess = {
  /** The spare, for its one use; null when there is none. From here on it is the caller's. */
  take(): ChildProcess | null;
  /** Has a spare from now on, unless there is one, until it is taken or has waited in vain. */
  refill(): void;
  /** Ends the spare; none comes after it. */
  close(): void;
};

/**
 * Keeps one process that `start` made, and nobody has used, for at most `idleMs`. A spare does not keep this process alive, and one that
 * ends by itself is no spare any more.
 */
export function createSpareProcess(start: () => ChildProcess, idleMs: number): SpareProcess {
  let spare: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function take(): ChildProcess | null {
    const child = spare;
    spare = null;
    clearTimeout(timer);
    if (!child) return null;
    child.ref();
    child.channel?.ref();
    return child;
  }

  const drop = (): void => void take()?.kill('SIGKILL');

  return {
    take,
    refill() {
      if (spare || isClosed) return;
      const child = start();
      spare = child;
      const forget = (): void => {
        if (spare === child) take();
      };
      child.once('exit', forget);
      child.once('error', forget);
      child.unref();
      child.channel?.unref();
      timer = setTimeout(drop, idleMs).unref();
    },
    close() {
      isClosed = true;
      drop();
    },
  };
}
