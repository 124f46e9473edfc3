import { parseTypeId, typeidUnboxed } from 'typeid-js';
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

/** The kind that an id names; null for text that is no id at all. */
export function kindOfId(id: string): IdKind | null {
  try {
    const { prefix } = parseTypeId(id as Parameters<typeof parseTypeId>[0]);
    return kindsByPrefix.get(prefix) ?? null;
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
