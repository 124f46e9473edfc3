import type { Problem } from '../../src/errors.ts';

/** Nobody tries any more. */
export const exhausted: Problem = {
  code: 'INTERNAL',
  message:
    'The workers that analysed this section ended again and again before they were done. Retry it, and tell the operator if it happens once more.',
  retryable: true,
};

export const timedOut = (timeoutMs: number): Problem => ({
  code: 'TIMED_OUT',
  message: `The analysis took longer than ${Math.round(timeoutMs / 1000)} s. Retry it.`,
  retryable: true,
});
