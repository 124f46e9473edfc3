import { noFilters, readMigrations, useSchemaEngine, type MigrationDiagnosis } from './database/schema-engine.ts';
import { useSqlSession } from './database/sql-session.ts';
import { AppError } from './errors.ts';

type MigrateOptions = {
  readonly databaseUrl: string;
  /** Folder of `<timestamp>_<name>/migration.sql` and `migration_lock.toml`. */
  readonly migrationsDir: string;
  readonly schemaPath: string;
  /** One line per step, for a person. */
  readonly onLog: (line: string) => void;
};

/** Any number that nothing else uses as an advisory lock in this database: "prism" on a telephone keypad. */
const lockKey = 77_476;

/**
 * Brings the database to the newest migration and returns the names of those applied: none when it was there already. Callers in other
 * processes and on other machines wait for each other. A migration is applied whole or not at all; one that fails is tried again at the
 * next call. Throws AppError when a person is needed: the database is newer than this version, a migration was interrupted, or one was
 * changed after it had been applied.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const input = { migrationsList: await readMigrations(options.migrationsDir), filters: noFilters };
  return useSqlSession(options.databaseUrl, async (session) => {
    await session.run('SELECT pg_advisory_lock($1)', [lockKey]);
    return useSchemaEngine(options, async (engine) => {
      const diagnose = () => engine.diagnoseMigrationHistory({ ...input, optInToShadowDatabase: false });
      refuseUnusable(await diagnose());
      try {
        const { appliedMigrationNames } = await engine.applyMigrations(input);
        for (const name of appliedMigrationNames) options.onLog(`applied migration ${name}`);
        return { applied: appliedMigrationNames };
      } catch (cause) {
        // Its script was one transaction: nothing of it is there, so the record of the failure need not block the next try.
        const { failedMigrationNames } = await diagnose();
        for (const migrationName of failedMigrationNames) await engine.markMigrationRolledBack({ migrationName });
        throw unusable(
          `A migration failed and was undone (${failedMigrationNames.join(', ')}): ${reasonOf(cause)}`,
          cause,
        );
      }
    });
  });
}

function refuseUnusable(found: MigrationDiagnosis): void {
  const { history } = found;
  if (history !== null && history.diagnostic !== 'databaseIsBehind') {
    const names = history.unpersistedMigrationNames.join(', ');
    throw unusable(
      `The database has migrations that this version does not know (${names}). Start the version that made them.`,
    );
  }
  if (found.failedMigrationNames.length > 0) {
    const names = found.failedMigrationNames.join(', ');
    throw unusable(
      `A migration was interrupted (${names}). See what is there of it, then use "npx prisma migrate resolve".`,
    );
  }
  if (found.editedMigrationNames.length > 0) {
    const names = found.editedMigrationNames.join(', ');
    throw unusable(
      `Migrations were changed after this database had applied them (${names}). Restore them, or use a new database.`,
    );
  }
}

const unusable = (message: string, cause?: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', message, { cause, retryable: false });
const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message.trim() : String(cause));
