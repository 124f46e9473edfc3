import type { ChildProcess } from 'node:child_process';

export type SpareProcess = {
  /** The spare; null when there is none. From here on it is the caller's. */
  take(): ChildProcess | null;
  /** Makes a process the spare until it is taken or has waited in vain. Ends it when there is one already. */
  keep(child: ChildProcess): void;
  /** Ends the spare; none comes after it. */
  close(): void;
};

/** Keeps one process for its next use, for at most `idleMs`. It does not keep this process alive, and once it ends by itself it is no spare. */
export function createSpareProcess(idleMs: number): SpareProcess {
  let spare: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function take(): ChildProcess | null {
    const child = spare;
    spare = null;
    clearTimeout(timer);
    if (!child) return null;
    child.off('exit', take);
    child.off('error', take);
    child.ref();
    child.channel?.ref();
    return child;
  }

  const drop = (): void => void take()?.kill('SIGKILL');

  return {
    take,
    keep(child) {
      // One that has ended meanwhile tells it no more; one that was killed has yet to.
      const hasEnded = child.killed || child.exitCode !== null || child.signalCode !== null;
      if (spare || isClosed || hasEnded) return void child.kill('SIGKILL');
      spare = child;
      child.once('exit', take);
      child.once('error', take);
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
