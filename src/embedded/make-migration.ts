import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../package-root.ts';
import { noFilters, readMigrations, useSchemaEngine } from '../database/schema-engine.ts';
import { startEmbeddedPostgres } from './postgres.ts';

/*
 * npm run migration:new -- <name> [timestamp]
 *
 * Writes prisma/migrations/<timestamp>_<name>/migration.sql: what leads from the migrations that are there to prisma/schema.prisma. Works
 * it out on a Postgres of its own in a temporary folder.
 */

const prisma = join(findPackageRoot(), 'prisma');
const migrationsDir = join(prisma, 'migrations');
const schemaPath = join(prisma, 'schema.prisma');

const differenceOn = (databaseUrl: string): Promise<string> =>
  useSchemaEngine({ databaseUrl, schemaPath }, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...(await readMigrations(migrationsDir)) },
      to: { tag: 'schemaDatamodel', files: [{ path: schemaPath, content: await readFile(schemaPath, 'utf8') }] },
      script: true,
      exitCode: null,
      filters: noFilters,
    });
    return stdout ?? '';
  });

async function makeMigration(name: string, timestamp: string): Promise<void> {
  const lockFile = join(migrationsDir, 'migration_lock.toml');
  await mkdir(migrationsDir, { recursive: true });
  if (!existsSync(lockFile)) await writeFile(lockFile, 'provider = "postgresql"\n');
  const folder = await mkdtemp(join(tmpdir(), 'prism-migration-'));
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: folder, onLog: () => undefined });
    const sql = await differenceOn(postgres.url);
    await postgres.stop();
    if (sql.includes('This is an empty migration')) {
      console.log('The migrations lead to prisma/schema.prisma already: nothing to write.');
      return;
    }
    const target = join(migrationsDir, `${timestamp}_${name}`);
    await mkdir(target);
    await writeFile(join(target, 'migration.sql'), sql);
    console.log(`Wrote ${join(target, 'migration.sql')}. Read it before you commit it.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [name = '', timestamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)] = process.argv.slice(2);
if (/^[a-z0-9_]+$/.test(name) && /^\d{14}$/.test(timestamp)) await makeMigration(name, timestamp);
else {
  console.error('Usage: npm run migration:new -- <name in snake_case> [timestamp of 14 digits]');
  process.exitCode = 2;
}
