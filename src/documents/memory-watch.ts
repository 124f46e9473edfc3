import { readFile } from 'node:fs/promises';

const intervalMs = 100;

/**
 * Calls `onExceeded` once when a process holds more memory than the limit, looked at each 100 ms. A heap cap does not see typed arrays
 * and WebAssembly, which is where a PDF's streams are unpacked. Linux only: elsewhere the heap cap and the time limit must do.
 * @returns stops watching.
 */
export function watchMemory(pid: number | undefined, limitMb: number, onExceeded: () => void): () => void {
  if (process.platform !== 'linux' || pid === undefined) return () => {};
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    clearInterval(timer);
  };
  const check = async () => {
    const residentMb = await residentMemoryMb(pid);
    if (isStopped || residentMb <= limitMb) return;
    stop();
    onExceeded();
  };
  const timer = setInterval(() => void check(), intervalMs);
  return stop;
}

/** 0 for a process that is gone. */
async function residentMemoryMb(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
