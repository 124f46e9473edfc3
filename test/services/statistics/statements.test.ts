import { randomUUID } from 'node:crypto';
import { graphql } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { createContext } from '../../../schema/context.ts';
import { schema } from '../../../schema/schema.ts';
import { useTestDb } from '../../support/services.ts';
import { createTestServices } from '../../support/test-services.ts';
import { at, createRows, type Rows } from './rows.ts';

describe('reading statistics by GraphQL', () => {
  let rows: Rows;
  const statements: string[] = [];
  const db = useTestDb({ poolSize: 2, onQuery: (sql) => statements.push(sql) });
  beforeEach(async () => {
    rows = createRows(db, randomUUID());
    for (let documents = 1; documents <= 3; documents += 1) {
      const sessionId = await rows.session();
      for (let index = 0; index < documents; index += 1) await rows.document(sessionId, at('12:00:00'));
    }
    statements.length = 0;
  });

  async function ask(source: string) {
    const contextValue = createContext(createTestServices(db), rows.caller);
    const { data, errors } = await graphql({ schema, source, contextValue });
    expect(errors).toBeUndefined();
    return JSON.stringify(data);
  }

  it('runs a statement once for all fields that it finds, and none for what is not asked for', async () => {
    await ask('{ statistics { documents sections chatMessages feedback acceptanceRate averageConfidence } }');
    expect(statements).toHaveLength(2);
  });

  it('runs each statement once for a page of sessions', async () => {
    const found = await ask('{ sessions { nodes { statistics { documents sections feedback } } } }');
    expect([...found.matchAll(/"documents":(\d)/g)].map(([, count]) => count)).toEqual(['3', '2', '1']);
    // The page of sessions, and two of the statistics.
    expect(statements).toHaveLength(3);
  });
});
