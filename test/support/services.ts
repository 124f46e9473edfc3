import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import { runSql } from '../../src/database/sql-session.ts';
import { createDb, type Db } from '../../src/db.ts';
import { withDatabase } from './database-url.ts';

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

/** A database of its own, with the product's schema and no rows, cloned from a migrated one (some 50 ms). Drop it when the file ends. */
export const createTestDatabase = (): Promise<TestDatabase> => createDatabaseFrom(inject('templateDatabase'));

/** A database without even a schema. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createDatabaseFrom('template1');

/**
 * A client on such a database for all tests of the file or the `describe` that it is called in, which is made before them and dropped behind
 * them. Connects when the first test uses it.
 */
export function useTestDb(options: Omit<Parameters<typeof createDb>[0], 'url'>): Db {
  const database = planDatabase(inject('templateDatabase'));
  const db = createDb({ ...options, url: database.url });
  beforeAll(database.create);
  afterAll(async () => {
    await db.$disconnect();
    await database.drop();
  });
  return db;
}

async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const database = planDatabase(template);
  await database.create();
  return database;
}

/** Is there between `create` and `drop`. */
function planDatabase(template: string): TestDatabase & { create(): Promise<void> } {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  return {
    url: withDatabase(adminUrl, name),
    create: async () => void (await runSql(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`)),
    drop: async () => void (await runSql(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** The run's Redis and a key prefix that no other test uses. What is written there goes with the run. */
export function testRedis(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}
