import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';

/*
 * The client and the publisher run in threads of the benchmark's process, so that each has an event loop of its own and both can count in
 * the same memory. The servers are processes of their own, which is what is measured.
 */

/** Places in the shared counters. */
export const counters = { delivered: 0, heard: 1 } as const;

export type Counters = Int32Array<SharedArrayBuffer>;

export const createCounters = (): Counters => new Int32Array(new SharedArrayBuffer(8));

type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** A thread that takes one command at a time and answers each. */
export type Thread = { ask<T>(command: unknown): Promise<T>; stop(): Promise<void> };

export function startThread(file: string, workerData: unknown): Thread {
  const worker = new Worker(new URL(file, import.meta.url), { workerData });
  let turn: Promise<unknown> = Promise.resolve();
  const ask = async <T>(command: unknown): Promise<T> => {
    const answered = once(worker, 'message');
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(command);
    const [reply] = (await answered) as [Reply<T>];
    if (!reply.ok) throw new Error(reply.message);
    return reply.value;
  };
  return {
    ask<T>(command: unknown): Promise<T> {
      const answer = turn.then(() => ask<T>(command));
      turn = answer.catch(() => undefined);
      return answer;
    },
    stop: async () => void (await worker.terminate()),
  };
}

/** The thread's side: carries out what it is asked and answers with the result, or with what went wrong. */
export function answerCommands<C>(carryOut: (command: C) => Promise<unknown>): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const answer = (reply: Reply<unknown>): void => parentPort?.postMessage(reply);
  parentPort?.on('message', (command: C) => {
    carryOut(command).then(
      (value) => answer({ ok: true, value }),
      (error: Error) => answer({ ok: false, message: error.message }),
    );
  });
}
