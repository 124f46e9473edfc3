import type { ParseFailure } from './document-types.ts';

/** What is said of a document that its reader did not survive. */

export const tooMuchMemory = (limitMb: number): ParseFailure => ({
  code: 'UNREADABLE_DOCUMENT',
  message: `The document needs more memory to be read than the ${limitMb} MB that are allowed. Split it, or leave out large pictures and tables, and upload it again.`,
});

export const timedOut = (timeoutMs: number): ParseFailure => ({
  code: 'TIMED_OUT',
  message: `The document took longer to read than the ${(timeoutMs / 1000).toLocaleString('en')} s that are allowed. Split it, or save it in another format, and upload it again.`,
});

export const crashed: ParseFailure = {
  code: 'UNREADABLE_DOCUMENT',
  message:
    'The document made its reader crash: it is damaged or built to do so. Open it, save or export it again and upload the new file.',
};
