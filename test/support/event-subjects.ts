import type { Db } from '../../src/db.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { EventData, LogName } from '../../src/events/event-types.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';

/** An analysis that is running as far as Postgres knows, and whose events the test itself writes. */
export type Subject = { readonly documentId: string; readonly sectionId: string; readonly analysisId: string };

export async function createSubject(db: Db, tenantId = localCaller.tenantId): Promise<Subject> {
  const [sessionId, documentId, sectionId, analysisId] = [
    newId('Session'),
    newId('Document'),
    newId('Section'),
    newId('Analysis'),
  ];
  await db.session.create({ data: { id: sessionId, tenantId, title: 'a session' } });
  const document = {
    filename: 'a.txt',
    format: 'TEXT',
    sizeBytes: 1,
    sha256: '0'.repeat(64),
    status: 'READY',
  } as const;
  await db.document.create({
    data: { ...document, id: documentId, tenantId, sessionId, storageKey: documentId, closedAt: new Date() },
  });
  const section = { ordinal: 0, title: 'All', level: 1, text: 'x', wordCount: 1, startOffset: 0, endOffset: 1 };
  await db.section.create({ data: { ...section, id: sectionId, tenantId, documentId } });
  await db.analysis.create({
    data: { id: analysisId, tenantId, documentId, sectionId, status: 'RUNNING', attempt: 1 },
  });
  return { documentId, sectionId, analysisId };
}

export const logOf = ({ documentId, analysisId }: Subject): LogName => ({ documentId, id: analysisId });

export const thought = ({ analysisId }: Subject, text: string): EventData => ({
  type: 'thinking:delta',
  analysisId,
  text,
});

/** Of a kind that the writer does not merge with its neighbours. */
export const note = ({ analysisId }: Subject, reason: string): EventData => ({
  type: 'throttle:waiting',
  analysisId,
  layer: 'REQUEST_QUEUE',
  waitMs: 1,
  reason,
});

/** Ends it, in Postgres and in the log. */
export async function endSubject(db: Db, events: EventLog, subject: Subject): Promise<void> {
  const { analysisId } = subject;
  await db.analysis.update({
    where: { id: analysisId },
    data: { status: 'CANCELLED', attempt: 2, finishedAt: new Date(), closedAt: new Date() },
  });
  await events.append(logOf(subject), 2, { type: 'analysis:cancelled', analysisId });
}
