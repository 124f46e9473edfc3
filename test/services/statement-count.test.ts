import { describe, expect, it } from 'vitest';
import { graphql } from 'graphql';
import { createContext } from '../../schema/context.ts';
import { schema } from '../../schema/schema.ts';
import type { Db } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import { useTestDb } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

const query = `query($id: ID!) {
  session(id: $id) {
    documents(first: 20) { nodes { id filename progress { total percent } risk
      sections { id title
        latestAnalysis { id status modelAttempts { region } usage { costUsd }
          feedback { id title evidence { quote } }
        }
        feedback { id change history { actor } places { section { title } evidence { quote } } }
        analyses { previous { id } gone { id } }
      }
    } }
  }
}`;

describe('a page of documents with everything below it', () => {
  const statements: string[] = [];
  const db = useTestDb({ poolSize: 2, onQuery: (sql) => statements.push(sql) });

  it('takes at most one statement per level, however many rows a level has', async () => {
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
    // session, documents, progress, risk, sections, latest analyses, model attempts, feedback of analyses; feedback of sections, their
    // history, places and the sections of those; analyses, previous ones, what is gone
    expect(statements.filter((sql) => sql.trim().startsWith('SELECT'))).toHaveLength(15);
  });
});

async function seedDocument(db: Db, sessionId: string, number: number): Promise<void> {
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
    const [previousId, analysisId] = [newId('Analysis'), newId('Analysis')];
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
    const completed = { tenantId, documentId, sectionId, status: 'COMPLETED' } as const;
    await db.analysis.create({ data: { ...completed, id: previousId } });
    await db.analysis.create({ data: { ...completed, id: analysisId, previousId } });
    const shown = { latestAnalysisId: analysisId, currentAnalysisId: analysisId };
    await db.section.update({ where: { id: sectionId }, data: shown });
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
