import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runSql, useSqlSession } from '../src/database/sql-session.ts';
import { migrate } from '../src/migrate.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './support/services.ts';

const first = { name: '20260101000000_first', sql: 'CREATE TABLE "Cat" ("id" INT PRIMARY KEY);' };
const second = { name: '20260102000000_second', sql: 'CREATE TABLE "Dog" ("id" INT PRIMARY KEY);' };

let folder: string;
let database: TestDatabase;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prism-migrate-'));
  await writeFile(join(folder, 'schema.prisma'), 'datasource db {\n  provider = "postgresql"\n}\n');
});
beforeEach(async () => {
  database = await createEmptyDatabase();
  databases.push(database);
});
afterAll(async () => {
  await Promise.all(databases.map((each) => each.drop()));
  await rm(folder, { recursive: true });
});

async function migrateWith(...migrations: { name: string; sql: string }[]) {
  const migrationsDir = await mkdtemp(join(folder, 'migrations-'));
  await writeFile(join(migrationsDir, 'migration_lock.toml'), 'provider = "postgresql"\n');
  for (const { name, sql } of migrations) {
    await mkdir(join(migrationsDir, name));
    await writeFile(join(migrationsDir, name, 'migration.sql'), sql);
  }
  return migrate({
    databaseUrl: database.url,
    migrationsDir,
    schemaPath: join(folder, 'schema.prisma'),
    onLog: () => undefined,
  });
}

const tables = async () => {
  const rows = await runSql(database.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  return rows.map((row) => row['tablename']).filter((name) => name !== '_prisma_migrations');
};

describe('migrate', () => {
  test('applies what is new in order, and nothing the second time', async () => {
    expect(await migrateWith(first)).toEqual({ applied: [first.name] });
    expect(await migrateWith(first, second)).toEqual({ applied: [second.name] });
    expect(await migrateWith(first, second)).toEqual({ applied: [] });
    expect(await tables()).toEqual(['Cat', 'Dog']);
  });

  test('lets one of many callers at once do it, while the others wait', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrateWith(first, second)));
    expect(results.flatMap((result) => result.applied)).toEqual([first.name, second.name]);
  });

  test('waits while another process holds the lock', async () => {
    const order: string[] = [];
    let migrated: Promise<unknown> = Promise.resolve();
    await useSqlSession(database.url, async (other) => {
      await other.run('SELECT pg_advisory_lock(77476)');
      migrated = migrateWith(first).then(() => order.push('migrated'));
      await waitForLock(other);
      order.push('released');
    });
    await migrated;
    expect(order).toEqual(['released', 'migrated']);
  });

  test('sends a script whole: semicolons in function bodies and strings stay inside', async () => {
    const body = `CREATE FUNCTION greet() RETURNS TEXT AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END; $$ LANGUAGE plpgsql;`;
    await migrateWith({ name: first.name, sql: body });
    expect(await runSql(database.url, 'SELECT greet()')).toEqual([{ greet: 'a;b' }]);
  });

  test('undoes a migration that fails half-way, and can try again', async () => {
    const broken = { name: second.name, sql: `${second.sql} CREATE TABLE "Cat" ("id" INT);` };
    await expect(migrateWith(first, broken)).rejects.toThrow(
      /failed and was undone \(20260102000000_second\).*already exists/s,
    );
    expect(await tables()).toEqual(['Cat']);
    expect(await migrateWith(first, second)).toEqual({ applied: [second.name] });
  });

  test('refuses a database that is newer than this version', async () => {
    await migrateWith(first, second);
    await expect(migrateWith(first)).rejects.toThrow(/does not know \(20260102000000_second\)/);
  });

  test('refuses a database whose migrations were changed afterwards', async () => {
    await migrateWith(first);
    await expect(migrateWith({ ...first, sql: `${first.sql} -- edited` })).rejects.toThrow(/changed after.*_first/);
  });

  test("brings a test's database to the product's own schema", async () => {
    const own = await createTestDatabase();
    databases.push(own);
    expect(await runSql(own.url, 'SELECT count(*)::int AS sessions FROM "Session"')).toEqual([{ sessions: 0 }]);
  });
});

async function waitForLock(session: { run(sql: string): Promise<readonly unknown[]> }): Promise<void> {
  const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  while ((await session.run(waiting)).length === 0);
}
