import { fromString, getType, typeidUnboxed } from 'typeid-js';
import { AppError } from './errors.ts';

/** The prefix tells a person what an id in a log is; the rest is a UUIDv7, so ids sort by creation. */
export const idPrefixes = {
  Session: 'ses',
  Document: 'doc',
  Section: 'sec',
  Analysis: 'ana',
  Feedback: 'fbk',
  ModelAttempt: 'mat',
  Upload: 'upl',
  Playbook: 'pbk',
  FeedbackRevision: 'rev',
  Activity: 'act',
  Chat: 'cht',
  ChatMessage: 'msg',
  Report: 'rep',
} as const;

export type IdKind = keyof typeof idPrefixes;

const kindsByPrefix = new Map<string, IdKind>(
  Object.entries(idPrefixes).map(([kind, prefix]) => [prefix, kind as IdKind]),
);

export const newId = (kind: IdKind): string => typeidUnboxed(idPrefixes[kind]);

/** The kind that an id names; null for text that `newId` would never make: a known prefix alone makes no id. */
export function kindOfId(id: string): IdKind | null {
  try {
    // Throws unless 26 letters of its alphabet, which hold 128 bits, stand behind the prefix.
    return kindsByPrefix.get(getType(fromString(id))) ?? null;
  } catch {
    return null;
  }
}

/** Throws BAD_USER_INPUT unless `id` has the form of an id of this kind; says nothing about whether the thing exists. */
export function requireId(kind: IdKind, id: string): string {
  const found = kindOfId(id);
  if (found === kind) return id;
  const wanted = `an id of a ${kind} (${idPrefixes[kind]}_…)`;
  throw new AppError(
    'BAD_USER_INPUT',
    found === null
      ? `"${id.slice(0, 60)}" is not an id; pass ${wanted}.`
      : `"${id}" is the id of a ${found}; pass ${wanted}.`,
  );
}
