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
    expect(selects(statements)).toHaveLength(15);
  });
});

const pagesQuery = `query($filter: FeedbackFilter) {
  sessions(first: 20) { totalCount nodes {
    activity(first: 1) { totalCount pageInfo { hasNextPage } nodes { subject } }
    documents(first: 1) { totalCount pageInfo { hasNextPage } nodes { filename
      feedback(first: 1, filter: $filter) { totalCount pageInfo { hasNextPage } nodes { title } }
      chats { messages(first: 1) { totalCount pageInfo { hasNextPage } nodes { text } } }
    } }
  } }
}`;

describe('a page of sessions with pages below it', () => {
  const statements: string[] = [];
  const rowsRead: number[] = [];
  const bare = useTestDb({ poolSize: 2, onQuery: (sql) => statements.push(sql) });
  const db = bare.$extends({
    query: {
      async $allOperations({ args, query: run }) {
        const result: unknown = await run(args);
        if (Array.isArray(result)) rowsRead.push(result.length);
        return result;
      },
    },
  }) as unknown as Db;

  async function ask(variableValues: Record<string, unknown> = {}): Promise<PageOfSessions> {
    statements.length = 0;
    rowsRead.length = 0;
    const contextValue = createContext(createTestServices(db), localCaller);
    const { data, errors } = await graphql({ schema, source: pagesQuery, variableValues, contextValue });
    expect(errors).toBeUndefined();
    return (data as { sessions: PageOfSessions }).sessions;
  }

  it('takes one statement per level, which reads of every list as much as its page shows', async () => {
    for (let index = 0; index < 20; index += 1) await seedSession(bare, `${index}`);
    const sessions = await ask();
    const page = (item: object) => ({ totalCount: 4, pageInfo: { hasNextPage: true }, nodes: [item] });
    expect(sessions.totalCount).toBe(20);
    for (const [index, session] of sessions.nodes.toReversed().entries()) {
      const messages = page({ text: `${index} document 0 message 0` });
      const feedback = { ...page({ title: `${index} document 0 finding 0` }), totalCount: 2 };
      const first = { filename: `${index} document 0`, feedback, chats: [{ messages }] };
      // Of activity the newest comes first.
      expect(session).toEqual({ activity: page({ subject: `${index} done 3` }), documents: page(first) });
    }
    // sessions, activity, documents, feedback, chats, messages; the count of each list but of chats
    expect(selects(statements)).toHaveLength(11);
    expect(Math.max(...rowsRead)).toBeLessThanOrEqual(20 * 2);
  });

  it('goes on behind a cursor, and holds to its filter', async () => {
    const { nodes } = await ask({ filter: { minConfidence: 0.95 } });
    expect(nodes[0]?.documents.nodes[0]?.feedback).toEqual({
      totalCount: 1,
      pageInfo: { hasNextPage: false },
      nodes: [{ title: '19 document 0 finding 2' }],
    });
    const services = createTestServices(db);
    const [session] = (await services.sessions.list(localCaller, { first: 1, after: null })).items;
    const sessionId = session?.id ?? '';
    const names = async (after: string | null) => {
      const pages = await services.documents.pages(localCaller, [sessionId], { first: 3, after });
      return pages.get(sessionId)?.items ?? [];
    };
    const [, , third] = await names(null);
    expect((await names(third?.id ?? '')).map(({ filename }) => filename)).toEqual(['19 document 3']);
    const trail = async (after: string | null) =>
      (await services.activity.pages(localCaller, [sessionId], { first: 3, after })).get(sessionId)?.items ?? [];
    const [, , newest] = await trail(null);
    expect((await trail(newest?.id ?? '')).map(({ subject }) => subject)).toEqual(['19 done 0']);
  });
});

type PageOfSessions = {
  totalCount: number;
  nodes: { documents: { nodes: { feedback: unknown }[] } }[];
};

const selects = (statements: readonly string[]): string[] =>
  statements.filter((sql) => sql.trim().startsWith('SELECT'));

const four = [0, 1, 2, 3] as const;

/** Four documents with four findings, of which the first three say the same, and a chat of four messages each; four things done. */
async function seedSession(db: Db, name: string): Promise<void> {
  const { tenantId } = localCaller;
  const { id: sessionId } = await db.session.create({ data: { id: newId('Session'), tenantId, title: name } });
  await db.activity.createMany({
    data: four.map((index) => ({
      id: newId('Activity'),
      tenantId,
      sessionId,
      actor: 'ann',
      action: 'chat.asked',
      subject: `${name} done ${index}`,
    })),
  });
  for (const index of four) await seedDocumentWithChat(db, sessionId, `${name} document ${index}`);
}

async function seedDocumentWithChat(db: Db, sessionId: string, filename: string): Promise<void> {
  const { tenantId } = localCaller;
  const [documentId, sectionId, chatId] = [newId('Document'), newId('Section'), newId('Chat')];
  const stored = { sizeBytes: 1, sha256: documentId, storageKey: documentId, status: 'READY' } as const;
  await db.document.create({ data: { id: documentId, tenantId, sessionId, filename, format: 'MARKDOWN', ...stored } });
  await db.section.create({
    data: {
      id: sectionId,
      tenantId,
      documentId,
      ordinal: 0,
      title: 's',
      level: 1,
      text: 'x',
      wordCount: 1,
      startOffset: 0,
      endOffset: 1,
    },
  });
  const ids = four.map(() => newId('Feedback'));
  await db.feedback.createMany({
    data: four.map((index) => ({
      id: ids[index] ?? '',
      groupId: ids[index === 3 ? 3 : 0] ?? '',
      tenantId,
      documentId,
      sectionId,
      source: 'REVIEWER',
      kind: 'RISK',
      category: 'c',
      risk: 'HIGH',
      title: `${filename} finding ${index}`,
      detail: 'd',
      confidence: index === 2 ? 1 : 0.9,
      evidence: [],
    })),
  });
  await db.chat.create({ data: { id: chatId, tenantId, documentId } });
  await db.chatMessage.createMany({
    data: four.map((index) => ({
      id: newId('ChatMessage'),
      tenantId,
      chatId,
      documentId,
      role: 'USER',
      status: 'COMPLETED',
      text: `${filename} message ${index}`,
    })),
  });
}

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
