import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { runSql } from '../../src/database/sql-session.ts';
import { withDatabase } from './database-url.ts';

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

/** A database of its own, with the product's schema and no rows, cloned from a migrated one (some 50 ms). Drop it when the file ends. */
export const createTestDatabase = (): Promise<TestDatabase> => createDatabaseFrom(inject('templateDatabase'));

/** A database without even a schema. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createDatabaseFrom('template1');

async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runSql(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: withDatabase(adminUrl, name),
    drop: async () => void (await runSql(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** The run's Redis and a key prefix that no other test uses. What is written there goes with the run. */
export function testRedis(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}
