import { createHash } from 'node:crypto';

/** Short, and another one whenever anything in it is. */
export const digestOf = (words: unknown): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16);
