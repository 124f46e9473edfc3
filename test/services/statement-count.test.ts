import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphql } from 'graphql';
import { createContext } from '../../schema/context.ts';
import { schema } from '../../schema/schema.ts';
import { createDb } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import { createTestDatabase, type TestDatabase } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

const query = `query($id: ID!) {
  session(id: $id) {
    documents(first: 20) { nodes { id filename progress { total percent } risk
      sections { id title
        latestAnalysis { id status modelAttempts { region } usage { costUsd }
          feedback { id title evidence { quote } }
        }
      }
    } }
  }
}`;

describe('a page of documents with everything below it', () => {
  let database: TestDatabase;
  const statements: string[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('takes at most one statement per level, however many rows a level has', async () => {
    const db = createDb({ url: database.url, poolSize: 2, onQuery: (sql) => statements.push(sql) });
    const { tenantId } = localCaller;
    const session = await db.session.create({ data: { id: newId('Session'), tenantId, title: 'many' } });
    for (let index = 0; index < 5; index += 1) await seedDocument(db, session.id, index);
    statements.length = 0;
    const services = createTestServices(db);
    const result = await graphql({
      schema,
      source: query,
      variableValues: { id: session.id },
      contextValue: createContext(services, localCaller),
    });
    expect(result.errors).toBeUndefined();
    expect(JSON.stringify(result.data)).toContain('finding 4-3');
    // session, documents, progress, risk, sections, analyses, model attempts, feedback
    expect(statements.filter((sql) => sql.trim().startsWith('SELECT'))).toHaveLength(8);
    await db.$disconnect();
  });
});

async function seedDocument(db: ReturnType<typeof createDb>, sessionId: string, number: number): Promise<void> {
  const { tenantId } = localCaller;
  const documentId = newId('Document');
  await db.document.create({
    data: {
      id: documentId,
      tenantId,
      sessionId,
      filename: `${number}.md`,
      format: 'MARKDOWN',
      sizeBytes: 1,
      sha256: `${number}`,
      storageKey: `${number}`,
      status: 'READY',
    },
  });
  for (let ordinal = 0; ordinal < 4; ordinal += 1) {
    const sectionId = newId('Section');
    const analysisId = newId('Analysis');
    await db.section.create({
      data: {
        id: sectionId,
        tenantId,
        documentId,
        ordinal,
        title: `s${ordinal}`,
        level: 1,
        text: 'x',
        wordCount: 1,
        startOffset: ordinal,
        endOffset: ordinal + 1,
      },
    });
    await db.analysis.create({ data: { id: analysisId, tenantId, documentId, sectionId, status: 'COMPLETED' } });
    await db.section.update({ where: { id: sectionId }, data: { latestAnalysisId: analysisId } });
    const feedbackId = newId('Feedback');
    await db.feedback.create({
      data: {
        id: feedbackId,
        groupId: feedbackId,
        tenantId,
        documentId,
        sectionId,
        analysisId,
        source: 'MODEL',
        kind: 'RISK',
        category: 'c',
        risk: 'HIGH',
        title: `finding ${number}-${ordinal}`,
        detail: 'd',
        confidence: 0.9,
        evidence: [],
      },
    });
  }
}
