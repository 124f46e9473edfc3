/** What a handler gets besides its payload. */
export type JobContext = {
  /** Aborts when the job's time is up (TimeoutError) or the process shuts down (ShutdownError). */
  readonly signal: AbortSignal;
  /** The job's time limit counts from here: for a job that does several pieces of work, each of which the limit is meant for. */
  readonly restartTimeLimit: () => void;
};

/** How a handler ended when it did not throw. */
export type JobOutcome =
  | { readonly outcome: 'done' }
  /** Put back, to be taken up again with this payload not before `waitMs`; occupies no worker meanwhile. */
  | { readonly outcome: 'deferred'; readonly waitMs: number; readonly payload: Record<string, unknown> };

export const done: JobOutcome = { outcome: 'done' };

/** The process is ending: work in hand is given back to the queue as it is. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';
}

/** The job's soft time limit has passed. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
}
