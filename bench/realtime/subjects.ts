import { chunk } from 'es-toolkit';
import { createDb } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import type { Source } from './senders.ts';

const documentCount = 100;
const rowsPerStatement = 1_000;

/** Stores `count` analyses that are running, spread over documents, for our server to find when they are subscribed to. */
export async function createSubjects(databaseUrl: string, count: number): Promise<Source[]> {
  const db = createDb({ url: databaseUrl, poolSize: 2 });
  const { tenantId } = localCaller;
  const sessionId = newId('Session');
  const documents = Array.from({ length: Math.min(documentCount, count) }, () => ({
    id: newId('Document'),
    sectionId: newId('Section'),
  }));
  const analyses = Array.from({ length: count }, (_, index) => {
    const { id: documentId, sectionId } = documents[index % documents.length] ?? { id: '', sectionId: '' };
    return { id: newId('Analysis'), documentId, sectionId };
  });
  try {
    await db.session.create({ data: { id: sessionId, tenantId, title: 'benchmark' } });
    await db.document.createMany({
      data: documents.map(({ id }) => ({ ...document, id, tenantId, sessionId, storageKey: `benchmark/${id}` })),
    });
    await db.section.createMany({
      data: documents.map(({ id, sectionId }) => ({ ...section, id: sectionId, tenantId, documentId: id })),
    });
    for (const rows of chunk(analyses, rowsPerStatement))
      await db.analysis.createMany({ data: rows.map((row) => ({ ...row, tenantId, status: 'RUNNING', attempt: 1 })) });
  } finally {
    await db.$disconnect();
  }
  return analyses.map(({ id, documentId }) => ({ documentId, analysisId: id }));
}

const document = {
  filename: 'benchmark.txt',
  format: 'TEXT',
  sizeBytes: 1,
  sha256: '0'.repeat(64),
  status: 'READY',
  attempt: 1,
} as const;

const section = { ordinal: 0, title: 'All of it', level: 1, text: 'x', wordCount: 1, startOffset: 0, endOffset: 1 };
