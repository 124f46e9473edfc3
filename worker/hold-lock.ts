// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
import type { Job } from 'bullmq';

/**
 * Renews the lock of a job that runs, until it is told to stop. What is lost is lost: whoever takes the job over fences this execution.
 *
 * BullMQ's own renewal knows jobs by their ids alone. When a job comes back to the process that still runs it (its lock ended while Redis was
 * away), the end of the former execution would stop the renewal for the new one: that would be taken for stalled in turn, and so on.
 */
export function holdLock(job: Job, token: string | undefined, lockMs: number): () => void {
  const renew = (): void => {
    // Redis is away: the next one tries again.
    job.extendLock(token ?? '', lockMs).catch(() => undefined);
  };
  const timer = setInterval(renew, lockMs / 4);
  return () => clearInterval(timer);
}
